/**
 * Names that look like others: a payload may have any members, so a misspelt one is never unknown,
 * only lonely.
 */
import { type Rule, termsOf } from './terms.ts';
import type { Ruled, Uses } from './uses.ts';
import type { LintWarning } from './warning.ts';

const LENGTH_MIN = 4;

type Mention = { readonly path: string; readonly rule: Rule };

/** Payload members read once, where the rules of the same type read one of nearly that name. */
export function similarNames(uses: Uses): readonly LintWarning[] {
  const warnings = new Map<string, LintWarning>();
  const types = new Set(uses.ruled.flatMap(({ transition }) => transition.event ?? []));
  for (const type of types) {
    const mentions = mentionsIn(uses.ruled.filter(({ transition }) => transition.event === type));
    for (const [name, [mention, ...others]] of mentions) {
      if (mention === undefined || others.length > 0) continue;
      const other = [...mentions.keys()].find((known) => isMisspelt(name, known));
      if (other === undefined) continue;
      const { path, rule } = mention;
      const message = `${rule.name} reads data.${name} once, and elsewhere it is data.${other}`;
      warnings.set(path, { code: 'similar-names', path, message });
    }
  }
  return [...warnings.values()];
}

/** Where the first members of a payload are read, by their names. */
function mentionsIn(ruled: readonly Ruled[]): ReadonlyMap<string, readonly Mention[]> {
  const mentions = new Map<string, Mention[]>();
  const uses = ruled.flatMap(({ guard, actions }) => (guard ? [guard, ...actions] : actions));
  const paths = new Map(uses.map(({ rule, path }) => [rule, path]));
  for (const [rule, usedAt] of paths) {
    for (const term of termsOf(rule)) {
      const [name] = term.kind === 'variable' && term.name === 'data' ? term.steps : [];
      if (name === undefined) continue;
      const known = mentions.get(name) ?? [];
      mentions.set(name, known);
      known.push({ path: term.path ?? usedAt, rule });
    }
  }
  return mentions;
}

/** True for names that differ by one letter too many, too few, exchanged or swapped. */
function isMisspelt(name: string, meant: string): boolean {
  const [short = '', long = ''] = [name, meant].sort((a, b) => a.length - b.length);
  if (name === meant || short.length < LENGTH_MIN || long.length - short.length > 1) return false;
  // Names with numbers are meant to be alike: `from1`, `from2`.
  if (/\d/.test(name + meant)) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start++;
  const tail = (text: string, skipped: number) => text.slice(start + skipped);
  if (short.length < long.length) return tail(short, 0) === tail(long, 1);
  const isSwapped = short[start] === long[start + 1] && short[start + 1] === long[start];
  return tail(short, 1) === tail(long, 1) || (isSwapped && tail(short, 2) === tail(long, 2));
}
