/**
 * Commands that work on a data folder themselves, without a relay: the store and the rule set.
 */

import type { ConfigFlags } from '../config/load.ts';
import type { Config } from '../config.ts';
import { loadLibraries } from '../libraries.ts';
import { makeRuleSet, type RuleSet } from '../nsm/rule-set.ts';
import { openStore, openStoreToRead, type Store } from '../store/store.ts';
import { EXIT_CONFIG, readConfig } from './config.ts';
import { answered, Unable } from './outcome.ts';
import { troubleWith } from './trouble.ts';

/** What such a command works with. */
export type Workplace = { readonly config: Config; readonly rules: RuleSet };

/** Runs a command by the configuration that its flags lead to; a folder it cannot use ends it. */
export function inDataFolder(
  flags: ConfigFlags,
  command: (workplace: Workplace) => Promise<number> | number,
): Promise<number> {
  return answered(async () => {
    const loaded = readConfig(flags);
    if (loaded === undefined) return EXIT_CONFIG;
    const { config } = loaded;
    try {
      const rules = makeRuleSet(loadLibraries(config.machines.libraries));
      return await command({ config, rules });
    } catch (error) {
      // Wrong folder, wrong version, in use: whoever called it can do something about it.
      throw new Unable(troubleWith(config.dataDir, error), { cause: error });
    }
  });
}

/** Looks at a store as it is at one moment, also while a relay uses it. */
export function readStore<Result>({ config }: Workplace, work: (store: Store) => Result): Result {
  const store = openStoreToRead(config.dataDir);
  try {
    return store.atOneMoment(() => work(store));
  } finally {
    store.close();
  }
}

/** Works on a store that no relay uses; throws when one does. */
export function useStore<Result>({ config }: Workplace, work: (store: Store) => Result): Result {
  const store = openStore(config.dataDir, 'full');
  try {
    return work(store);
  } finally {
    store.close();
  }
}
