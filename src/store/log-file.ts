/**
 * The write-ahead log of an open database: how large it is, how it starts anew, and how somebody
 * reads of one moment while others write to it.
 */
import { statSync } from 'node:fs';
import { BUSY_TIMEOUT_MS, type Db } from './database.ts';

/** How long the writer waits for readers before the log goes on growing. */
const RESTART_PATIENCE_MS = 100;

/** What can be done about the log of a database. */
export function logFile(db: Db) {
  const begin = db.prepare('BEGIN');
  const end = db.prepare('ROLLBACK');
  return {
    /** Runs `work` on what is committed now: later commits of others are not seen in it. */
    atOneMoment: <Result>(work: () => Result): Result => {
      begin.run();
      try {
        return work();
      } finally {
        if (db.inTransaction) end.run();
      }
    },

    /** Bytes of the log file; 0 without one. */
    logBytes: (): number => statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0,

    /**
     * Starts the log from its beginning once all of it is copied; true when it did. A reader that
     * is in the middle of something (a backup) holds it up, and nobody waits long for that.
     */
    restartLog: (): boolean => {
      db.pragma(`busy_timeout = ${RESTART_PATIENCE_MS}`);
      try {
        const [result] = db.pragma('wal_checkpoint(RESTART)') as { readonly busy: number }[];
        return result?.busy === 0;
      } finally {
        db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    },
  };
}
