/**
 * "Did you mean …?": the known name nearest to a misspelt one.
 *
 * Only for messages to people; nothing is ever corrected silently.
 */

/** The nearest of `names` when it is near enough to be what was meant, as half a sentence. */
export function suggestion(written: string, names: readonly string[]): string {
  const ranked = names
    .map((name) => ({ name, distance: distanceTo(name, written) }))
    .sort((one, other) => one.distance - other.distance);
  const [nearest] = ranked;
  if (nearest === undefined || nearest.distance > Math.max(2, written.length / 4)) return '';
  return `; did you mean ${nearest.name}?`;
}

/** A right last part in a wrong group counts as near: `port` means `listen.port`. */
function distanceTo(name: string, written: string): number {
  const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (lastOf(name) === lastOf(written)) return 1;
  return editDistance(name.toLowerCase(), written.toLowerCase());
}

/** Levenshtein's: how many letters to insert, drop or exchange. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const exchange = from[line - 1] === to[column - 1] ? 0 : 1;
      next[column] = Math.min(
        at(row, column) + 1,
        at(next, column - 1) + 1,
        at(row, column - 1) + exchange,
      );
    }
    row = next;
  }
  return at(row, to.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity;
