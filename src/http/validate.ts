/**
 * `POST /api/v1/validate`: what this relay would say to an event, without saying it for good.
 *
 * The same checks in the same order as for an event from a socket, up to the write, which is left
 * out. A dry run asks what an event is worth, not who sends it: its author counts as authenticated,
 * and one without `sig` as signed. A stranger's definition is compiled here only after its trial.
 */
import type { Context } from 'hono';
import { DUPLICATE, knownEvent } from '../known.ts';
import { type NostrEvent, parseEvent, serializeEvent } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import { explanationOf, nodeOf } from '../nsm/explain.ts';
import { judge } from '../nsm/judge.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { parseMachineRef } from '../nsm/transition.ts';
import type { StateNode } from '../nsm/view.ts';
import { localRules, objection } from '../objection.ts';
import { createAdmission } from '../policy/admit.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Relay } from '../relay.ts';
import { nodeEventId } from '../verify/event-id.ts';
import { isProblem, problem } from './problem.ts';
import { validateBody } from './queries.ts';
import { type Answer, readAs } from './request.ts';

/** How many dry runs wait for a signature check or a trial at a time; a further one gets 429. */
export const PENDING_MAX = 16;
const NO_ID = '0'.repeat(64);
const NO_SIGNATURE = '0'.repeat(128);
const MACHINE_KINDS: readonly number[] = [DEFINITION_KIND, TRANSITION_KIND, SNAPSHOT_KIND];

/** An event to try; `isSigned` is false when it came without `sig`. */
type Draft = { readonly event: NostrEvent; readonly isSigned: boolean };

/** What a dry run came to: refused, stored already, or accepted with the state it leads to. */
type Outcome = Refusal | 'known' | { readonly node: StateNode | null };

/** The answer to dry runs, at most 16 of which wait at a time. */
export function validator(): Answer {
  let pending = 0;
  return async (relay, context) => {
    if (pending >= PENDING_MAX) {
      const headers = { 'Retry-After': '1' };
      return problem('rate-limited', 'too many dry runs are waiting', { headers });
    }
    pending++;
    try {
      const body = readAs(validateBody, await readJson(context));
      if (isProblem(body)) return body;
      const draft = readDraft(body.event);
      const outcome = isRefusal(draft) ? draft : await tryEvent(relay, draft);
      const about = isRefusal(draft) ? null : machineOf(draft.event);
      return context.json({ ...outcomeAnswer(outcome), ...placeOf(relay, about, outcome) });
    } finally {
      pending--;
    }
  };
}

/** The body as JSON, undefined when it is not. */
async function readJson({ req }: Context): Promise<unknown> {
  try {
    return await req.json();
  } catch {
    return undefined;
  }
}

/** An unsigned event needs no id; the one it is given must be right all the same. */
function readDraft(value: Readonly<Record<string, unknown>>): Draft | Refusal {
  const isSigned = value['sig'] !== undefined;
  if (isSigned) {
    const event = parseEvent(value);
    return isRefusal(event) ? event : { event, isSigned };
  }
  const event = parseEvent({ id: NO_ID, ...value, sig: NO_SIGNATURE });
  if (isRefusal(event)) return event;
  const isNamed = value['id'] !== undefined;
  const id = isNamed ? event.id : nodeEventId(serializeEvent(event));
  return { event: { ...event, id }, isSigned };
}

async function tryEvent(relay: Relay, { event, isSigned }: Draft): Promise<Outcome> {
  const { store, config, keeper, machines, quotas, now } = relay;
  const refusal = admit(relay, event);
  if (refusal) return refusal;
  if (nodeEventId(serializeEvent(event)) !== event.id) return refuse('bad-id');
  const known = knownEvent(store, event);
  if (known === 'stored') return 'known';
  if (known && known !== 'hollow') return known;
  if (isSigned && !(await isGenuine(relay, event))) return refuse('bad-signature');
  if (event.kind === DEFINITION_KIND) {
    const failed = await tryDefinition(relay, event);
    if (failed) return failed;
  }
  const verdict = judge(event, machines.view);
  if (verdict.verdict === 'refused') return verdict.refusal;
  const vanishUrl = () => relay.publicUrl;
  const rules = localRules(config, keeper.pubkey, { quotas, vanishUrl });
  return objection(store, rules, { event, verdict, now: now() }) ?? { node: nodeOf(verdict) };
}

function admit({ config, keeper, now, access }: Relay, event: NostrEvent): Refusal | undefined {
  const bytes = Buffer.byteLength(`["EVENT",${eventJson(event)}]`);
  const authenticated = new Set([event.pubkey]);
  return createAdmission(
    config,
    keeper.pubkey,
    access.rules,
  )(event, { bytes, now: now(), authenticated });
}

function isGenuine({ pool }: Relay, { id, pubkey, sig }: NostrEvent): Promise<boolean> {
  return new Promise((resolve) => pool.verify(id, pubkey, sig, resolve));
}

function tryDefinition({ trial }: Relay, event: NostrEvent): Promise<Refusal | undefined> {
  return new Promise((resolve) => trial.run(event, resolve));
}

function outcomeAnswer(outcome: Outcome) {
  if (outcome !== 'known') return explanationOf(isRefusal(outcome) ? outcome : outcome.node);
  return { ...explanationOf(null), verdict: 'known', message: DUPLICATE };
}

/** The machine an event is about: the one it defines or names. */
function machineOf(event: NostrEvent): string | null {
  if (!MACHINE_KINDS.includes(event.kind)) return null;
  return event.kind === DEFINITION_KIND ? event.id : (parseMachineRef(event) ?? null);
}

/** Where that machine stands now: what a transition has to be signed on top of. */
function placeOf({ machines, access }: Relay, id: string | null, outcome: Outcome) {
  const isShown = id !== null && !access.rules().isHidden(id);
  const head = isShown ? machines.machine(id)?.head : undefined;
  // An accepted definition has no place yet, and would begin at its initial state.
  const start = typeof outcome === 'object' && 'node' in outcome ? outcome.node : null;
  return { head: head?.id ?? null, height: (head ?? start)?.height ?? null };
}
