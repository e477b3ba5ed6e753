/**
 * Checks offline that a custodian endorsed two branches of one machine (PROTOCOL §7).
 *
 * Two signed snapshots of heads neither of which descends from the other are a proof for anybody:
 * no engine is needed, only signatures and links. Whether the states they claim are right plays no
 * part. Pure.
 */
import { eventId, type NostrEvent } from '../nostr/event.ts';
import { parseCustodian } from './definition-tags.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from './kinds.ts';
import { parseLink, parseMachineRef } from './transition.ts';

/** A proved equivocation: by whom, and the node both branches have in common. */
export type Equivocation = { readonly custodian: string; readonly at: string | null };

/** What is wrong with events that should prove an equivocation, and the id of the culprit. */
export type ProofProblem = { readonly problem: string; readonly event: string | null };

type Proof = {
  readonly definition: NostrEvent;
  /** Both snapshots, and the transitions from each of their heads down to where they part. */
  readonly events: readonly NostrEvent[];
  /** True when an event's `sig` is its author's signature of its id. */
  readonly isSigned: (event: NostrEvent) => boolean;
};

/** The equivocation that events prove, or the first reason why they do not. */
export function checkEquivocation({
  definition,
  events,
  isSigned,
}: Proof): Equivocation | ProofProblem {
  for (const event of [definition, ...events]) {
    if (eventId(event) !== event.id) return problem('the id is not the hash of the event', event);
    if (!isSigned(event)) return problem('the signature does not verify', event);
  }
  const custodian = parseCustodian(definition);
  if (definition.kind !== DEFINITION_KIND || custodian === null || 'code' in custodian)
    return problem('the definition names no custodian', definition);
  const stray = events.find((event) => parseMachineRef(event) !== definition.id);
  if (stray) return problem('the event is about another machine', stray);
  const snapshots = events.filter(({ kind }) => kind === SNAPSHOT_KIND);
  const foreign = snapshots.find(({ pubkey }) => pubkey !== custodian.pubkey);
  if (foreign) return problem('the snapshot is not by the custodian', foreign);
  const [one, other, ...more] = snapshots;
  if (!one || !other || more.length > 0) return problem('there are not two snapshots');
  const links = new Map<string, string | null | undefined>();
  for (const event of events) {
    if (event.kind === TRANSITION_KIND) links.set(event.id, parseLink(event));
  }
  return parting(custodian.pubkey, pathDown(one, links), pathDown(other, links));
}

/** Where two paths, each from its head down, part. */
function parting(
  custodian: string,
  one: readonly (string | null)[],
  other: readonly (string | null)[],
): Equivocation | ProofProblem {
  const at = one.find((id) => other.includes(id));
  if (at === undefined) return problem('the links do not lead to a common transition');
  if (at === one[0] || at === other[0]) return problem('one head descends from the other');
  return { custodian, at };
}

/** The head of a snapshot and what is below it, as far as there are links. */
function pathDown(
  snapshot: NostrEvent,
  links: ReadonlyMap<string, string | null | undefined>,
): readonly (string | null)[] {
  const path: (string | null)[] = [];
  for (let id = parseLink(snapshot); id !== undefined; id = id === null ? undefined : links.get(id))
    path.push(id);
  return path;
}

function problem(says: string, event?: NostrEvent): ProofProblem {
  return { problem: says, event: event?.id ?? null };
}
