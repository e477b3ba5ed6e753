/**
 * How much there is: rows of the great tables, bytes of the file.
 *
 * A count walks its whole table. That is nothing while tables are small; of a large store the
 * figures are up to a minute old, so that asking for them often costs no more than asking once.
 */
import type { Db } from './database.ts';

/** Figures about an open database. */
export type Totals = {
  readonly events: number;
  readonly machines: number;
  readonly transitions: number;
  /** Of the database file, without the write-ahead log. */
  readonly database_bytes: number;
};

const LARGE = 200_000;
const FRESH_MS = 60_000;

/**
 * The function that tells the totals; `nowMs` is a clock in milliseconds that starts anywhere. A
 * store is large from `large` events on.
 */
export function totalsOf(db: Db, large = LARGE): (nowMs: number) => Totals {
  const size = db.prepare(
    'SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM machine) AS machines,' +
      ' (SELECT count(*) FROM transition) AS transitions, (SELECT page_count * page_size' +
      ' FROM pragma_page_count, pragma_page_size) AS database_bytes',
  );
  let known: Totals | undefined;
  let countedMs = 0;
  return (nowMs) => {
    if (known && known.events >= large && nowMs - countedMs < FRESH_MS) return known;
    known = size.get() as Totals;
    countedMs = nowMs;
    return known;
  };
}

/** How many machines there are of a status; `frozen` are those that take nothing more. */
export type MachineCount = {
  readonly status: 'active' | 'done' | 'error' | 'frozen';
  readonly machines: number;
};

/** The function that counts machines by status, every one of them present; as old as totals are. */
export function machineCountsOf(db: Db, large = LARGE) {
  const statement = db.prepare(
    "SELECT iif(frozen IS NULL, status, 'frozen') AS status, count(*) AS machines" +
      ' FROM machine GROUP BY 1',
  );
  let known: readonly MachineCount[] | undefined;
  let countedMs = 0;
  return (nowMs: number): readonly MachineCount[] => {
    const total = known?.reduce((sum, { machines }) => sum + machines, 0) ?? 0;
    if (known && total >= large && nowMs - countedMs < FRESH_MS) return known;
    const rows = statement.all() as MachineCount[];
    const counts = new Map(rows.map(({ status, machines }) => [status, machines]));
    const statuses = ['active', 'done', 'error', 'frozen'] as const;
    known = statuses.map((status) => ({ status, machines: counts.get(status) ?? 0 }));
    countedMs = nowMs;
    return known;
  };
}
