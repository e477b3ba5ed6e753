/**
 * The doctor: looks at a whole store, and puts right what follows from the events.
 *
 * Events, endorsements and evidence are the record. They are checked and never written, moved or
 * removed; everything else is compared with what they come to. A file that SQLite calls damaged is
 * not examined further, because nothing read from it can be believed.
 */

import { parseEvent, serializeEvent } from '../nostr/event.ts';
import type { RuleSet } from '../nsm/rule-set.ts';
import { isRefusal } from '../refusal.ts';
import type { Dangling } from '../store/integrity.ts';
import type { Store } from '../store/store.ts';
import { nodeEventId } from '../verify/event-id.ts';
import { examineEvents } from './events.ts';
import type { Finding } from './finding.ts';
import { examineMachines } from './machines.ts';

/** Told how many events have been read so far; each is read twice, machines with their replay. */
export type OnExamined = (events: number) => void;

/** Everything that is wrong with a store, in the order in which it has to be put right. */
export function* examine(
  store: Store,
  rules: RuleSet,
  onExamined: OnExamined = () => {},
): Generator<Finding> {
  let read = 0;
  const onEvent = () => onExamined(++read);
  const complaints = store.integrity.complaints();
  for (const complaint of complaints) yield { where: 'file', says: complaint };
  if (complaints.length > 0) return;
  for (const dangling of store.integrity.dangling()) yield danglingFinding(store, dangling);
  yield* examineEvents(store, onEvent);
  yield* examineMachines(store, rules, onEvent);
  yield* examineKept(store);
}

/** What was put right; what was not is found again by another `examine`. */
export function repair(store: Store, rules: RuleSet): readonly Finding[] {
  if (store.integrity.complaints().length > 0) return [];
  return store.transaction(() => {
    const repaired: Finding[] = [];
    // Repairs are made on the way: a machine is replayed by the tags that were put back before.
    for (const finding of examine(store, rules)) {
      if (finding.repair === undefined) continue;
      finding.repair();
      repaired.push(finding);
    }
    return repaired;
  });
}

/** Dangling rows of tags and versions are found with their own kind, and put right there. */
function danglingFinding({ derivedRows }: Store, { table, rowid, parent }: Dangling): Finding {
  const says = `row ${rowid ?? '?'} refers to a missing row of ${parent}`;
  const isFoundLater = table === 'tag' || table === 'latest';
  if (isFoundLater) return { where: table, says, isNote: true };
  if (table !== 'machine') return { where: table, says };
  return { where: table, says, repair: () => derivedRows.dropLostKeepers() };
}

/** Endorsements and evidence hold whole events: each is the one that its row is about. */
function* examineKept({ keptEvents }: Store): Generator<Finding> {
  for (const { table, id, event } of keptEvents()) {
    if (!isEvent(event, id)) yield { where: table, says: `${id}: does not hold that event` };
  }
}

/** True for the JSON of an event with that id, or of what was left when its body was removed. */
function isEvent(json: string, id: string): boolean {
  try {
    const kept = Object(JSON.parse(json));
    if (kept.sig === '') return kept.id === id;
    const event = parseEvent(kept);
    return !isRefusal(event) && nodeEventId(serializeEvent(event)) === id;
  } catch {
    return false;
  }
}
