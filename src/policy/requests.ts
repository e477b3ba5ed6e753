/**
 * Admission of subscriptions: which filters are understood, and how many one client may hold.
 *
 * Answers are texts for CLOSED, with their NIP-01 prefix.
 */
import type { Config } from '../config.ts';
import { type Filter, parseFilter } from '../nostr/filter.ts';
import { wantsOnlyGuarded } from './guarded.ts';

/** The filters of a REQ or COUNT, or why they are not understood. */
function readFilters(
  values: readonly unknown[],
  { limits, search }: Pick<Config, 'limits' | 'search'>,
): readonly Filter[] | string {
  const { filtersMax, filterValuesMax } = limits;
  if (values.length > filtersMax) return `invalid: a REQ has at most ${filtersMax} filters`;
  const filters: Filter[] = [];
  for (const value of values) {
    const filter = parseFilter(value, { filterValuesMax, search: search.enabled });
    if ('problem' in filter) return filter.problem;
    filters.push(filter);
  }
  return filters;
}

/** The filters of a request that may be answered, or the text for CLOSED. */
export function readRequest(
  values: readonly unknown[],
  client: Client,
): readonly Filter[] | string {
  const filters = readFilters(values, client.config);
  return typeof filters === 'string' ? filters : (refuseRequest(filters, client) ?? filters);
}

/** Who sends a request. */
export type Client = {
  /** The client's other open subscriptions. */
  readonly open: readonly { readonly filters: readonly Filter[] }[];
  readonly authenticated: ReadonlySet<string>;
  readonly config: Config;
};

/** Why a REQ that is understood is refused; undefined when it may be answered. */
function refuseRequest(filters: readonly Filter[], client: Client): string | undefined {
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
