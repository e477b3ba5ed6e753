/**
 * Every test by URL, in the order in which they run and are reported.
 */

import type { Chapter } from './case.ts';
import { EVENTS } from './nip-01-events.ts';
import { FILTERS } from './nip-01-filters.ts';
import { FRAMES } from './nip-01-frames.ts';
import { REPLACEMENT } from './nip-01-replacement.ts';
import { SUBSCRIPTIONS } from './nip-01-subscriptions.ts';
import { DELETION } from './nip-09.ts';
import { DOCUMENT } from './nip-11.ts';
import { EXPIRATION } from './nip-40.ts';
import { AUTHENTICATION } from './nip-42.ts';
import { COUNTING } from './nip-45.ts';
import { SEARCH } from './nip-50.ts';
import { WRAPS } from './nip-59.ts';
import { VANISHING } from './nip-62.ts';
import { HINTS } from './nip-67.ts';
import { PROTECTION } from './nip-70.ts';

/** The chapters, each the tests of one NIP or of one side of NIP-01. */
export const CHAPTERS: readonly Chapter[] = [
  FRAMES,
  EVENTS,
  FILTERS,
  SUBSCRIPTIONS,
  REPLACEMENT,
  DELETION,
  DOCUMENT,
  EXPIRATION,
  AUTHENTICATION,
  COUNTING,
  SEARCH,
  WRAPS,
  VANISHING,
  HINTS,
  PROTECTION,
];

/** The tests of a chapter that look for what Headkeeper does not do. */
export const declinedIn = ({ cases }: Chapter) =>
  cases.filter(({ declined }) => declined !== undefined);
