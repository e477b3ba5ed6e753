/**
 * Events against what is derived from each of them alone: id, expiry, tags, current version.
 */
import { addressOf, beats, expiration, parseAddress, serializeEvent } from '../nostr/event.ts';
import type { LoggedEvent } from '../store/derived.ts';
import { rankOf } from '../store/events.ts';
import type { Store } from '../store/store.ts';
import { nodeEventId } from '../verify/event-id.ts';
import type { Finding } from './finding.ts';

/** Everything about single events that is not as they say; `onEvent` is called for each. */
export function* examineEvents(store: Store, onEvent: () => void): Generator<Finding> {
  const { derivedRows } = store;
  const seen = { events: 0, tags: 0 };
  for (const logged of derivedRows.logged()) {
    onEvent();
    seen.events += 1;
    seen.tags += logged.tags.size;
    // Of what was removed there is only a row, with its id and an empty body.
    if (!store.tombstones.isHollow(logged.n)) yield* examineEvent(store, logged);
  }
  if (seen.events !== derivedRows.countLogged()) {
    yield { where: 'event', says: 'events without an author, which cannot be served' };
  }
  // As many rows as tags and none missing: then none is stray, and nobody has to walk the index.
  if (derivedRows.countTags() !== seen.tags) yield* strayTags(store);
  for (const stray of derivedRows.strayVersions()) {
    const says = `author ${stray.author}, kind ${stray.kind}: names an event that is not its own`;
    yield { where: 'latest', says, repair: () => derivedRows.dropVersion(stray) };
  }
}

function* examineEvent(store: Store, logged: LoggedEvent): Generator<Finding> {
  const { event, n, expiresAt } = logged;
  const { derivedRows } = store;
  if (nodeEventId(serializeEvent(event)) !== event.id) {
    yield { where: 'event', says: `${event.id}: is not the hash of what is stored` };
  }
  const expires = expiration(event) ?? null;
  if (expiresAt !== expires) {
    const repair = () => derivedRows.setExpiry(n, expires);
    yield { where: 'event', says: `${event.id}: expires at ${expires}, not ${expiresAt}`, repair };
  }
  const rank = rankOf(event.id);
  if (logged.rank !== rank) {
    const repair = () => derivedRows.setRank(n, rank);
    yield {
      where: 'event',
      says: `${event.id}: not in its place among those of its second`,
      repair,
    };
  }
  for (const row of derivedRows.missingTags(logged)) {
    const repair = () => derivedRows.addTag(row);
    yield { where: 'tag', says: `${event.id}: a tag is not in the index`, repair };
  }
  yield* examineVersion(store, logged);
}

/** One version at each coordinate is stored, and it is the one that is served. */
function* examineVersion(
  { derivedRows, events }: Store,
  { event, n, author }: LoggedEvent,
): Generator<Finding> {
  const d = parseAddress(addressOf(event) ?? '')?.d;
  if (d === undefined) return;
  const coordinate = { author, kind: event.kind, d };
  const served = derivedRows.versionAt(coordinate);
  if (served === n) return;
  const other = served === undefined ? undefined : events.read(served);
  if (other && addressOf(other) === addressOf(event) && !beats(event, other)) {
    yield { where: 'latest', says: `${event.id}: stored although ${other.id} replaces it` };
    return;
  }
  const repair = () => derivedRows.setVersion(coordinate, n);
  yield { where: 'latest', says: `${event.id}: not served at its coordinate`, repair };
}

function* strayTags({ derivedRows }: Store): Generator<Finding> {
  for (const row of derivedRows.strayTags()) {
    const repair = () => derivedRows.dropTag(row);
    yield { where: 'tag', says: `row of event ${row.event}: no such tag on it`, repair };
  }
}
