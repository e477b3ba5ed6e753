/**
 * `GET /api/v1/machines/{id}/state`: what the engine computed, at the head or at any node.
 *
 * The ETag is made of what decides the answer (revision, rule set, the node asked for), so a client
 * that has it already costs one row, and no state is computed.
 */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { StoredMachine } from '../machine-nodes.ts';
import { enabledTypes } from '../nsm/enabled.ts';
import { finalityOf } from '../nsm/forks.ts';
import { elapse } from '../nsm/time.ts';
import type { StateNode } from '../nsm/view.ts';
import type { Relay } from '../relay.ts';
import { notModified } from './etag.ts';
import { isProblem, type Problem, problem } from './problem.ts';
import { stateQuery } from './queries.ts';
import { findMachine, type NamedMachine, type Reply, readAs } from './request.ts';

type Query = z.output<typeof stateQuery>;

/** Answers with the state of the head, or of the node named by `at` or `at_time`. */
export function showState(relay: Relay, context: Context): Reply {
  const query = readAs(stateQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const known = etag(relay, found.row.revision, query);
  const unchanged = query.projected ? undefined : notModified(context, known);
  if (unchanged) return unchanged;
  const machine = loadMachine(relay, found);
  const node = nodeAsked(relay, machine, query);
  if (isProblem(node)) return node;
  const { canonical } = node.computed;
  const answer = {
    ...stateAnswer(relay, machine, node),
    ...(query.canonical ? { canonical } : {}),
    ...(query.projected
      ? { projected: project(relay, machine, { node, time: query.at_time }) }
      : {}),
  };
  // What is projected changes with the clock, so no tag can name it.
  const tag = query.projected ? {} : { ETag: etag(relay, answer.revision, query) };
  return context.json(answer, 200, { ...tag, 'Cache-Control': 'no-cache' });
}

type Moment = { readonly node: StateNode; readonly time: number | undefined };

/**
 * What the state would be if somebody sent a tick at a time, now if no other is asked for; nothing
 * of it is committed. As a tick does, it leaves some for the next when more than 32 timers are due.
 */
function project(relay: Relay, { definition, frozen }: StoredMachine, { node, time }: Moment) {
  const at = Math.max(time ?? relay.now(), node.createdAt);
  const shown = ({ computed: { state } }: Pick<StateNode, 'computed'>, isMoreDue: boolean) => {
    const status = frozen ? 'frozen' : state.status;
    return { at, status, value: state.value, context: state.context, more_due: isMoreDue };
  };
  // Nothing moves a frozen machine, so time does not either.
  if (frozen) return shown(node, false);
  const elapsed = elapse(definition, node.computed, at);
  return shown(elapsed, elapsed.isMoreDue);
}

/** The machine with its compiled definition and head. */
export function loadMachine({ machines }: Relay, { id }: NamedMachine): StoredMachine {
  const machine = machines.machine(id);
  if (!machine) throw new Error(`machine ${id} has a row and no definition`);
  return machine;
}

/** The state at a node of a machine, in the members every client knows. */
export function stateAnswer(relay: Relay, machine: StoredMachine, node: StateNode) {
  const { definition, head, frozen, isUnderstood } = machine;
  const { state, hash } = node.computed;
  const { rules } = relay.machines.view;
  // Loading a machine can freeze it, so the revision is read after that.
  const revision = relay.store.machines.find(machine.n)?.revision ?? 0;
  const isFrozen = frozen !== null && node.id === head.id;
  const enabled = isFrozen || !isUnderstood ? [] : enabledTypes(definition.machine, state);
  return {
    machine: definition.id,
    head: node.id,
    height: node.height,
    status: isFrozen ? 'frozen' : state.status,
    value: state.value,
    context: state.context,
    output: state.output ?? null,
    history: state.history,
    timers: state.timers,
    state_hash: hash,
    finality: finalityOf(placeOf(relay, node), machine),
    final_height: finalHeightOf(machine),
    revision,
    rules: { name: rules.name, hash: rules.hash },
    engine_status: state.status,
    links: machine.links,
    next: enabled.map(({ type, guarded }) => ({ type, guarded })),
  };
}

/** A machine that froze below what was endorsed is final up to where it froze. */
function finalHeightOf({ finalHeight, head, links }: StoredMachine): number | null {
  if (finalHeight === null || links === 'inferred') return null;
  return Math.min(finalHeight, head.height);
}

function placeOf({ store }: Relay, { id }: StateNode) {
  return store.transitions.place(id);
}

/** The node that a query names, the head if it names none. */
export function nodeAsked(
  relay: Relay,
  machine: StoredMachine,
  query: Pick<Query, 'at' | 'at_time'>,
): StateNode | Problem {
  const { definition, head } = machine;
  const { at, at_time: time } = query;
  if (time !== undefined) return nodeAtTime(relay, machine, time);
  if (at === undefined) return head;
  // No event stands for the initial state; the machine's own id is the closest there is.
  const id = at === definition.id ? null : at;
  const node = nodeOf(relay, machine, id);
  if (node) return node;
  if (!machine.isUnderstood && (id === null || isAccepted(relay, machine, id))) {
    return notUnderstood();
  }
  return problem('not-found', `at: this machine has no accepted transition ${at}`);
}

/** An accepted node; the initial state is not known any more when its definition was removed. */
function nodeOf(relay: Relay, machine: StoredMachine, id: string | null) {
  const isLost = id === null && machine.head.id !== null;
  if (isLost && relay.store.tombstones.isHollow(machine.n)) {
    return problem('not-found', 'the definition was removed, and with it the initial state');
  }
  return relay.machines.view.node(machine, id);
}

function nodeAtTime(relay: Relay, machine: StoredMachine, time: number): StateNode | Problem {
  const { definition, head, n } = machine;
  if (time < definition.createdAt) {
    return problem('not-found', `at_time: this machine begins at ${definition.createdAt}`);
  }
  const id = relay.store.machineLog.lastBefore(n, time, head.height);
  const node = nodeOf(relay, machine, id ?? null);
  if (node) return node;
  if (!machine.isUnderstood) return notUnderstood();
  throw new Error(`machine ${definition.id} has lost the node ${id}`);
}

function isAccepted({ machines }: Relay, { definition }: StoredMachine, id: string): boolean {
  const known = machines.view.transition(id);
  return known?.standing === 'accepted' && known.machine === definition.id;
}

function notUnderstood(): Problem {
  const says = 'no state is on record there, and under the rules of today none can be computed';
  return problem('machine-frozen', says);
}

function etag(relay: Relay, revision: number, { at, at_time, canonical }: Query): string {
  const variant = [at, at_time === undefined ? undefined : `t${at_time}`, canonical && 'canonical'];
  const { hash } = relay.machines.view.rules;
  return `"${[revision, hash.slice(0, 16), ...variant].filter(Boolean).join('-')}"`;
}
