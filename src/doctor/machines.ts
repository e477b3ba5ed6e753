/**
 * Machines against a replay of their log: every row of a transition, and the head.
 *
 * Which branch is canonical was decided when its events came, so the rows are asked for that; what
 * the branch comes to is computed again. A machine that was judged by another rule set is not
 * wrong when its log comes to something else today: that is for `revalidate` to tell, and for the
 * operator to decide.
 */
import { type LogReplay, pathTo, type ReplayedNode, replayLog } from '../log-replay.ts';
import { STATE_EVERY } from '../machine-nodes.ts';
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { canonicalJson } from '../nsm/canonical.ts';
import { type Definition, parseDefinition } from '../nsm/definition.ts';
import { DEFINITION_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import type { RuleSet } from '../nsm/rule-set.ts';
import { nextDue } from '../nsm/time.ts';
import { parseMachineRef } from '../nsm/transition.ts';
import type { StateNode } from '../nsm/view.ts';
import { isRefusal } from '../refusal.ts';
import type { HeadColumns } from '../store/derived.ts';
import type { MachineRow } from '../store/machine-rows.ts';
import type { Store } from '../store/store.ts';
import type { TransitionRow } from '../store/transition-rows.ts';
import type { Finding } from './finding.ts';

/** Everything about machines that does not follow from their logs; `onEvent` is called for each. */
export function* examineMachines(
  store: Store,
  rules: RuleSet,
  onEvent: () => void,
): Generator<Finding> {
  for (const { event, n } of store.derivedRows.logged()) {
    onEvent();
    if (store.tombstones.isHollow(n)) continue;
    if (event.kind === TRANSITION_KIND) yield* examinePlace(store, event);
    if (event.kind === DEFINITION_KIND) yield* examineMachine(store, rules, { event, n });
  }
}

/** A transition belongs to a stored machine. */
function* examinePlace(store: Store, event: NostrEvent): Generator<Finding> {
  const machine = store.events.find(parseMachineRef(event) ?? '');
  if (machine?.kind === DEFINITION_KIND) return;
  yield { where: 'event', says: `${event.id}: a transition of no stored machine` };
}

type Home = { readonly event: NostrEvent; readonly n: number };

function* examineMachine(store: Store, rules: RuleSet, home: Home): Generator<Finding> {
  const { event, n } = home;
  const about = (says: string) => ({ where: 'machine', says: `${event.id}: ${says}` });
  const definition = parseDefinition(event, rules);
  const row = store.machines.find(n);
  const isToday = row === undefined || (row.rules === rules.hash && row.frozen === null);
  if (isRefusal(definition)) {
    const says = `its definition is refused by the rules of today: ${definition.code}`;
    yield { ...about(says), isNote: !isToday };
    return;
  }
  if (row === undefined) {
    const repair = () => insertMachine(store, rules, { ...home, definition });
    yield { ...about('has no row'), repair };
  }
  const present = store.machines.find(n);
  if (present === undefined) return;
  const title = tagValues(event, 'title')[0] ?? null;
  if (present.title !== title) {
    yield { ...about('its title differs'), repair: () => store.derivedRows.setTitle(n, title) };
  }
  const replay = replayLog(store, n, definition);
  const findings = [...examineLog(store, present, { definition, replay })];
  if (isToday || findings.length === 0) yield* findings;
  else yield { ...about('stands by other rules: see `headkeeper revalidate`'), isNote: true };
}

function insertMachine(
  store: Store,
  rules: RuleSet,
  { event, n, definition }: Home & { readonly definition: Definition },
): void {
  const { initial, createdAt } = definition;
  store.machines.insert({
    ...{ event: n, createdAt, now: createdAt, forks: definition.forks ?? 'head-only' },
    ...{ rules: rules.hash, title: tagValues(event, 'title')[0] ?? null },
    ...{ status: initial.state.status, value: canonicalJson(initial.state.value) },
    ...{ state: initial.canonical, next_due: nextDue(initial) ?? null },
  });
}

type Replayed = { readonly definition: Definition; readonly replay: LogReplay };

function* examineLog(
  store: Store,
  machine: MachineRow,
  { definition, replay }: Replayed,
): Generator<Finding> {
  const rows = store.derivedRows.transitionsOf(machine.event);
  const byEvent = new Map(rows.map((row) => [row.event, row]));
  // Off the chain it may have been set aside when the operator adopted other rules.
  const isAside = (id: string) => byEvent.get(store.events.find(id)?.n ?? 0)?.canonical === 0;
  for (const { id, code } of replay.broken) {
    const says = `${id}: accepted, and refused by a replay: ${code}`;
    yield { where: 'event', says, isNote: isAside(id) };
  }
  for (const id of replay.unreached) {
    const says = `${id}: what it builds on is missing or broken`;
    yield { where: 'event', says, isNote: isAside(id) };
  }
  const head = headOf(machine, rows, replay);
  const path = new Set(pathTo(replay.nodes, head).map(({ n }) => n));
  for (const node of replay.nodes.values()) {
    const expected = rowOf(node, { machine: machine.event, isCanonical: path.has(node.n) });
    const stored = byEvent.get(node.n);
    const wrong = differences(stored, expected, node.computed.canonical);
    if (wrong.length === 0) continue;
    const first_seen = stored?.first_seen ?? node.createdAt;
    const state = stored?.state ? node.computed.canonical : expected.state;
    const repair = () => store.derivedRows.putTransition({ ...expected, first_seen, state });
    yield { where: 'transition', says: `${node.id}: ${wrong.join(', ')}`, repair };
  }
  const node = (head === null ? undefined : replay.nodes.get(head)) ?? replay.initial;
  yield* examineHead(store, machine, { n: head, node });
  yield* examineParticipants(store, machine, [
    ...definition.participants,
    ...pathTo(replay.nodes, head).flatMap(({ author }) => author ?? []),
  ]);
}

/**
 * Where the head is. Head and canonical rows are written together; where they disagree, a whole
 * canonical path is believed first, then the head, then the longest branch.
 */
function headOf(
  { head }: MachineRow,
  rows: readonly TransitionRow[],
  { nodes }: LogReplay,
): number | null {
  const marked = rows.filter((row) => row.canonical === 1 && nodes.has(row.event));
  const top = marked.reduce<ReplayedNode | undefined>((highest, { event }) => {
    const node = nodes.get(event);
    return node && node.height > (highest?.height ?? 0) ? node : highest;
  }, undefined);
  const isMarked = new Set(marked.map(({ event }) => event));
  const isWhole = top?.height === marked.length && marked.length > 0;
  if (top && isWhole && pathTo(nodes, top.n).every(({ n }) => isMarked.has(n))) return top.n;
  if (head === null ? marked.length === 0 && nodes.size === 0 : nodes.has(head)) return head;
  const byHeight = [...nodes.values()].sort(
    (a, b) => b.height - a.height || (a.id < b.id ? -1 : 1),
  );
  return byHeight[0]?.n ?? null;
}

type Placing = { readonly machine: number; readonly isCanonical: boolean };

function rowOf(node: ReplayedNode, { machine, isCanonical }: Placing): TransitionRow {
  const { n: event, priorN: prior, height, type, computed, createdAt: first_seen } = node;
  const { status, value } = computed.state;
  return {
    ...{ event, machine, prior, height, canonical: isCanonical ? 1 : 0, type, first_seen, status },
    value: canonicalJson(value),
    state_hash: Buffer.from(computed.hash, 'hex'),
    state: height % STATE_EVERY === 0 ? computed.canonical : null,
  };
}

const COMPARED = ['machine', 'prior', 'height', 'canonical', 'type', 'status', 'value'] as const;

/** Names of the columns that are not as they follow. A state may be stored at any height. */
function differences(
  row: TransitionRow | undefined,
  expected: TransitionRow,
  canonical: string,
): readonly string[] {
  if (row === undefined) return ['has no row'];
  const wrong: string[] = COMPARED.filter((column) => row[column] !== expected[column]);
  const isHashed = expected.state_hash.equals(row.state_hash);
  const isStored = row.state === null ? expected.state === null : row.state === canonical;
  return [...wrong, ...(isHashed ? [] : ['state_hash']), ...(isStored ? [] : ['state'])];
}

function* examineHead(
  { derivedRows }: Store,
  machine: MachineRow,
  { n, node }: { readonly n: number | null; readonly node: StateNode },
): Generator<Finding> {
  const expected: HeadColumns = {
    ...{ head: n, height: node.height, head_time: node.createdAt },
    ...{ status: node.computed.state.status, value: canonicalJson(node.computed.state.value) },
    ...{ state: node.computed.canonical, next_due: nextDue(node.computed) ?? null },
  };
  const columns = Object.keys(expected) as (keyof HeadColumns)[];
  const wrong = columns.filter((column) => machine[column] !== expected[column]);
  if (wrong.length === 0) return;
  const says = `machine at ${node.id ?? 'its initial state'}: ${wrong.join(', ')}`;
  yield { where: 'machine', says, repair: () => derivedRows.setHead(machine.event, expected) };
}

function* examineParticipants(
  { derivedRows, events, machines }: Store,
  { event }: MachineRow,
  pubkeys: readonly string[],
): Generator<Finding> {
  const listed = derivedRows.participantsOf(event);
  for (const pubkey of new Set(pubkeys)) {
    const author = events.authors.find(pubkey);
    if (author !== undefined && listed.has(author)) continue;
    const repair = () => machines.addParticipant(event, pubkey);
    yield { where: 'participant', says: `${pubkey}: takes part and is not listed`, repair };
  }
}
