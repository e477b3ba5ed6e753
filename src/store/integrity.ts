/**
 * What SQLite itself says about a database file: whether it is whole, whether references hold.
 *
 * Reads only. A file that is not whole is for a backup to replace, not for anybody to mend.
 */
import Database from 'better-sqlite3';
import type { Db } from './database.ts';

/** A row that refers to one that is not there. */
export type Dangling = {
  readonly table: string;
  /** Null in tables without row ids. */
  readonly rowid: number | null;
  /** The table in which the row referred to is missing. */
  readonly parent: string;
};

/** Checks of an open database as a whole. */
export function integrityChecks(db: Db) {
  return {
    /** What `PRAGMA integrity_check` complains of, at most 100 lines; none when all is well. */
    complaints: (): readonly string[] => {
      try {
        const lines = db.pragma('integrity_check') as { readonly integrity_check: string }[];
        return lines.map((line) => line.integrity_check).filter((line) => line !== 'ok');
      } catch (fault) {
        // Damage can be such that it cannot even be walked.
        if (fault instanceof Database.SqliteError) return [fault.message];
        throw fault;
      }
    },

    /** Every reference that leads nowhere. */
    dangling: (): readonly Dangling[] =>
      db.pragma('foreign_key_check') as (Dangling & { readonly fkid: number })[],
  };
}
