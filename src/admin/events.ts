/**
 * Management of single events (NIP-86): what is removed, what was reported.
 *
 * A banned event loses its body and is refused as `tombstoned`; of a machine's event a tombstone
 * keeps the place (PROTOCOL §9). Lifting a ban brings no body back, but lets anybody send it again.
 */
import { bury, exhume } from '../burial.ts';
import { tagValues } from '../nostr/event.ts';
import { parseFilter } from '../nostr/filter.ts';
import { rowToEvent } from '../store/events.ts';
import {
  changing,
  type Failure,
  fail,
  hexAndReason,
  type Methods,
  nothing,
  type Office,
  shown,
  telling,
} from './method.ts';

const REPORT_KIND = 1984;
/** How many reports are looked through, the newest, and how many banned events are listed. */
const REPORTS_MAX = 1_000;
const BANNED_MAX = 10_000;

/** Methods about events. */
export const EVENTS: Methods = {
  banevent: changing(hexAndReason, ({ subject, reason }, office) => {
    const { store, keeper, now } = office;
    const found = store.events.find(subject);
    if (found && store.events.read(found.n)?.pubkey === keeper.pubkey) {
      return fail("this is the relay's own snapshot of a machine: hide the machine");
    }
    store.administration.drop('allowed-event', subject);
    const machine = bury(office, subject, { cause: 'operator', reason, at: now() });
    if (machine !== undefined) keeper.mark(machine, true);
    return undefined;
  }),
  unbanevent: changing(hexAndReason, ({ subject }, office) => lift(office, subject)),
  listbannedevents: telling(nothing, (_, { store }) =>
    store.tombstones
      .list('operator', BANNED_MAX)
      .map(({ id, reason }) => ({ id, ...shown(reason) })),
  ),
  allowevent: changing(hexAndReason, ({ subject, reason }, office) => {
    const failure = lift(office, subject);
    if (failure) return failure;
    const { store, now } = office;
    return store.administration.put('allowed-event', { entry: subject, reason, at: now() });
  }),
  unallowevent: changing(hexAndReason, ({ subject }, { store }) => {
    store.administration.drop('allowed-event', subject);
    return undefined;
  }),
  listallowedevents: telling(nothing, (_, { store }) =>
    store.administration
      .list('allowed-event')
      .map(({ entry, reason }) => ({ id: entry, ...shown(reason) })),
  ),
  listeventsneedingmoderation: telling(nothing, (_, office) => reported(office)),
};

/** Only what the operator removed: what its author wanted away stays away. */
function lift(office: Office, id: string): Failure | undefined {
  const tombstone = office.store.tombstones.find(id);
  if (tombstone === undefined) return undefined;
  if (tombstone.cause !== 'operator') return fail('its author had this event removed');
  exhume(office, id);
  return undefined;
}

/** Stored events that were reported (NIP-56) and are neither banned nor allowed. */
function reported({ store, now }: Office) {
  const filter = parseFilter({ kinds: [REPORT_KIND] }, { filterValuesMax: 1 });
  if ('problem' in filter) throw new Error(filter.problem);
  const bounds = { upTo: Number.MAX_SAFE_INTEGER, now: now() };
  const reports = store.query.run([filter], { rows: [REPORTS_MAX], beyond: null }, bounds);
  const allowed = new Set(store.administration.list('allowed-event').map(({ entry }) => entry));
  const found = new Map<string, string>();
  for (let row = reports.next(); row !== undefined; row = reports.next()) {
    reports.resume(bounds.now);
    if (row === null) continue;
    const report = rowToEvent(row);
    for (const id of tagValues(report, 'e')) {
      if (allowed.has(id) || found.has(id) || !isShown(store, id)) continue;
      const type = report.tags.find(([name, value]) => name === 'e' && value === id)?.[2] ?? '';
      found.set(id, [type, report.content.slice(0, 1_000)].filter(Boolean).join(': '));
    }
  }
  return [...found].map(([id, reason]) => ({ id, ...shown(reason) }));
}

function isShown({ events, tombstones }: Office['store'], id: string): boolean {
  const found = /^[0-9a-f]{64}$/.test(id) ? events.find(id) : undefined;
  return found !== undefined && !tombstones.isHollow(found.n);
}
