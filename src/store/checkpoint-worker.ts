/**
 * Worker entry: copies the write-ahead log into the database file when asked, and answers with
 * how many pages the log has.
 */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { DATABASE_FILE } from './database.ts';

const db = new Database(join(String(workerData), DATABASE_FILE), { timeout: 1_000 });

parentPort?.on('message', () => {
  const [result] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
  parentPort?.postMessage(result?.log ?? 0);
});
