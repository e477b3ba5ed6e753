/**
 * The store: one SQLite file behind one interface.
 *
 * `transaction` is the only way to write. Readers on the main thread see the last commit.
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
import { type RowCache, rowCache } from './row-cache.ts';
import { NO_SEARCH, type SearchIndex, searchIndex } from './search.ts';
import { tombstoneTable } from './tombstones.ts';
import { machineCountsOf, totalsOf } from './totals.ts';
import { transactionsOf } from './transactions.ts';
import { transitionRows } from './transition-rows.ts';
import { vanishedTable } from './vanished.ts';

/** An open store. */
export type Store = ReturnType<typeof openStore>;

/** Opens the store in a data folder; throws when it is in use, cannot be opened or is too new. */
export function openStore(
  dataDir: string,
  synchronous: 'full' | 'normal',
  { search = false, cachedBytesMax = 0 }: StoreOptions = {},
) {
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockFolder(dataDir);
  const db = openOrUnlock(dataDir, synchronous, unlock);
  return storeOn(db, { synchronous, unlock, search: searchIndex(db, search), cachedBytesMax });
}

/** Whether contents are indexed for searches, and how many bytes of rows are remembered. */
export type StoreOptions = { readonly search?: boolean; readonly cachedBytesMax?: number };

/** Opens the store of a data folder for reading alone; whatever writes throws. */
export function openStoreToRead(dataDir: string): Store {
  const opening = { synchronous: 'full', unlock: () => {}, search: NO_SEARCH } as const;
  // Another process may write: what is remembered could be gone.
  return storeOn(openDatabaseToRead(dataDir), { ...opening, cachedBytesMax: 0 });
}

type Opening = {
  readonly synchronous: 'full' | 'normal';
  readonly unlock: () => void;
  readonly search: SearchIndex;
  readonly cachedBytesMax: number;
};

function storeOn(db: Db, { synchronous, unlock, search, cachedBytesMax }: Opening) {
  const events = eventTable(db, search);
  const lastEvent = db.prepare('SELECT max(n) FROM event').pluck();
  const rows = tables(db, events);
  const cache = rowCache(db, events, cachedBytesMax);
  const read = readings(db, events, { search, cache });
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

    ...transactionsOf(db, { synchronous, onUndone: () => forgetUndone(events, cache) }),
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

/** After a rollback numbers that were seen may come to mean something else. */
function forgetUndone(events: Events, cache: RowCache): void {
  events.authors.forget();
  cache.clear();
}

type Remembered = { readonly search: SearchIndex; readonly cache: RowCache };

/** What is read across tables, by filters, by pages, or as figures. */
function readings(db: Db, events: Events, remembered: Remembered) {
  return {
    query: eventQuery(db, events, { keptAside: keptAside(db, events), ...remembered }),
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
