/**
 * The first so many keys of a source that a filter accepts, and what is known of the rest.
 *
 * With hints (NIP-67) an answer does not end within a second, so that paging by `until` loses
 * nothing, and it looks on for a while to tell whether there is more. Without them a limit is
 * exact, and nothing is looked at behind it.
 */
import type { Key, Source } from './merge.ts';
import type { Turn } from './turn.ts';

/** Whether a filter has more matches than it gave; unknown when nobody looked. */
export type Rest = 'more' | 'finish' | 'unknown';

/** A source that knows, once it is at its end, whether it left something out. */
export type Limited = Source & { readonly rest: () => Rest };

/** How many keys are looked at behind a limit before the rest is left unknown. */
const LOOKED_ON_MAX = 200;

/** Cuts a source to what is accepted; `beyond` is how many more the last second may have. */
export function firstOf(
  source: Source,
  accept: (key: Key) => boolean,
  options: { readonly limit: number; readonly beyond: number | null; readonly turn: Turn },
): Limited {
  const { limit, beyond, turn } = options;
  let given = 0;
  let lookedOn = 0;
  let lastTime = -1;
  let current: Key | undefined;
  let rest: Rest | undefined = limit === 0 ? 'unknown' : undefined;

  /** Takes a key as part of the answer; false when it is behind its end. */
  const take = (key: Key): boolean => {
    const isOwed = given < limit;
    const isSameSecond = key.created_at === lastTime && given < limit + (beyond ?? 0);
    if (!isOwed && !isSameSecond) return false;
    given++;
    lastTime = key.created_at;
    current = key;
    return true;
  };

  const head = (): Key | null | undefined => {
    while (current === undefined && rest === undefined) {
      if (given >= limit && (beyond === null || lookedOn > LOOKED_ON_MAX)) {
        rest = 'unknown';
        break;
      }
      if (turn.left <= 0) return null;
      const key = source.head();
      if (key === null) return null;
      if (key === undefined) {
        rest = 'finish';
        break;
      }
      if (given >= limit && key.created_at !== lastTime) lookedOn++;
      source.next();
      if (accept(key) && !take(key)) rest = 'more';
    }
    return current;
  };

  return {
    head,
    next: () => {
      current = undefined;
    },
    rest: () => rest ?? 'unknown',
  };
}
