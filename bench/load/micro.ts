/**
 * Microbenchmarks of the pure parts: what one call costs, in microseconds of CPU time.
 */
import { computeState } from '../../src/nsm/canonical.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { step } from '../../src/nsm/engine.ts';
import { judge } from '../../src/nsm/judge.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { HostedMachine, MachineView, StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { type ProfileName, poolOf } from './pool.ts';
import type { Chain } from './profiles.ts';
import { circumstances, medians, tableOf, write } from './report.ts';
import type { Figures } from './scenarios.ts';

/** A call that can be repeated. */
type Call = () => unknown;

const SECONDS = 0.5;

/** Measures each so many times and writes the medians. */
export async function measureMicro(runs: number): Promise<void> {
  const profiles: readonly ProfileName[] = ['parcel', 'bet', 'vote'];
  const columns = profiles.map((profile) => {
    const calls = callsOf(poolOf(profile, 'micro', 1)[0] ?? []);
    const rows = new Map(
      Object.entries(calls).map(([name, call]) => {
        const all: Figures[] = Array.from({ length: runs }, () => ({ µs: costOf(call) }));
        return [name, medians(all)] as const;
      }),
    );
    return { name: profile, rows };
  });
  const table = tableOf(columns);
  console.log(table);
  write('micro', `${circumstances('npm run bench -- --micro', runs)}\n\n${table}`);
}

function costOf(call: Call): number {
  for (let i = 0; i < 100; i++) call();
  const before = process.cpuUsage();
  const until = performance.now() + SECONDS * 1_000;
  let count = 0;
  for (; performance.now() < until; count += 20) for (let i = 0; i < 20; i++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** The transition in the middle of a chain, judged and taken again and again. */
function callsOf(chain: Chain): Readonly<Record<string, Call>> {
  const [opening, ...rest] = chain;
  const transitions = rest.filter(({ kind }) => kind === 7_501);
  if (opening === undefined) throw new Error('a chain without a definition');
  const definition = parseDefinition(opening, BUNDLED_RULES);
  if (isRefusal(definition)) throw new Error(definition.code);
  const middle = Math.floor(transitions.length / 2);
  const head = headAfter(definition, transitions.slice(0, middle));
  const event = transitions[middle] ?? opening;
  const transition = parseTransition(event);
  if (isRefusal(transition)) throw new Error(transition.code);
  const view = viewOn({ definition, head, forks: 'head-only', frozen: null, finalHeight: null });
  const origin = { id: definition.id, pubkey: definition.pubkey, created_at: 0 };
  const { author: by, createdAt, type, payload: data, id } = transition;
  return {
    'definition: parse, lint, compile, start': () => parseDefinition(opening, BUNDLED_RULES),
    'transition: judge': () => judge(event, view),
    'engine and rules: step': () =>
      step(definition.machine, head.computed, { by, at: createdAt, type, data, id, def: origin }),
    'canonical state: text and hash': () => computeState(head.computed.state).hash,
  };
}

function headAfter(definition: Definition, transitions: Chain): StateNode {
  let head: StateNode = {
    ...{ id: null, height: 0, createdAt: definition.createdAt },
    computed: definition.initial,
  };
  for (const event of transitions) {
    const verdict = judge(
      event,
      viewOn({ definition, head, forks: 'head-only', frozen: null, finalHeight: null }),
    );
    if (verdict.verdict !== 'transition') throw new Error(`${event.id} is not legal`);
    head = verdict.node;
  }
  return head;
}

/** A past with one machine in it. */
function viewOn(machine: HostedMachine): MachineView {
  return {
    rules: BUNDLED_RULES,
    infersLinks: false,
    machine: (id) => (id === machine.definition.id ? machine : undefined),
    transition: () => undefined,
    node: () => machine.head,
    evidence: () => undefined,
    canBranch: () => false,
    kindOf: () => undefined,
    boundMachine: () => undefined,
  };
}
