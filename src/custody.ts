/**
 * The relay as designated custodian: what it may sign, and the record it keeps of it (PROTOCOL §8).
 *
 * The heads it signs for a machine lie on one path; which was the last is on the disk before its
 * signature leaves the process. A database that was restored from a backup does not know what was
 * signed after it was made. Therefore rounds of signing are counted twice, in the database and in a
 * file beside it that backups leave out: without the file, or when it is ahead, the relay signs
 * nothing as custodian until somebody has compared heads (`headkeeper custody`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';
import type { StoredMachine } from './machine-nodes.ts';
import type { Machines } from './machines.ts';
import type { NostrEvent } from './nostr/event.ts';
import { judge } from './nsm/judge.ts';
import { refusalText } from './refusal.ts';
import { CUSTODY_FILE } from './store/database.ts';
import type { Store } from './store/store.ts';
import { applyEndorsement } from './writer.ts';

/** What this relay does as the custodian of machines that name its key. */
export type Custody = {
  /** False after a restore from a backup: nothing may be signed as custodian. */
  readonly maySign: boolean;
  /**
   * Notes that the head of a machine is signed next. Throws when it does not descend from the last
   * one. Inside a transaction that waits for the disk.
   */
  readonly sign: (machine: StoredMachine) => void;
  /** Runs a round of signing in such a transaction; nothing of it may be shown before it ends. */
  readonly round: (work: () => void) => void;
};

/** The custody of an open store, by the record in its data folder. */
export function openCustody(store: Store, dataDir: string): Custody {
  const path = join(dataDir, CUSTODY_FILE);
  const known = existsSync(path) ? Number(readFileSync(path, 'utf8')) : Number.NaN;
  return {
    // False for a file that is not there or holds no number.
    maySign: known <= store.custody.count(),

    sign: (machine) => {
      const { definition, n, head, headN } = machine;
      const last = store.custody.find(n);
      if (last === undefined) throw new Error(`machine ${definition.id} is not in custody`);
      const isOnPath = last.head === null || store.transitions.find(last.head)?.canonical === 1;
      if (!isOnPath || (last.height ?? 0) > head.height) {
        throw new Error(`the head of ${definition.id} does not descend from the one signed last`);
      }
      store.custody.sign(n, headN, head.height);
    },

    round: (work) => {
      const count = store.durable(() => {
        work();
        return store.custody.increment();
      });
      writeDurably(path, `${count}\n`, 0o600);
    },
  };
}

/**
 * Compares snapshots that this relay signed with what is stored: each decides as the endorsement it
 * is. Returns why one cannot be compared, as a refusal says it; `now` is in Unix seconds.
 */
export function comparator(store: Store, machines: Machines, now: number) {
  return (event: NostrEvent): string | undefined => {
    const verdict = judge(event, machines.view);
    if (verdict.verdict === 'refused') return refusalText(verdict.refusal);
    if (verdict.verdict === 'snapshot' && verdict.endorses) {
      store.durable(() => applyEndorsement(store, machines, { event, verdict, now }));
    }
    return undefined;
  };
}

/** Lets a relay sign again, once what it signed before has been compared with what is stored. */
export function resumeCustody(store: Store, dataDir: string): void {
  const count = store.durable(() => {
    store.custody.finalise();
    return store.custody.increment();
  });
  writeDurably(join(dataDir, CUSTODY_FILE), `${count}\n`, 0o600);
}
