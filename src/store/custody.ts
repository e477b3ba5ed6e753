/**
 * Machines whose designated custodian is this relay, and what it has signed for each.
 *
 * The record behind a promise (PROTOCOL §8): the heads that were signed for a machine lie on one
 * path. A row is written, and is on the disk, before the signature leaves the process.
 */
import type { Db } from './database.ts';

/** A machine in custody; `head` null and `height` 0 when its initial state was signed last. */
export type CustodyRow = {
  readonly machine: number;
  readonly d: string;
  readonly head: number | null;
  /** Null while nothing was signed. */
  readonly height: number | null;
};

/** Statements over the custody of an open database. */
export function custodyTable(db: Db) {
  const insert = db.prepare('INSERT INTO custody (machine, d) VALUES (?, ?)');
  const taken = db.prepare('SELECT 1 FROM custody WHERE d = ?').pluck();
  const find = db.prepare('SELECT * FROM custody WHERE machine = ?');
  const sign = db.prepare('UPDATE custody SET head = ?, height = ? WHERE machine = ?');
  const increment = db.prepare('UPDATE custody_count SET n = n + 1 RETURNING n').pluck();
  const count = db.prepare('SELECT n FROM custody_count').pluck();
  const finalise = db.prepare(
    'UPDATE machine SET final = head, final_height = height, revision = revision + 1' +
      ' WHERE event IN (SELECT machine FROM custody) AND frozen IS NULL' +
      ' AND final_height IS NOT height',
  );
  return {
    /** Takes a machine into custody. */
    take: (machine: number, d: string): void => void insert.run(machine, d),

    /** Whether a machine in custody is at this `d`. */
    taken: (d: string): boolean => taken.get(d) !== undefined,

    find: (machine: number) => find.get(machine) as CustodyRow | undefined,

    /** Notes which head is signed next. */
    sign: (machine: number, head: number | null, height: number): void =>
      void sign.run(head, height, machine),

    /** Counts a round of signing; the new count. */
    increment: (): number => increment.get() as number,

    /** How many rounds of signing there were. */
    count: (): number => count.get() as number,

    /** Makes the heads of all machines in custody final, after a time without signing. */
    finalise: (): void => void finalise.run(),
  };
}
