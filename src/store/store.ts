/**
 * The store: one SQLite file behind one interface.
 *
 * `transaction` is the only way to write; each event inside it runs in a savepoint of its own, so
 * that a fault costs only itself. Readers on the main thread see the last commit.
 */
import { mkdirSync } from 'node:fs';
import { administrationTables } from './administration.ts';
import { custodyTable } from './custody.ts';
import { type Db, openDatabase, openDatabaseToRead } from './database.ts';
import { deletionTable } from './deletions.ts';
import { derivedTables } from './derived.ts';
import { endorsementTable } from './endorsements.ts';
import { type Events, eventTable, rowToEvent, rowToJson } from './events.ts';
import { evidenceTable } from './evidence.ts';
import { exporter } from './export.ts';
import { integrityChecks } from './integrity.ts';
import { keeperRows } from './keeper-rows.ts';
import { keptEventsOf } from './kept-events.ts';
import type { KeptAside } from './key-reads.ts';
import { lockFolder } from './lock.ts';
import { logFile } from './log-file.ts';
import { machineList } from './machine-list.ts';
import { machineLog } from './machine-log.ts';
import { machineRows } from './machine-rows.ts';
import { proofRows } from './proof-rows.ts';
import { eventQuery } from './query.ts';
import { quotaTable } from './quotas.ts';
import { recordReader } from './records.ts';
import { refusalTable } from './refusals.ts';
import { NO_SEARCH, type SearchIndex, searchIndex } from './search.ts';
import { tombstoneTable } from './tombstones.ts';
import { machineCountsOf, totalsOf } from './totals.ts';
import { transitionRows } from './transition-rows.ts';
import { vanishedTable } from './vanished.ts';

/** An open store. */
export type Store = ReturnType<typeof openStore>;

/** Opens the store in a data folder; throws when it is in use, cannot be opened or is too new. */
export function openStore(
  dataDir: string,
  synchronous: 'full' | 'normal',
  { search = false }: { readonly search?: boolean } = {},
) {
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockFolder(dataDir);
  const db = openOrUnlock(dataDir, synchronous, unlock);
  return storeOn(db, { synchronous, unlock, search: searchIndex(db, search) });
}

/** Opens the store of a data folder for reading alone; whatever writes throws. */
export function openStoreToRead(dataDir: string): Store {
  const opening = { synchronous: 'full', unlock: () => {}, search: NO_SEARCH } as const;
  return storeOn(openDatabaseToRead(dataDir), opening);
}

type Opening = {
  readonly synchronous: 'full' | 'normal';
  readonly unlock: () => void;
  readonly search: SearchIndex;
};

function storeOn(db: Db, { synchronous, unlock, search }: Opening) {
  const events = eventTable(db, search);
  const statement = (sql: string) => db.prepare(sql);
  const begin = statement('BEGIN IMMEDIATE');
  const commit = statement('COMMIT');
  const rollback = statement('ROLLBACK');
  const savepoint = statement('SAVEPOINT one');
  const release = statement('RELEASE one');
  const undo = statement('ROLLBACK TO one');
  const lastEvent = statement('SELECT max(n) FROM event').pluck();

  const transaction = <Result>(work: () => Result): Result => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (fault) {
      if (db.inTransaction) rollback.run();
      events.authors.forget();
      throw fault;
    }
  };

  const withDisk = <Result>(wait: 'FULL' | 'NORMAL', work: () => Result): Result => {
    db.pragma(`synchronous = ${wait}`);
    try {
      return transaction(work);
    } finally {
      db.pragma(`synchronous = ${synchronous}`);
    }
  };

  const rows = tables(db, events);
  const read = readings(db, events, search);
  return {
    db: db as Db,
    events,
    ...rows,
    ...read,
    search,
    export: exporter(db, { events, ...rows, ...read }),
    rowToEvent,
    rowToJson,

    /** Sequence number of the newest event; 0 in an empty store. */
    lastEvent: (): number => (lastEvent.get() as number | null) ?? 0,

    /**
     * Runs `work` in one transaction and commits it durably. When it throws, nothing of it is
     * stored and the fault is thrown on.
     */
    transaction,

    /**
     * Like `transaction`, for rows that follow from others: it does not wait for the disk, since
     * what a crash takes away is made again.
     */
    derived: <Result>(work: () => Result): Result => withDisk('NORMAL', work),

    /** Like `transaction`, and waits for the disk whatever the configuration says. */
    durable: <Result>(work: () => Result): Result => withDisk('FULL', work),

    /** Runs one event's work inside a transaction; when it throws, only that work is undone. */
    isolated: <Result>(work: () => Result): Result => {
      savepoint.run();
      try {
        const result = work();
        release.run();
        return result;
      } catch (fault) {
        if (db.inTransaction) {
          undo.run();
          release.run();
        }
        events.authors.forget();
        throw fault;
      }
    },

    ...logFile(db),
    ...keeperRows(db, events),

    close: (): void => {
      db.close();
      unlock();
    },
  };
}

function tables(db: Db, events: Events) {
  return {
    deletions: deletionTable(db, events),
    machines: machineRows(db, events),
    transitions: transitionRows(db),
    endorsements: endorsementTable(db, events),
    custody: custodyTable(db),
    evidence: evidenceTable(db, events),
    refusals: refusalTable(db),
    vanished: vanishedTable(db, events),
    tombstones: tombstoneTable(db, events),
    administration: administrationTables(db),
    quotas: quotaTable(db),
  };
}

/** Evidence and endorsements by id; of what was removed no signature is left. */
function keptAside(db: Db, events: Events): KeptAside {
  const evidence = evidenceTable(db, events);
  const endorsements = endorsementTable(db, events);
  return (id) => {
    const event = evidence.event(id) ?? endorsements.event(id);
    return event?.sig === '' ? undefined : event;
  };
}

/** What is read across tables, by filters, by pages, or as figures. */
function readings(db: Db, events: Events, search: SearchIndex) {
  return {
    query: eventQuery(db, events, { keptAside: keptAside(db, events), search }),
    records: recordReader(db, events),
    machineList: machineList(db, events),
    machineLog: machineLog(db),
    proofs: proofRows(db),
    derivedRows: derivedTables(db),
    integrity: integrityChecks(db),
    keptEvents: keptEventsOf(db),
    totals: totalsOf(db),
    machineCounts: machineCountsOf(db),
  };
}

function openOrUnlock(dataDir: string, synchronous: 'full' | 'normal', unlock: () => void): Db {
  try {
    return openDatabase(dataDir, synchronous);
  } catch (fault) {
    unlock();
    throw fault;
  }
}
