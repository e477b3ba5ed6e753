/**
 * Everything that was accepted, in an order in which another relay can take it: machine by machine
 * its definition, its transitions and its snapshots, then all that belongs to no machine.
 *
 * Left out: keeper snapshots, which follow from the rest, and what has expired or was
 * removed. Superseded endorsements are in, since what a custodian has signed must not get lost
 * (PROTOCOL §6). Read in pages, so that a relay beside it can go on.
 */
import { tagValues } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import { isKeeperSnapshot } from '../nsm/keeper-snapshot.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import type { Db } from './database.ts';
import {
  EVENT_COLUMNS,
  type EventRow,
  type Events,
  isHollow,
  rowToEvent,
  rowToJson,
} from './events.ts';
import type { machineLog } from './machine-log.ts';
import type { machineRows } from './machine-rows.ts';
import { tagHash } from './tag-hash.ts';

/** What an export reads beside the rows of events. */
export type ExportParts = {
  readonly events: Events;
  readonly machines: ReturnType<typeof machineRows>;
  readonly machineLog: ReturnType<typeof machineLog>;
};

const PAGE = 500;
const CHAIN_START: readonly [number, number] = [0, 0];

/** Exports an open database; every event as its wire JSON. */
export function exporter(db: Db, { events, machines, machineLog: log }: ExportParts) {
  const rows = `SELECT ${EVENT_COLUMNS} FROM event e JOIN author a ON a.n = e.author`;
  const snapshotsOf = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM tag t CROSS JOIN event e ON e.n = t.event` +
      ` JOIN author a ON a.n = e.author WHERE t.hash = ? AND e.kind = ${SNAPSHOT_KIND}` +
      ' ORDER BY t.created_at, t.event',
  );
  const endorsements = db.prepare(
    "SELECT id, event FROM endorsement WHERE machine = ? AND event ->> '$.sig' <> ''" +
      ' ORDER BY created_at, id',
  );
  const othersAfter = db.prepare(
    `${rows} WHERE e.n > ? AND e.kind NOT IN (${DEFINITION_KIND}, ${TRANSITION_KIND})` +
      ` AND (e.expires_at IS NULL OR e.expires_at > ?) ORDER BY e.n LIMIT ${PAGE}`,
  );

  function* chain(machine: number): Generator<string> {
    for (let after = CHAIN_START; ; ) {
      const page = log.chain(machine, { branch: 'all', after, limit: PAGE });
      for (const row of page.rows) if (!isHollow(row)) yield rowToJson(row);
      const last = page.rows.at(-1);
      if (last === undefined || !page.hasMore) return;
      after = [last.height, last.n];
    }
  }

  function* snapshots(machine: number, id: string): Generator<string> {
    const logged = endorsements.all(machine) as { id: Buffer; event: string }[];
    for (const { event } of logged) yield event;
    const isLogged = new Set(logged.map((row) => row.id.toString('hex')));
    for (const row of snapshotsOf.all(tagHash('e', id)) as EventRow[]) {
      const event = rowToEvent(row);
      const names = tagValues(event, 'e').includes(id);
      if (names && !isKeeperSnapshot(event) && !isLogged.has(event.id)) yield rowToJson(row);
    }
  }

  function* record(machine: number): Generator<string> {
    const definition = events.read(machine);
    if (definition === undefined) return;
    if (definition.sig !== '') yield eventJson(definition);
    yield* chain(machine);
    yield* snapshots(machine, definition.id);
  }

  /** True for a snapshot that is exported with its machine. */
  const isOfMachine = (row: EventRow): boolean => {
    if (row.kind !== SNAPSHOT_KIND) return false;
    const named = tagValues(rowToEvent(row), 'e');
    return named.some((id) => {
      const found = events.find(id);
      return found?.kind === DEFINITION_KIND;
    });
  };

  function* others(now: number): Generator<string> {
    for (let after = 0; ; ) {
      const page = othersAfter.all(after, now) as EventRow[];
      for (const row of page) {
        if (!isOfMachine(row)) yield rowToJson(row);
      }
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.n;
    }
  }

  return {
    /** One machine, by the sequence number of its definition. */
    record,

    /** Everything; `now` in Unix seconds. */
    *all(now: number): Generator<string> {
      for (let page = machines.after(0, PAGE); page.length > 0; ) {
        for (const { event } of page) yield* record(event);
        page = machines.after(page.at(-1)?.event ?? 0, PAGE);
      }
      yield* others(now);
    },
  };
}
