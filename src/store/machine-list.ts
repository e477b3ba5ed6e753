/**
 * Listings of machines, newest activity first.
 *
 * Where a condition names few enough rows of an index, only those are looked at; else a bounded
 * stretch of the activity order is. Either way a page is cheap, nothing is left out, and a page may
 * hold fewer machines than asked for and still not be the last. State and type are read from the
 * tags of the keeper snapshots, which must be up to date before.
 */
import { DEFINITION_KIND } from '../nsm/kinds.ts';
import type { Db } from './database.ts';
import type { Events } from './events.ts';
import { tagHash } from './tag-hash.ts';

/** Most machines that are looked at for one page. */
export const LOOKED_AT_MAX = 20_000;
/** An index narrows a listing when it names at most so many machines. */
const CANDIDATES_MAX = 5_000;

/** Conditions on a machine; all that are given hold. Pubkeys are hex. */
export type MachineFilter = {
  /** Path of an active state. */
  readonly state?: string | undefined;
  /** Event type that has a handler now. */
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly author?: string | undefined;
  readonly participant?: string | undefined;
  /** Part of title, description or id, in whatever case. */
  readonly q?: string | undefined;
};

/** A machine in a listing. `value` is canonical JSON; `status` is `frozen` when it is. */
export type ListedMachine = {
  readonly n: number;
  readonly id: string;
  readonly title: string | null;
  readonly author: string;
  readonly status: string;
  readonly value: string;
  readonly height: number;
  readonly head: string | null;
  readonly forks: string;
  readonly updated_at: number;
};

/** One page; `next` is the activity below which the rest is, null at the end. */
export type MachinePage = {
  readonly machines: readonly ListedMachine[];
  readonly next: number | null;
};

type Row = Omit<ListedMachine, 'id' | 'author' | 'head'> & {
  readonly id: Buffer;
  readonly author: Buffer;
  readonly head: Buffer | null;
  readonly activity: number;
};

const STATUS = "CASE WHEN m.frozen IS NULL THEN m.status ELSE 'frozen' END";
const COLUMNS =
  `m.event AS n, e.id, m.title, a.pubkey AS author, ${STATUS} AS status, m.value, m.height,` +
  ' h.id AS head, m.forks, m.updated_at, m.activity';
const JOINS =
  'JOIN event e ON e.n = m.event JOIN author a ON a.n = e.author' +
  ' LEFT JOIN event h ON h.n = m.head LEFT JOIN event k ON k.n = m.keeper';
const CONDITIONS =
  `m.activity < @before AND (@status IS NULL OR ${STATUS} = @status)` +
  ' AND (@author IS NULL OR e.author = @author)' +
  ' AND (@participant IS NULL OR EXISTS (SELECT 1 FROM participant p' +
  ' WHERE p.machine = m.event AND p.author = @participant))' +
  ' AND (@state IS NULL OR instr(k.tags, @state)) AND (@type IS NULL OR instr(k.tags, @type))' +
  ' AND (@q IS NULL OR instr(lower(hex(e.id)), @q) OR mentions(e.tags, @q))';
const ORDER = 'ORDER BY m.activity DESC LIMIT @limit';

/** Listings over an open database. */
export function machineList(db: Db, events: Events) {
  db.function('mentions', { deterministic: true }, mentions);
  const walk = db.prepare(
    `SELECT ${COLUMNS} FROM machine m ${JOINS} WHERE m.activity >= @floor AND ${CONDITIONS} ${ORDER}`,
  );
  const pick = db.prepare(
    `SELECT ${COLUMNS} FROM json_each(@candidates) c CROSS JOIN machine m ON m.event = c.value` +
      ` ${JOINS} WHERE ${CONDITIONS} ${ORDER}`,
  );
  const floorOf = db
    .prepare(
      'SELECT activity FROM machine WHERE activity < ? ORDER BY activity DESC LIMIT 1 OFFSET ?',
    )
    .pluck();
  const candidates = candidateFinder(db, events);

  return {
    /** Machines that meet a filter, whose activity is below a sequence number. */
    page: (filter: MachineFilter, { before, limit }: { before: number; limit: number }) => {
      const parameters = { ...parametersOf(filter, events), before, limit: limit + 1 };
      if (parameters === null) return END;
      const narrowed = candidates(filter);
      if (narrowed) {
        const rows = pick.all({ ...parameters, candidates: JSON.stringify(narrowed) }) as Row[];
        return pageOf(rows, limit, null);
      }
      const floor = floorOf.get(before, LOOKED_AT_MAX - 1) as number | undefined;
      const rows = walk.all({ ...parameters, floor: floor ?? 0 }) as Row[];
      return pageOf(rows, limit, floor ?? null);
    },
  };
}

const END: MachinePage = { machines: [], next: null };

function pageOf(rows: readonly Row[], limit: number, floor: number | null): MachinePage {
  const machines = rows.slice(0, limit).map(({ activity: _, ...row }) => ({
    ...row,
    id: row.id.toString('hex'),
    author: row.author.toString('hex'),
    head: row.head?.toString('hex') ?? null,
  }));
  const last = rows[limit - 1];
  return { machines, next: rows.length > limit && last ? last.activity : floor };
}
