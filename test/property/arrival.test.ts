/**
 * The order in which the events of a machine arrive does not matter to where it ends, as long as
 * nobody forks: the pool sees to that, with the real judge and a real store.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import type { Lane } from '../../src/intake.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { createPending, poolLimits } from '../../src/pending.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  definitionOf,
  START,
  snapshotEvent,
  transitionEvent,
} from '../nsm/machine-events.ts';
import { move, startOf } from '../nsm/play.ts';
import { type StoredMachines, storeMachines } from '../store/stored-machines.ts';

const CONFIG = {
  initial: 'open',
  context: { list: [], ownerPubkey: ALICE },
  meta: {
    nsm: {
      v: 1,
      guards: { isOwner: { '==': [{ var: 'by' }, { var: 'ctx.ownerPubkey' }] } },
      actions: { add: [{ push: ['list', { var: 'data.n' }] }] },
    },
  },
  states: {
    open: { on: { ADD: { actions: 'add' }, SHUT: { target: 'shut', guard: 'isOwner' } } },
    shut: { on: { OPEN: 'open' } },
  },
};
const CUSTODIAN = [['state', `30078:${ALICE}:mine`]];

/** A chain of moves, what is refused beside it, and the custodian's word on some of its nodes. */
type Plan = {
  readonly description: string;
  readonly moves: readonly { readonly type: string; readonly isDenied: boolean; by: string }[];
  readonly endorsed: readonly number[];
};

const plan: fc.Arbitrary<Plan> = fc.record({
  description: fc.string({ maxLength: 8 }),
  moves: fc.array(
    fc.record({
      type: fc.constantFrom('ADD', 'ADD', 'TURN'),
      isDenied: fc.boolean(),
      by: fc.constantFrom(ALICE, BOB),
    }),
    { minLength: 4, maxLength: 30, size: 'max' },
  ),
  endorsed: fc.array(fc.nat(40), { maxLength: 4 }),
});

/** The events of a plan in their causal order, and how long the chain is. */
function eventsOf({ description, moves, endorsed }: Plan) {
  const config = { ...CONFIG, description };
  const said = { tags: CUSTODIAN };
  const machine = definitionEvent(config, said);
  const definition = definitionOf(config, said);
  const events = [machine];
  let node = startOf(definition);
  for (const [n, { type: wanted, isDenied, by }] of moves.entries()) {
    const isOpen = node.computed.state.value === 'open';
    const turn = isOpen ? { type: 'SHUT', by: ALICE } : { type: 'OPEN', by };
    const next = wanted === 'ADD' && isOpen ? { type: 'ADD', by } : turn;
    const on = node.id;
    if (isDenied) {
      const denied = transitionEvent(machine.id, { type: 'NOPE', on, by: BOB, data: { n } });
      events.push(denied, transitionEvent(machine.id, { ...next, on: denied.id, data: { n } }));
    }
    const data = { n };
    events.push(transitionEvent(machine.id, { ...next, on, data }));
    const after = move(definition, node, { ...next, data });
    if ('code' in after) throw new Error(after.code);
    node = after;
    if (!endorsed.includes(n)) continue;
    const content = JSON.parse(snapshotContent(node.computed.state));
    events.push(snapshotEvent(machine.id, content, { on: node.id, at: START + n }));
  }
  return { events, machine };
}

/** Hands events in one by one, with what they release, as the intake does. */
function deliver(real: StoredMachines, events: readonly NostrEvent[], isPooled: boolean): void {
  const waiting: NostrEvent[] = [];
  const lane: Lane = { submit: ({ event }) => void waiting.push(event) };
  const limits = poolLimits(makeConfig());
  const pending = createPending({ limits, now: () => START, openLane: () => lane });
  const judge = (event: NostrEvent) => {
    const [outcome] = real.batch([event]);
    if (outcome === undefined) throw new Error('a batch of one has one outcome');
    return outcome;
  };
  const write = isPooled ? pending.around(judge) : judge;
  for (const event of events) {
    for (let next: NostrEvent | undefined = event; next; next = waiting.shift()) {
      pending.release([{ event: next, outcome: write(next, START) }]);
    }
  }
  if (isPooled) expect(pending.size()).toEqual({ events: 0, bytes: 0 });
}

/** What a store says of a machine once events have come to it. */
function resultOf(events: readonly NostrEvent[], machine: string, isPooled = true) {
  const real = storeMachines();
  try {
    deliver(real, events, isPooled);
    const hosted = real.machines.machine(machine);
    const endorsements = hosted && real.store.machineLog.endorsements(hosted.n, 100);
    return {
      head: hosted?.head.id,
      hash: hosted?.head.computed.hash,
      endorsed: endorsements?.map(({ snapshot }) => snapshot.toString('hex')).sort(),
    };
  } finally {
    real.remove();
  }
}

const RUNS = 15;

describe('the events of a machine', () => {
  it('lead to the same head, state and endorsements in whatever order they come', () => {
    let differentWithoutPool = 0;
    fc.assert(
      fc.property(plan, fc.infiniteStream(fc.nat()), (drawn, dice) => {
        const { events, machine } = eventsOf(drawn);
        const inOrder = resultOf(events, machine.id);
        const height = events.length;
        expect(inOrder.head).toBeDefined();
        const shuffled = [...events, ...events.slice(height / 2)]
          .map((event) => [dice.next().value as number, event] as const)
          .sort(([a], [b]) => a - b)
          .map(([, event]) => event);
        expect(resultOf(shuffled, machine.id)).toEqual(inOrder);
        const lossy = resultOf(shuffled, machine.id, false);
        if (lossy.head !== inOrder.head) differentWithoutPool++;
      }),
      { numRuns: RUNS },
    );
    // The control: events that come early and are dropped do matter.
    expect(differentWithoutPool).toBeGreaterThan(RUNS / 2);
  });
});
