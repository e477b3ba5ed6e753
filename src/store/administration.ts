/**
 * What operators set while the relay runs (NIP-86), and the log of who asked for it.
 *
 * Lists, texts, roles and grants are rows of their own and so outlive a restart. The log keeps each
 * request with the signed event that covers it (NIP-98: method, address and hash of the body), so
 * that it can be checked later by anybody who reads it; it only ever grows.
 */
import type { Db } from './database.ts';
import { fromHex } from './events.ts';

/** The lists an operator keeps. */
export type ListName =
  | 'allowed-author'
  | 'allowed-event'
  | 'allowed-kind'
  | 'banned-author'
  | 'blocked-address'
  | 'disallowed-kind'
  | 'hidden-machine';

/** An entry of a list, with what the operator said, or empty; `at` is Unix seconds. */
export type Listed = { readonly entry: string; readonly reason: string; readonly at: number };

/** A role as NIP-86 has it: a label and how to show it. */
export type Role = {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly color: string;
  readonly position: number;
};

/** Who has a role, or may call a method. */
export type Assignment = { readonly pubkey: string; readonly name: string };

/** A change somebody asked for; `error` is null when it was made. */
export type AdminLogRow = {
  readonly n: number;
  readonly at: number;
  readonly method: string;
  /** The body of the request, as it came. */
  readonly request: string;
  readonly error: string | null;
  /** Wire JSON of the event that authorised it. */
  readonly auth: string;
};

/** Statements over what operators set, in an open database. */
export function administrationTables(db: Db) {
  return { ...lists(db), ...settings(db), ...roles(db), ...assignments(db), ...log(db) };
}

function lists(db: Db) {
  const put = db.prepare('INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM listed WHERE list = ? AND entry = ?');
  const all = db.prepare('SELECT entry, reason, at FROM listed WHERE list = ? ORDER BY at, entry');
  return {
    /** Puts an entry on a list, or gives one that is there another reason. */
    put: (list: ListName, { entry, reason, at }: Listed): void =>
      void put.run(list, entry, reason, at),

    /** Takes an entry from a list; false when it was not there. */
    drop: (list: ListName, entry: string): boolean => drop.run(list, entry).changes === 1,

    /** The entries of a list, oldest first. */
    list: (list: ListName) => all.all(list) as Listed[],
  };
}

function settings(db: Db) {
  const set = db.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)');
  const all = db.prepare('SELECT name, value FROM setting');
  return {
    set: (name: string, value: string): void => void set.run(name, value),

    /** Every text that was set, by its name. */
    settings: (): ReadonlyMap<string, string> =>
      new Map((all.all() as { name: string; value: string }[]).map((row) => [row.name, row.value])),
  };
}

function roles(db: Db) {
  const put = db.prepare(
    'INSERT OR REPLACE INTO role VALUES (@id, @label, @description, @color, @position)',
  );
  const drop = db.prepare('DELETE FROM role WHERE id = ?');
  const dropHolders = db.prepare("DELETE FROM assignment WHERE what = 'role' AND name = ?");
  const all = db.prepare('SELECT * FROM role ORDER BY position, id');
  return {
    putRole: (role: Role): void => void put.run(role),

    /** Removes a role, also from those who have it; false when there is none. */
    dropRole: (id: string): boolean => {
      dropHolders.run(id);
      return drop.run(id).changes === 1;
    },

    /** All roles, in their order. */
    roles: () => all.all() as Role[],
  };
}

function assignments(db: Db) {
  const put = db.prepare('INSERT OR IGNORE INTO assignment (what, name, pubkey) VALUES (?, ?, ?)');
  const drop = db.prepare('DELETE FROM assignment WHERE what = ? AND name = ? AND pubkey = ?');
  const all = db.prepare(
    'SELECT pubkey, name FROM assignment WHERE what = ? ORDER BY name, pubkey',
  );
  type What = 'role' | 'method';
  return {
    assign: (what: What, { name, pubkey }: Assignment): void => void put.run(what, name, pubkey),

    /** Takes a role or a method from a key; false when it did not have it. */
    unassign: (what: What, { name, pubkey }: Assignment): boolean =>
      drop.run(what, name, pubkey).changes === 1,

    /** Who has which role, or may call which method. */
    assignments: (what: What) => all.all(what) as Assignment[],
  };
}

function log(db: Db) {
  const add = db.prepare(
    'INSERT INTO admin_log (at, method, request, error, auth_id, auth)' +
      ' VALUES (@at, @method, @request, @error, @authId, @auth)',
  );
  const has = db.prepare('SELECT 1 FROM admin_log WHERE auth_id = ?').pluck();
  const page = db.prepare(
    'SELECT n, at, method, request, error, auth FROM admin_log WHERE n < ?' +
      ' ORDER BY n DESC LIMIT ?',
  );
  return {
    addToLog: ({ authId, ...row }: Omit<AdminLogRow, 'n'> & { readonly authId: string }): void =>
      void add.run({ ...row, authId: fromHex(authId) }),

    /** Whether a request with this authorisation was logged already. */
    isLogged: (authId: string): boolean => has.get(fromHex(authId)) !== undefined,

    /** Entries before one, newest first, at most so many. */
    log: (before: number, limit: number) => page.all(before, limit) as AdminLogRow[],
  };
}
