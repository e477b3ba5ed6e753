/**
 * The relay of a data folder, to hand events in: the one that runs, or one that is started for it.
 *
 * Either way events go through a websocket and the intake like anybody's, and either way we prove
 * to hold the relay's own key, which is what frees an operator's own events from limits of age and
 * rate (PROTOCOL §4).
 */
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { UnsignedEvent } from '../nostr/event.ts';
import { GUARDED_KINDS } from '../policy/guarded.ts';
import { startRelay } from '../relay.ts';
import { loadRelayKey, type RelayKey, withId } from '../relay-key.ts';
import { isFolderInUse } from '../store/lock.ts';
import { chooseBackend } from '../verify/backend.ts';
import { type ConnectOptions, connectRelay, RelayLost, type RelaySocket } from './relay-socket.ts';
import { announcedAt } from './running.ts';

/** The relay of a data folder, connected. */
export type LocalRelay = {
  readonly socket: RelaySocket;
  /** Ends the connection, and the relay if it was started for it. */
  readonly close: () => Promise<void>;
};

/** The key of a configuration's relay, which is made if there is none yet. */
export async function ownKey({ dataDir, relay, verify }: Config): Promise<RelayKey> {
  const { backend } = await chooseBackend(verify.backend === '' ? undefined : verify.backend);
  return loadRelayKey(dataDir, relay.secretKey, backend);
}

/** How a connection proves to hold a key. */
export function signsAs(key: RelayKey): ConnectOptions & { readonly pubkey: string } {
  const sign = (event: UnsignedEvent) => {
    const unsigned = withId(event);
    return { ...unsigned, sig: key.sign(unsigned.id) };
  };
  return { sign, pubkey: key.pubkey };
}

/** Connects to the relay of a configuration's data folder. Rejects with `RelayLost`. */
export async function openLocalRelay(
  config: Config,
  { key, log }: { readonly key: RelayKey; readonly log: Logger },
): Promise<LocalRelay> {
  const isRunning = isFolderInUse(config.dataDir);
  const started = isRunning ? undefined : await startRelay(quiet(config), { log });
  const url = started?.url ?? announcedAt(config.dataDir);
  if (url === undefined) throw new RelayLost(`the relay of ${config.dataDir} is not ready yet`);
  const authUrl = config.publicUrl || url;
  const socket = await connectRelay(url, { ...signsAs(key), authUrl });
  // Whoever asks for encrypted events is asked for a key.
  await socket.query({ kinds: [...GUARDED_KINDS], limit: 1 });
  return {
    socket,
    close: async () => {
      socket.close();
      await socket.ended;
      await started?.stop();
    },
  };
}

/** The same relay, where nobody comes across it; ticks would come before the chains they follow. */
function quiet(config: Config): Config {
  const machines = { ...config.machines, timekeeper: false };
  return { ...config, machines, listen: { ...config.listen, host: '127.0.0.1', port: 0 } };
}
