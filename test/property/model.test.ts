/**
 * Machines in a store against a model that fits on a page.
 *
 * Random sequences of publishing, repeating, forking, deleting, failing and restarting; after each
 * command the store says what the model says, and at the end the whole log gives every state again.
 * At most two machines are kept in memory, so most are read back most of the time.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  event,
  snapshotEvent,
  transitionEvent,
} from '../nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from '../store/stored-machines.ts';

const CONFIG = {
  initial: 'a',
  context: { n: 0, ownerPubkey: ALICE },
  meta: {
    nsm: {
      v: 1,
      guards: { isOwner: { '==': [{ var: 'by' }, { var: 'ctx.ownerPubkey' }] } },
      actions: { add: [{ inc: ['n', 1] }] },
    },
  },
  states: {
    a: { on: { GO: { target: 'b', actions: 'add' } } },
    b: { on: { BACK: { target: 'a', actions: 'add' }, OWN: { target: 'a', guard: 'isOwner' } } },
  },
};

type Node = { readonly id: string | null; readonly value: string; readonly n: number };
type Machine = { readonly id: string; readonly chain: Node[] };

/** What there is: machines with their chains, what was accepted, notes and deletions. */
type Model = {
  readonly machines: Machine[];
  readonly accepted: NostrEvent[];
  readonly deleted: Set<string>;
  count: number;
};
type Real = StoredMachines;
type Command = fc.Command<Model, Real>;

const headOf = ({ chain }: Machine): Node => chain.at(-1) as Node;

/** What a type does to a node when somebody sends it, undefined when it is refused. */
function after({ value, n }: Node, type: string, by: string): Omit<Node, 'id'> | undefined {
  if (type === 'GO' && value === 'a') return { value: 'b', n: n + 1 };
  if (type === 'BACK' && value === 'b') return { value: 'a', n: n + 1 };
  return type === 'OWN' && value === 'b' && by === ALICE ? { value: 'a', n } : undefined;
}

/** A command as a function; `pick` chooses among what there is. */
function command(name: string, run: (model: Model, real: Real) => void): Command {
  const checked = (model: Model, real: Real) => {
    run(model, real);
    checkHeads(model, real);
  };
  return { check: () => true, run: checked, toString: () => name };
}

function checkHeads({ machines }: Model, { machines: hosted, store }: Real): void {
  for (const { id, chain } of machines) {
    const { head } = hosted.machine(id) ?? {};
    const last = chain.at(-1);
    expect([head?.id, head?.height]).toEqual([last?.id, chain.length - 1]);
    expect(head?.computed.state).toMatchObject({ value: last?.value, context: { n: last?.n } });
    const row = store.machines.find(store.events.find(id)?.n ?? 0);
    expect([row?.height, row?.state]).toEqual([chain.length - 1, head?.computed.canonical]);
  }
}

const host = (by: string): Command =>
  command(`host ${by.slice(0, 2)}`, (model, { write }) => {
    const sent = definitionEvent({ ...CONFIG, description: `${model.count++}` }, { by });
    expect(write(sent)).toBe('ok');
    model.accepted.push(sent);
    model.machines.push({ id: sent.id, chain: [{ id: null, value: 'a', n: 0 }] });
  });

type Pick = {
  readonly machine: number;
  readonly back: number;
  readonly type: string;
  readonly by: string;
};

/** A transition on the head, or on the node so many steps before it. */
const send = ({ machine: at, back, type, by }: Pick): Command =>
  command(`send ${type} to ${at} ${back} back by ${by.slice(0, 2)}`, (model, { write }) => {
    const machine = model.machines[at % (model.machines.length || 1)];
    if (machine === undefined) return;
    const prior = machine.chain.at(-1 - (back % machine.chain.length)) as Node;
    const data = { count: model.count++ };
    const sent = transitionEvent(machine.id, { type, by, on: prior.id, data });
    const said = write(sent);
    const head = headOf(machine);
    if (prior !== head) {
      const code = prior.id === null ? 'link-missing' : 'stale-head';
      expect(said).toContain(`${code}: head=${head.id} height=${machine.chain.length - 1}`);
      return;
    }
    const next = after(prior, type, by);
    expect(said).toMatch(next ? /^ok$/ : /no-transition|guard-denied/);
    if (next === undefined) return;
    machine.chain.push({ id: sent.id, ...next });
    model.accepted.push(sent);
  });

const repeat = (at: number): Command =>
  command(`repeat ${at}`, ({ accepted }, { write }) => {
    const sent = accepted[at % (accepted.length || 1)];
    if (sent) expect(write(sent)).toMatch(/^duplicate: /);
  });

/** A link to a transition of another machine. */
const cross = (at: number): Command =>
  command(`cross ${at}`, ({ machines }, { write }) => {
    const machine = machines[at % (machines.length || 1)];
    const other = machines[(at + 1) % (machines.length || 1)];
    const on = other && headOf(other).id;
    if (machine === undefined || machine === other || !on) return;
    expect(write(transitionEvent(machine.id, { type: 'GO', on }))).toContain('link-other-machine');
  });

const erase = (at: number): Command =>
  command(`erase ${at}`, ({ accepted }, { write }) => {
    const target = accepted[at % (accepted.length || 1)];
    if (target === undefined) return;
    const deletion = event(5, '', { by: target.pubkey, tags: [['e', target.id]] });
    expect(write(deletion)).toContain('append-only');
  });

/** A note that is published, deleted and published again. */
const note = (): Command =>
  command('note', (model, { write, store }) => {
    const sent = event(1, `${model.count++}`);
    expect(write(sent)).toBe('ok');
    expect(write(event(5, '', { tags: [['e', sent.id]] }))).toBe('ok');
    expect(store.events.find(sent.id)).toBeUndefined();
    expect(write(sent)).toContain('deleted');
    model.deleted.add(sent.id);
  });

const snapshot = ({ machine: at, back }: Pick): Command =>
  command(`snapshot of ${at} ${back} back`, (model, { machines, write }) => {
    const machine = model.machines[at % (model.machines.length || 1)];
    const hosted = machine && machines.machine(machine.id);
    if (machine === undefined || hosted === undefined) return;
    const { id: on, n, value } = machine.chain.at(-1 - (back % machine.chain.length)) as Node;
    const node = machines.view.node(hosted, on);
    const content = snapshotContent(node?.computed.state ?? hosted.definition.initial.state);
    expect(JSON.parse(content)).toMatchObject({ value, context: { n } });
    const by = BOB;
    expect(write(snapshotEvent(machine.id, content, { on, by, d: `${model.count++}` }))).toBe('ok');
    const wrong = snapshotEvent(machine.id, content.replace(`"n":${n}`, '"n":-1'), { on, by });
    expect(write(wrong)).toContain('snapshot-mismatch');
  });

/** A batch that fails as a whole after it has moved a head. */
const fail = (at: number): Command =>
  command(`fail ${at}`, ({ machines }, real) => {
    const machine = machines[at % (machines.length || 1)];
    if (machine === undefined) return;
    const { id: on, value } = headOf(machine);
    const type = value === 'a' ? 'GO' : 'BACK';
    real.fail(transitionEvent(machine.id, { type, on, data: { doomed: true } }));
  });

const restart = (): Command => command('restart', (_, real) => real.reopen());
const forget = (): Command => command('forget', (_, { machines }) => machines.forget());

/** Replays every machine from its log: each node has the state and height it had. */
function checkReplay({ machines: model, deleted }: Model, { machines, store }: Real): void {
  for (const { id, chain } of model) {
    const hosted = machines.machine(id);
    if (hosted === undefined) throw new Error(`machine ${id} is gone`);
    for (const [height, { id: on, value, n }] of chain.entries()) {
      const node = machines.view.node(hosted, on);
      expect(node).toMatchObject({ id: on, height });
      expect(node?.computed.state).toMatchObject({ value, context: { n } });
    }
  }
  for (const id of deleted) expect(store.events.find(id)).toBeUndefined();
}

const pick: fc.Arbitrary<Pick> = fc.record({
  machine: fc.nat({ max: 3 }),
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 5 })),
  type: fc.constantFrom('GO', 'BACK', 'GO', 'BACK', 'OWN', 'NOPE'),
  by: fc.constantFrom(ALICE, BOB),
});

const small = fc.nat({ max: 30 });
const commands = fc.commands(
  [
    fc.constantFrom(ALICE, BOB).map(host),
    ...[pick.map(send), pick.map(send), pick.map(send), pick.map(snapshot)],
    ...[small.map(repeat), small.map(cross), small.map(erase), small.map(fail)],
    ...[fc.constant(note()), fc.constant(restart()), fc.constant(forget())],
  ],
  { maxCommands: 60, size: 'max' },
);

describe('machines in a store', () => {
  it('are what the model says after any sequence of commands', () => {
    let taken = 0;
    fc.assert(
      fc.property(commands, (list) => {
        const real = storeMachines({ cachedMax: 2 });
        const model: Model = { machines: [], accepted: [], deleted: new Set(), count: 0 };
        try {
          fc.modelRun(() => ({ model, real }), list);
          checkReplay(model, real);
        } finally {
          real.remove();
        }
        taken += model.accepted.length;
      }),
      { numRuns: 30 },
    );
    expect(taken).toBeGreaterThan(30);
  });
});
