/**
 * `custody`: compares what this relay has signed as a custodian with what is stored, after a
 * restore.
 *
 * Snapshots that others have kept are judged as endorsements: what this relay signed before the
 * restore is final again. Only when nothing is missing may it sign as custodian again. The relay is
 * not running meanwhile.
 */

import type { ConfigFlags } from '../config/load.ts';
import { comparator, resumeCustody } from '../custody.ts';
import { loadLibraries } from '../libraries.ts';
import { hostMachines } from '../machines.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { makeRuleSet } from '../nsm/rule-set.ts';
import { loadRelayKey } from '../relay-key.ts';
import { openStore } from '../store/store.ts';
import { type Backend, chooseBackend } from '../verify/backend.ts';
import { EXIT_CONFIG, readConfig } from './config.ts';
import { readEvents } from './input.ts';
import { answered, Unable } from './outcome.ts';

/** 0 when the relay may sign again, 1 when something it signed is missing here, 2 without input. */
export function custody(files: readonly string[], flags: ConfigFlags): Promise<number> {
  const loaded = readConfig(flags);
  if (loaded === undefined) return Promise.resolve(EXIT_CONFIG);
  const { dataDir, machines: hosting, relay } = loaded.config;
  return answered(async () => {
    const { backend } = await chooseBackend();
    const { pubkey } = loadRelayKey(dataDir, relay.secretKey, backend);
    const events = files.flatMap(readEvents);
    const stranger = events.find((event) => event.pubkey !== pubkey || !isSigned(event, backend));
    if (stranger) throw new Unable(`${stranger.id} is not signed by ${pubkey}`);
    const store = openStore(dataDir, 'full');
    try {
      const rules = makeRuleSet(loadLibraries(hosting.libraries));
      const { cachedMax, cachedBytesMax, forks } = hosting;
      const machines = hostMachines(store, { cachedMax, cachedBytesMax, forks, rules });
      const compare = comparator(store, machines, Math.floor(Date.now() / 1_000));
      const missing = events.filter((event) => report(event, compare(event)));
      if (missing.length > 0) return 1;
      resumeCustody(store, dataDir);
      console.log(`compared ${events.length}: this relay may sign as custodian`);
      return 0;
    } finally {
      store.close();
    }
  });
}

/** True when an event cannot be compared; says why. */
function report({ id }: NostrEvent, problem: string | undefined): boolean {
  if (problem !== undefined) console.log(`${id}: ${problem}`);
  return problem !== undefined;
}

function isSigned({ id, pubkey, sig }: NostrEvent, backend: Backend): boolean {
  return backend.verify(Buffer.from(`${id}${pubkey}${sig}`, 'hex'), 0);
}
