/**
 * The last refusals of signed machine events: for people who ask why, and so that what builds on
 * a refused transition gets a clear answer. A bounded ring: the oldest go first.
 */
import type { Db } from './database.ts';
import { fromHex } from './events.ts';

/** How many refusals are remembered. */
export const REFUSALS_MAX = 10_000;

/** A remembered refusal; `created_at` is the event's, `at` when it was refused, in Unix seconds. */
export type RefusalRow = {
  readonly n: number;
  readonly id: Buffer;
  readonly kind: number;
  readonly machine: Buffer | null;
  readonly author: Buffer;
  readonly code: string;
  readonly message: string;
  readonly created_at: number;
  readonly at: number;
};

/** Which refusals a listing is about; `before` is the `n` of one. */
export type RefusalsAsked = {
  readonly machine?: string | undefined;
  readonly code?: string | undefined;
  readonly before: number;
  readonly limit: number;
};

/** Statements over the remembered refusals of an open database. */
export function refusalTable(db: Db) {
  const insert = db.prepare(
    'INSERT INTO refusal (id, kind, machine, author, code, message, created_at, at)' +
      ' VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const trim = db.prepare('DELETE FROM refusal WHERE n <= ?');
  const find = db.prepare('SELECT * FROM refusal WHERE id = ? ORDER BY n DESC LIMIT 1');
  const removeBy = db.prepare('DELETE FROM refusal WHERE author = ? AND created_at <= ?');
  const list = db.prepare(
    'SELECT * FROM refusal WHERE n < @before AND (@machine IS NULL OR machine = @machine)' +
      ' AND (@code IS NULL OR code = @code) ORDER BY n DESC LIMIT @limit',
  );

  return {
    remember: (row: {
      readonly id: string;
      readonly kind: number;
      readonly machine: string | undefined;
      readonly author: string;
      readonly code: string;
      readonly message: string;
      readonly createdAt: number;
      readonly at: number;
    }): void => {
      const machine = row.machine === undefined ? null : fromHex(row.machine);
      const { kind, code, message, createdAt, at } = row;
      const { lastInsertRowid } = insert.run(
        ...[fromHex(row.id), kind, machine, fromHex(row.author), code, message, createdAt, at],
      );
      trim.run(Number(lastInsertRowid) - REFUSALS_MAX);
    },

    find: (id: string) => find.get(fromHex(id)) as RefusalRow | undefined,

    /** Forgets the refusals of what an author signed up to a time. */
    removeBy: (pubkey: string, until: number): void => void removeBy.run(fromHex(pubkey), until),

    /** Refusals before one, newest first, of a machine and with a code if those are given. */
    list: ({ machine, code, before, limit }: RefusalsAsked) =>
      list.all({
        machine: machine === undefined ? null : fromHex(machine),
        code: code ?? null,
        ...{ before, limit },
      }) as RefusalRow[],
  };
}
