/**
 * Two relays in this process and a sync between them, as the command makes it.
 */

import type { ConfigInput } from '../../src/config.ts';
import { openRefusedMemory, type RefusedMemory } from '../../src/store/refused-memory.ts';
import { openStoreToRead } from '../../src/store/store.ts';
import { connectRelay } from '../../src/sync/relay-socket.ts';
import { type Synchronised, synchronise } from '../../src/sync/synchronise.ts';
import { type Client, connect } from '../support/client.ts';
import { NOW } from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** A relay with a client. */
export type Side = { readonly relay: TestRelay; readonly client: Client };

/** How a sync deviates from one in both directions over NIP-77. */
export type Asked = {
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly isDown?: boolean;
  readonly isUp?: boolean;
  readonly isPaged?: boolean;
  readonly memory?: RefusedMemory;
};

/** Starts a relay with a client. */
export async function startSide(deviations: ConfigInput = {}): Promise<Side> {
  const relay = await startTestRelay(deviations, { now: () => NOW });
  return { relay, client: await connect(relay.url) };
}

/** Ends a relay and its client. */
export async function stopSide({ relay, client }: Side): Promise<void> {
  await client.close();
  await relay.stop();
}

/** One sync of `ours` with `theirs`. */
export async function syncSides(
  ours: Side,
  theirs: Side,
  asked: Asked = {},
): Promise<Synchronised> {
  const { filter = {}, isDown = true, isUp = true, isPaged = false } = asked;
  const { relay } = ours;
  const store = openStoreToRead(relay.dataDir);
  const memory = asked.memory ?? openRefusedMemory(relay.dataDir);
  const [local, peer] = await Promise.all([
    connectRelay(relay.url),
    connectRelay(theirs.relay.url),
  ]);
  try {
    return await synchronise({
      ...{ store, self: relay.self, peer, isUp, filter, memory, isPaged },
      local: isDown ? local : undefined,
      now: () => NOW,
      onProgress: () => {},
    });
  } finally {
    local.close();
    peer.close();
    store.close();
    if (!asked.memory) memory.close();
  }
}

/** What a relay exports, by id, and where its machines stand. */
export function holdingsOf({ relay }: Side) {
  const store = openStoreToRead(relay.dataDir);
  try {
    const events = [...store.export.all(NOW)].map((line) => JSON.parse(line) as { id: string });
    const heads = store.machines.after(0, 10_000).map((row) => {
      const head = row.head === null ? null : store.events.read(row.head)?.id;
      return [store.events.read(row.event)?.id, head, row.height, row.state] as const;
    });
    return {
      ids: events.map(({ id }) => id).sort(),
      heads: heads.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    };
  } finally {
    store.close();
  }
}
