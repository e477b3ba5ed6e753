/**
 * A store with machines and their writer, as a relay puts them together, but without sockets: for
 * tests of what is kept. Events need no signature; whoever writes has had it checked.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config.ts';
import { hostMachines, type Machines } from '../../src/machines.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import type { LocalRules } from '../../src/objection.ts';
import { createQuotas } from '../../src/quotas.ts';
import { refusalText } from '../../src/refusal.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createWriter, type Outcome, type Writer } from '../../src/writer.ts';
import { START } from '../nsm/machine-events.ts';

const RULES: LocalRules = {
  ...{ publishers: 'any', chainMax: 1_000, appData: true, self: 'ee'.repeat(32) },
  ...{ allowedForks: ['head-only', 'dag', 'void'], custodian: 'accept' },
};

/** What is open of a data folder now; `reopen` replaces all of it. */
export type StoredMachines = {
  readonly dataDir: string;
  store: Store;
  machines: Machines;
  /** Decides about one event, inside a transaction. */
  decide: Writer;
  /** Decides about events in one transaction, as a batch of the intake does. */
  batch: (events: readonly NostrEvent[]) => readonly Outcome[];
  /** Decides about one event: what its OK says, `ok` when it says nothing. */
  write: (event: NostrEvent) => string;
  /** Decides about an event in a transaction that then fails, as when a commit does. */
  fail: (event: NostrEvent) => void;
  /** Closes the store, lets `meanwhile` look at the folder, and opens it again. */
  readonly reopen: (meanwhile?: () => void) => void;
  readonly remove: () => void;
};

/** How to open a store: bounds on machines in memory, local rules that deviate, quotas. */
export type StoreOptions = {
  readonly cachedMax?: number;
  readonly cachedBytesMax?: number;
  readonly rules?: Partial<LocalRules>;
  readonly quotas?: Config['quotas'];
  /** The clock, in Unix seconds. */
  readonly now?: () => number;
};

/** Opens an empty store in a folder of its own. */
export function storeMachines(options: StoreOptions = {}): StoredMachines {
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-store-'));
  const open = () => {
    const store = openStore(dataDir, 'normal');
    const machines = hostMachines(store, {
      cachedMax: options.cachedMax ?? 100,
      cachedBytesMax: options.cachedBytesMax ?? 100_000_000,
      rules: BUNDLED_RULES,
    });
    const { now = () => START } = options;
    const quotas = options.quotas && createQuotas(store, options.quotas);
    const rules = { ...RULES, ...options.rules, ...(quotas && { quotas }) };
    const decide = createWriter(store, machines, rules);
    const batch = (events: readonly NostrEvent[]) =>
      store.transaction(() => events.map((event) => store.isolated(() => decide(event, now()))));
    const write = (event: NostrEvent): string => {
      const [outcome] = batch([event]);
      if (!outcome?.accepted) return outcome === undefined ? '' : refusalText(outcome.refusal);
      return outcome.message || 'ok';
    };
    const fail = (event: NostrEvent): void => {
      const fault = new Error('the disk is full');
      try {
        store.transaction(() => {
          store.isolated(() => decide(event, now()));
          throw fault;
        });
      } catch (error) {
        if (error !== fault) throw error;
        machines.forget();
      }
    };
    return { store, machines, decide, batch, write, fail };
  };
  const opened: StoredMachines = {
    dataDir,
    ...open(),
    reopen: (meanwhile = () => {}) => {
      opened.store.close();
      meanwhile();
      Object.assign(opened, open());
    },
    remove: () => {
      opened.store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return opened;
}
