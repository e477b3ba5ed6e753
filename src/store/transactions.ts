/**
 * Transactions of an open database: how work becomes rows, all of it or none.
 *
 * There is one connection and one thread, so a transaction is a function that is called between
 * BEGIN and COMMIT and never waits for anything.
 */
import type { Db } from './database.ts';

/** How long a commit waits for the disk, and what is told of a rollback. */
type Commits = {
  readonly synchronous: 'full' | 'normal';
  /** Called after a rollback: what is remembered of rows may be of what was undone. */
  readonly onUndone: () => void;
};

/** Statements that begin and end transactions. */
export function transactionsOf(db: Db, { synchronous, onUndone }: Commits) {
  const statement = (sql: string) => db.prepare(sql);
  const begin = statement('BEGIN IMMEDIATE');
  const beginReading = statement('BEGIN');
  const commit = statement('COMMIT');
  const rollback = statement('ROLLBACK');
  const savepoint = statement('SAVEPOINT one');
  const release = statement('RELEASE one');
  const undo = statement('ROLLBACK TO one');

  const transaction = <Result>(work: () => Result): Result => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (fault) {
      if (db.inTransaction) rollback.run();
      onUndone();
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

  return {
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

    /**
     * Runs what only reads on one view of the data. A statement outside a transaction takes and
     * gives back its locks, which costs more than to read a row.
     */
    reading: <Result>(work: () => Result): Result => {
      if (db.inTransaction) return work();
      beginReading.run();
      try {
        return work();
      } finally {
        if (db.inTransaction) commit.run();
      }
    },

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
        onUndone();
        throw fault;
      }
    },
  };
}
