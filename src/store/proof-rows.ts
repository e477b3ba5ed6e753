/**
 * What a proof bundle is made of: the sequence numbers of a chain, and the log of endorsements.
 *
 * Only keys are read at once; the events follow one by one while a bundle is sent. None of them is
 * ever removed, so the list stays true however long that takes.
 */
import type { Db } from './database.ts';

/** Statements over the records that proof bundles hold. */
export function proofRows(db: Db) {
  const path = db
    .prepare(
      'SELECT event FROM transition WHERE machine = ? AND canonical = 1 AND height <= ?' +
        ' ORDER BY height',
    )
    .pluck();
  const endorsements = db
    .prepare('SELECT id FROM endorsement WHERE machine = ? ORDER BY created_at, id')
    .pluck();
  const event = db.prepare('SELECT event FROM endorsement WHERE id = ?').pluck();
  const beside = db.prepare(
    'WITH RECURSIVE branch(event, prior, height) AS (' +
      ' SELECT t.event, t.prior, t.height FROM endorsement s' +
      ' JOIN transition t ON t.event = s.head' +
      ' WHERE s.machine = ? AND (t.canonical = 0 OR t.height > ?)' +
      ' UNION SELECT t.event, t.prior, t.height FROM branch b' +
      ' JOIN transition t ON t.event = b.prior WHERE t.canonical = 0 OR t.height > ?)' +
      ' SELECT event FROM branch ORDER BY height, event',
  );
  return {
    /** Transitions on the way to the head of that height, in order, by sequence number. */
    path: (machine: number, height: number) => path.all(machine, height) as number[],

    /** Transitions beside that way which lead to an endorsed one, by height. */
    beside: (machine: number, height: number) =>
      beside.pluck().all(machine, height, height) as number[],

    /** Ids of all endorsements, oldest first. */
    endorsements: (machine: number) => endorsements.all(machine) as Buffer[],

    /** The wire JSON of an endorsement. */
    endorsement: (id: Buffer) => event.get(id) as string | undefined,
  };
}
