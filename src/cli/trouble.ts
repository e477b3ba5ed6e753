/**
 * What went wrong with a data folder, for who has to put it right at three in the morning: what
 * the system said, about which folder, and what to look at.
 */

/** By the beginning of the code that SQLite gives. */
const HINTS: Readonly<Record<string, string>> = {
  SQLITE_CORRUPT: 'restore a backup',
  SQLITE_NOTADB: 'is that the right folder? else restore a backup',
  SQLITE_READONLY: 'who owns the folder, and is the disk mounted read-only?',
  SQLITE_CANTOPEN: 'who owns the folder, and is the disk mounted read-only? then work on a copy',
  SQLITE_FULL: 'is there room on the disk?',
  SQLITE_IOERR: 'is there room on the disk, and is it sound?',
};

/** One line about an error that was met in working with a data folder. */
export function troubleWith(dataDir: string, error: unknown): string {
  const { name, message, code = '' } = error as NodeJS.ErrnoException;
  if (name !== 'SqliteError') return message;
  const hint = Object.entries(HINTS).find(([start]) => code.startsWith(start))?.[1];
  const about = `the database in ${dataDir}: ${message}`;
  return hint === undefined ? about : `${about}; ${hint}`;
}
