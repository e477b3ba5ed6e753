/**
 * Judges the stored log of a machine again, by the rules of today.
 *
 * The log is read and nothing else: what was accepted is judged on top of what it was accepted on,
 * by the function that judges what arrives. A difference says that the rule set means something
 * else than it did (or that the file was changed); what to do about it is the operator's business.
 */
import { readState } from './nsm/canonical.ts';
import { type Definition, parseDefinition } from './nsm/definition.ts';
import { judge } from './nsm/judge.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import type { HostedMachine, MachineView, StateNode } from './nsm/view.ts';
import { isRefusal } from './refusal.ts';
import { isHollow, rowToEvent } from './store/events.ts';
import type { ChainRow } from './store/machine-log.ts';
import type { MachineRow } from './store/machine-rows.ts';
import type { Store } from './store/store.ts';

/** A node whose state or verdict is another now. */
export type Difference = {
  readonly height: number;
  /** The transition's id, null for the definition and the initial state. */
  readonly transition: string | null;
  /** The stored state hash; `hosted` for a definition that is refused now. */
  readonly was: string;
  /** The state hash, or the code of the refusal, that it comes to now. */
  readonly is: string;
};

/** What the log of a machine comes to under a rule set. */
export type Revalidation = {
  readonly machine: string;
  /** Transitions that were judged. */
  readonly judged: number;
  /** Transitions that were not: what they build on differs, or their body was removed. */
  readonly skipped: number;
  readonly differences: readonly Difference[];
};

const PAGE = 500;

/** Judges the log of a stored machine again. Nothing is written. */
export function revalidateMachine(store: Store, row: MachineRow, rules: RuleSet): Revalidation {
  const event = store.events.read(row.event);
  if (event === undefined) throw new Error(`machine ${row.event} has a row and no definition`);
  // Of what was removed nothing can be judged; see store/tombstones.ts.
  if (event.sig === '') {
    const skipped = store.machineLog.countTransitions(row.event);
    return { machine: event.id, judged: 0, skipped, differences: [] };
  }
  const definition = parseDefinition(event, rules);
  if (isRefusal(definition)) {
    const difference = { height: 0, transition: null, was: 'hosted', is: definition.code };
    const skipped = store.machineLog.countTransitions(row.event);
    return { machine: event.id, judged: 0, skipped, differences: [difference] };
  }
  const found = judgeChain({ store, definition, rules }, rows(store, row.event));
  const differences = [...initialDifference(definition, row), ...found.differences];
  return { machine: event.id, ...found, differences };
}

/** The hash of the initial state is stored only as long as the machine has not moved. */
function initialDifference({ initial }: Definition, { head, state }: MachineRow): Difference[] {
  if (head !== null || initial.canonical === state) return [];
  return [{ height: 0, transition: null, was: readState(state).hash, is: initial.hash }];
}

/** Every accepted transition of a machine, all branches, by height. */
function* rows({ machineLog }: Store, machine: number): Generator<ChainRow> {
  let after: readonly [number, number] = [0, 0];
  for (;;) {
    const page = machineLog.chain(machine, { branch: 'all', after, limit: PAGE });
    yield* page.rows;
    const last = page.rows.at(-1);
    if (last === undefined || !page.hasMore) return;
    after = [last.height, last.n];
  }
}

type Judged = Omit<Revalidation, 'machine'>;

type Court = {
  readonly store: Store;
  readonly definition: Definition;
  readonly rules: RuleSet;
};

/** What a hollow transition led to, as stored. */
function hollowNode(store: Store, row: ChainRow): StateNode | undefined {
  const state = store.transitions.find(row.n)?.state ?? null;
  const { height, created_at: createdAt } = row;
  if (state === null) return undefined;
  return { id: row.id, height, createdAt, computed: readState(state) };
}

function judgeChain({ store, definition, rules }: Court, chain: Iterable<ChainRow>): Judged {
  const { createdAt, initial: computed } = definition;
  const differences: Difference[] = [];
  let [judged, skipped, height] = [0, 0, 0];
  // Nodes of the height before and of the present one; whatever is lower is not built on again.
  let below = new Map<string | null, StateNode>();
  let nodes = new Map<string | null, StateNode>([
    [null, { id: null, height, createdAt, computed }],
  ]);
  for (const row of chain) {
    if (row.height > height) [below, nodes, height] = [nodes, new Map(), row.height];
    const prior = below.get(row.prior?.toString('hex') ?? null);
    if (prior === undefined) {
      skipped += 1;
      continue;
    }
    if (isHollow(row)) {
      skipped += 1;
      const node = hollowNode(store, row);
      if (node) nodes.set(node.id, node);
      continue;
    }
    judged += 1;
    const verdict = judge(rowToEvent(row), viewAt({ definition, prior, rules }));
    const node = verdict.verdict === 'transition' ? verdict.node : undefined;
    const is = verdict.verdict === 'refused' ? verdict.refusal.code : (node?.computed.hash ?? '');
    const was = row.state_hash.toString('hex');
    if (is !== was) differences.push({ height, transition: row.id, was, is });
    else if (node !== undefined) nodes.set(node.id, node);
  }
  return { judged, skipped, differences };
}

/** The past as it was when a transition was accepted: its prior is the head. */
function viewAt({
  definition,
  prior: head,
  rules,
}: {
  readonly definition: Definition;
  readonly prior: StateNode;
  readonly rules: RuleSet;
}): MachineView {
  const standing = { forks: 'head-only', frozen: null, finalHeight: null } as const;
  const machine: HostedMachine = { definition, head, ...standing };
  const unknown = () => undefined;
  return {
    rules,
    // What was accepted without a link was accepted as built on the head.
    infersLinks: true,
    machine: () => machine,
    ...{ transition: unknown, node: unknown, kindOf: unknown, boundMachine: unknown },
    ...{ evidence: unknown, canBranch: () => true },
  };
}
