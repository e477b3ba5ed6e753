/**
 * Which index answers a filter: the one that has the fewest rows to look at.
 *
 * Each condition with an index (a tag, the authors, the kinds) is a way to go; the rest is compared
 * row by row. Where there are several, they are sounded: a walk of a few hundred entries tells the
 * rare from the common, and no more has to be known.
 */
import type { Filter } from '../nostr/filter.ts';
import type { Events } from './events.ts';
import { tagHash } from './tag-hash.ts';
import { STATEMENT_WORK, type Turn } from './turn.ts';
import type { Prefix, Walks } from './walk.ts';

/** Most walks that authors times kinds may come to; beyond it kinds are compared instead. */
const PAIRS_MAX = 512;
/** A way of more walks than this is not sounded: it is taken for a long one. */
const SOUNDED_MAX = 8;
/** As far as a way is sounded. */
const SOUNDING_ROWS = 200;
/** A way of no more rows is taken: to sound others would cost more than it could save. */
const FEW_ROWS = 60;

/** The tables that a plan is made from. */
export type Ground = { readonly events: Events; readonly walks: Walks; readonly turn: Turn };

/** The index prefixes that together hold every match of a filter that is not impossible. */
export function choosePrefixes(filter: Filter, ground: Ground): readonly Prefix[] {
  const ways = waysOf(filter, ground.events);
  const [first = [{ index: 'time', keys: [] }], ...others] = ways;
  if (others.length === 0) return first;
  let [best, least] = [first, soundingOf(first, filter, { ...ground, most: SOUNDING_ROWS })];
  for (const way of others) {
    if (least <= FEW_ROWS) break;
    const sounded = soundingOf(way, filter, { ...ground, most: least });
    if (sounded < least) [best, least] = [way, sounded];
  }
  return best;
}

/** In the order in which they are preferred where soundings are equal. */
function waysOf(filter: Filter, events: Events): (readonly Prefix[])[] {
  const tags = [...filter.tags].sort((a, b) => a.values.size - b.values.size);
  const byTag = tags.map(({ letter, values }) =>
    [...values].map((value): Prefix => ({ index: 'tag', keys: [tagHash(letter, value)] })),
  );
  const kinds = filter.kinds && [...filter.kinds];
  if (filter.authors) return [...byTag, byAuthor(authorsOf(filter.authors, events), kinds)];
  return kinds ? [...byTag, kinds.map((kind): Prefix => ({ index: 'kind', keys: [kind] }))] : byTag;
}

function byAuthor(authors: readonly number[], kinds: readonly number[] | undefined): Prefix[] {
  if (kinds && authors.length * kinds.length <= PAIRS_MAX) {
    return authors.flatMap((author) =>
      kinds.map((kind): Prefix => ({ index: 'author-kind', keys: [author, kind] })),
    );
  }
  return authors.map((author) => ({ index: 'author', keys: [author] }));
}

/** The numbers of those authors of whom something is stored. */
export function authorsOf(pubkeys: ReadonlySet<string>, { authors }: Events): number[] {
  return [...pubkeys].flatMap((pubkey) => authors.find(pubkey) ?? []);
}

/** How many rows a way has, as far as it is worth knowing. */
function soundingOf(
  way: readonly Prefix[],
  filter: Filter,
  { walks, turn, most }: Ground & { readonly most: number },
): number {
  if (way.length > SOUNDED_MAX) return SOUNDING_ROWS + 1;
  let rows = 0;
  for (const prefix of way) {
    if (rows >= most) break;
    const found = walks.count(prefix, filter, most - rows);
    turn.left -= STATEMENT_WORK + found / 10;
    rows += found;
  }
  return rows;
}
