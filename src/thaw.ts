/**
 * What an operator decides about a machine that stands still since the rule set changed
 * (PROTOCOL §3.6).
 *
 * Lifting the freeze needs a log that comes to the same hashes as ever. Adopting takes what the log
 * comes to today: states are computed anew, and from the first transition that is refused now the
 * chain is set aside, kept but not canonical. What a custodian has endorsed is final, so nothing
 * that changes it can be adopted. No event is written or removed.
 */
import { type LogReplay, pathTo, type ReplayedNode, replayLog } from './log-replay.ts';
import { STATE_EVERY } from './machine-nodes.ts';
import { canonicalJson } from './nsm/canonical.ts';
import { parseDefinition } from './nsm/definition.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import { nextDue } from './nsm/time.ts';
import type { Frozen, StateNode } from './nsm/view.ts';
import { isRefusal } from './refusal.ts';
import type { MachineRow } from './store/machine-rows.ts';
import type { Store } from './store/store.ts';
import type { TransitionRow } from './store/transition-rows.ts';

/** Where a machine stands. */
export type Standing = { readonly head: string | null; readonly height: number };

/** What became of one machine. */
export type Decided = {
  readonly machine: string;
  /** `lifted`: it goes on as it was; `adopted`: it goes on by today's rules; `kept`: frozen. */
  readonly outcome: 'lifted' | 'adopted' | 'kept';
  /** Why it is kept, or what differs; empty when it was lifted. */
  readonly says: string;
  readonly before: Standing;
  readonly after: Standing;
  /** Transitions that are not canonical any more. */
  readonly setAside: readonly string[];
};

const ENDORSEMENTS_MAX = 100_000;

/** Decides about one machine, inside a transaction. */
export function thaw(
  store: Store,
  rules: RuleSet,
  { row, adopts }: { readonly row: MachineRow; readonly adopts: boolean },
): Decided {
  const event = store.events.read(row.event);
  if (event === undefined) throw new Error(`machine ${row.event} has a row and no definition`);
  const before = { head: idOf(store, row.head), height: row.height };
  const kept = (says: string): Decided => ({
    ...{ machine: event.id, outcome: 'kept', says, before, after: before, setAside: [] },
  });
  const frozen = row.frozen === null ? null : (JSON.parse(row.frozen) as Frozen);
  if (frozen?.cause !== 'rules' && frozen?.cause !== 'operator') {
    return kept(frozen === null ? 'it is not frozen' : `${frozen.cause} is for ever`);
  }
  const definition = parseDefinition(event, rules);
  if (isRefusal(definition)) return kept(`its definition is refused now: ${definition.code}`);

  const replay = replayLog(store, row.event, definition);
  const chain = canonicalRows(store, row);
  const difference = firstDifference(store, replay, { row, chain });
  if (difference === undefined) {
    goOn(store, rules, row);
    return { ...kept(''), outcome: 'lifted' };
  }
  if (!adopts) return kept(difference);
  const endorsed = changedEndorsement(store, replay, row);
  if (endorsed !== undefined) return kept(`its custodian endorsed ${endorsed}, which would change`);
  const head = chain.findLast(({ event: n }) => replay.nodes.has(n));
  const node = (head && replay.nodes.get(head.event)) ?? replay.initial;
  const setAside = adopt(store, replay, { row, chain, node, n: head?.event ?? null });
  goOn(store, rules, row);
  const after = { head: node.id, height: node.height };
  return { ...kept(difference), outcome: 'adopted', after, setAside };
}

function goOn(store: Store, { hash }: RuleSet, { event }: MachineRow): void {
  store.machines.setRules(event, hash);
  store.machines.freeze(event, null);
}

const idOf = (store: Store, n: number | null): string | null =>
  n === null ? null : (store.events.read(n)?.id ?? null);

/** The canonical chain as it is stored, from the first transition to the head. */
function canonicalRows(store: Store, { event }: MachineRow): readonly TransitionRow[] {
  const rows = store.derivedRows.transitionsOf(event).filter(({ canonical }) => canonical === 1);
  return rows.sort((a, b) => a.height - b.height);
}

type Stored = { readonly row: MachineRow; readonly chain: readonly TransitionRow[] };

function firstDifference(
  store: Store,
  { nodes, broken, initial }: LogReplay,
  { row, chain }: Stored,
): string | undefined {
  if (row.head === null && row.state !== initial.computed.canonical) {
    return 'its initial state is another';
  }
  for (const { event, height, state_hash } of chain) {
    const id = idOf(store, event);
    const node = nodes.get(event);
    const code = broken.find((one) => one.id === id)?.code ?? 'unreached';
    if (node === undefined) return `height ${height}, ${id}: refused now, ${code}`;
    if (node.computed.hash === state_hash.toString('hex')) continue;
    return `height ${height}, ${id}: comes to another state`;
  }
  return undefined;
}

/** The id of an endorsed head that would be gone or have another state. */
function changedEndorsement(
  store: Store,
  { nodes }: LogReplay,
  { event }: MachineRow,
): string | undefined {
  const endorsed = store.machineLog.endorsements(event, ENDORSEMENTS_MAX);
  for (const { head } of endorsed) {
    if (head === null) continue;
    const id = head.toString('hex');
    const n = store.events.find(id)?.n ?? 0;
    for (const { event: at, state_hash } of ancestry(store, n)) {
      if (nodes.get(at)?.computed.hash !== state_hash.toString('hex')) return id;
    }
  }
  return undefined;
}

function* ancestry(store: Store, n: number): Generator<TransitionRow> {
  for (let at: number | null = n; at !== null; ) {
    const row = store.transitions.find(at);
    if (row === undefined) return;
    yield row;
    at = row.prior;
  }
}

type Adopted = Stored & { readonly node: StateNode; readonly n: number | null };

/** Writes what the log comes to; returns the ids of what is set aside. */
function adopt(
  store: Store,
  { nodes }: LogReplay,
  { row, chain, node, n }: Adopted,
): readonly string[] {
  const stays = new Set(pathTo(nodes, n).map((one) => one.n));
  for (const one of nodes.values()) {
    const stored = store.transitions.find(one.n);
    if (stored) store.derivedRows.putTransition(asOfToday(stored, one, stays.has(one.n)));
  }
  const aside = chain.filter(({ event }) => !stays.has(event));
  for (const stored of aside) store.derivedRows.putTransition({ ...stored, canonical: 0 });
  const { state, canonical } = node.computed;
  store.derivedRows.setHead(row.event, {
    ...{ head: n, height: node.height, head_time: node.createdAt, status: state.status },
    ...{ value: canonicalJson(state.value), state: canonical },
    next_due: nextDue(node.computed) ?? null,
  });
  return aside.map(({ event }) => idOf(store, event) ?? '');
}

function asOfToday(stored: TransitionRow, node: ReplayedNode, stays: boolean): TransitionRow {
  const { state, canonical, hash } = node.computed;
  const isStored = stored.state !== null || node.height % STATE_EVERY === 0;
  return {
    ...stored,
    ...{ canonical: stays ? 1 : 0, status: state.status, value: canonicalJson(state.value) },
    ...{ state_hash: Buffer.from(hash, 'hex'), state: isStored ? canonical : null },
  };
}
