/**
 * What is left of quotas: for each bucket the moment at which it is full again.
 *
 * A bucket belongs to a machine, an author, or an author in a machine; 0 stands for all of them. A
 * full bucket is no row, so that there are only as many rows as quotas have been drawn on lately.
 */
import type { Db } from './database.ts';

/** The bucket that a row is about; machine and author by their numbers. */
export type QuotaSubject = {
  readonly name: string;
  readonly machine: number;
  readonly author: number;
};

/** How many rows of full buckets one write removes at most. */
const SWEPT_MAX = 16;

/** Statements over the quotas of an open database. Times are milliseconds since 1970. */
export function quotaTable(db: Db) {
  const find = db
    .prepare(
      'SELECT full_at FROM quota WHERE name = @name AND machine = @machine AND author = @author',
    )
    .pluck();
  const put = db.prepare('INSERT OR REPLACE INTO quota VALUES (@name, @machine, @author, @fullAt)');
  const full = db.prepare('SELECT name, machine, author FROM quota WHERE full_at <= ? LIMIT ?');
  const drop = db.prepare(
    'DELETE FROM quota WHERE name = @name AND machine = @machine AND author = @author',
  );
  return {
    /** When a bucket is full again; 0 when it is. */
    fullAt: (subject: QuotaSubject): number => (find.get(subject) as number | undefined) ?? 0,

    /** Notes when a bucket is full again, and forgets some that are. */
    put: (subject: QuotaSubject, fullAt: number, now: number): void => {
      for (const row of full.all(now, SWEPT_MAX)) drop.run(row);
      put.run({ ...subject, fullAt });
    },
  };
}
