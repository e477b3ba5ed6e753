/**
 * Admission of subscriptions: which filters are understood, and how many one client may hold.
 *
 * Answers are texts for CLOSED, with their NIP-01 prefix.
 */
import type { Config } from '../config.ts';
import { type Filter, parseFilter } from '../nostr/filter.ts';
import { wantsOnlyGuarded } from './guarded.ts';

/** The filters of a REQ, or why they are not understood. */
export function readFilters(
  values: readonly unknown[],
  { filtersMax, filterValuesMax }: Config['limits'],
): readonly Filter[] | string {
  if (values.length > filtersMax) return `invalid: a REQ has at most ${filtersMax} filters`;
  const filters: Filter[] = [];
  for (const value of values) {
    const filter = parseFilter(value, { filterValuesMax });
    if ('problem' in filter) return filter.problem;
    filters.push(filter);
  }
  return filters;
}

/** Why a REQ that is understood is refused; undefined when it may be answered. */
export function refuseRequest(
  filters: readonly Filter[],
  client: {
    /** The client's other open subscriptions. */
    readonly open: readonly { readonly filters: readonly Filter[] }[];
    readonly authenticated: ReadonlySet<string>;
    readonly config: Config;
  },
): string | undefined {
  const { open, authenticated, config } = client;
  const { subscriptionsMax, subscribedValuesMax } = config.limits;
  if (authenticated.size === 0) {
    const needsKey = config.access.authRequired || filters.every(wantsOnlyGuarded);
    if (needsKey) return 'auth-required: authenticate to read this';
  }
  if (open.length >= subscriptionsMax) {
    return `rate-limited: at most ${subscriptionsMax} subscriptions at a time`;
  }
  const all = [...open.flatMap((subscription) => subscription.filters), ...filters];
  const values = all.reduce((sum, filter) => sum + countValues(filter), 0);
  if (values <= subscribedValuesMax) return undefined;
  return `rate-limited: at most ${subscribedValuesMax} filter values at a time`;
}

/** How many entries a filter takes up in the index of live filters, at most. */
function countValues({ ids, authors, kinds, tags }: Filter): number {
  const listed = (ids?.size ?? 0) + (authors?.size ?? 0) + (kinds?.size ?? 0);
  return tags.reduce((sum, { values }) => sum + values.size, listed);
}
