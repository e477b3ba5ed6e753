/**
 * Keeper snapshots and their time (PROTOCOL §8): what a client has seen is never older than what it
 * sees next, nothing is dated more than two seconds ahead, and nobody is kept from the head.
 */

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCustody } from '../../src/custody.ts';
import { createKeeper, type Keeper } from '../../src/keeper.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { keeperAddress } from '../../src/nsm/keeper-snapshot.ts';
import { definitionEvent, START, transitionEvent } from '../nsm/machine-events.ts';
import { testKey } from '../support/sign.ts';
import { storeMachines } from './stored-machines.ts';

const CONFIG = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } } };

/** A key that signs in no time: what is signed is not looked at here. */
const KEY = { pubkey: testKey('keeper').pubkey, sign: (id: string) => id + id };

/** A machine with a keeper whose clock is set by hand. */
function keptMachine() {
  const opened = storeMachines();
  const clock = { now: START };
  const newKeeper = (): Keeper => {
    const { store, machines } = opened;
    const onFault = (fault: unknown) => {
      throw fault;
    };
    const custody = openCustody(store, opened.dataDir);
    return createKeeper({ store, machines, key: KEY, custody, now: () => clock.now, onFault });
  };
  let keeper = newKeeper();
  const machine = definitionEvent(CONFIG);
  expect(opened.write(machine)).toBe('ok');
  keeper.mark(machine.id, false);

  const head = () => opened.machines.machine(machine.id)?.head;
  const stored = (): NostrEvent => {
    keeper.write(keeper.marked());
    const { store } = opened;
    const found = store.events.latest(KEY.pubkey, 30078, keeperAddress(machine.id));
    const event = found && store.events.read(found.n);
    if (event === undefined) throw new Error('there is no keeper snapshot');
    return event;
  };
  return {
    opened,
    clock,
    id: machine.id,
    head,
    stored,
    /** Moves the head, and says so to the keeper as the relay does. */
    move: (): void => {
      const node = head();
      const type = (node?.height ?? 0) % 2 === 0 ? 'GO' : 'BACK';
      const on = node?.id ?? null;
      expect(opened.write(transitionEvent(machine.id, { type, on }))).toBe('ok');
      keeper.mark(machine.id, false);
    },
    /** The stored snapshot as it is served now. */
    serve: (): NostrEvent => {
      const event = stored();
      keeper.serve(event.id);
      return event;
    },
    restart: (): void => {
      opened.reopen();
      keeper = newKeeper();
    },
    due: (nowMs: number) => keeper.due(nowMs, 9),
    push: (): void => keeper.mark(machine.id, true),
  };
}

type Kept = ReturnType<typeof keptMachine>;

let kept: Kept;

beforeEach(() => {
  kept = keptMachine();
});

afterEach(() => kept.opened.remove());

const tag = (event: NostrEvent, name: string) => event.tags.find((each) => each[0] === name)?.[1];
const rows = () =>
  kept.opened.store.db.prepare('SELECT count(*) FROM event WHERE kind = 30078').pluck().get();

describe('the time of a keeper snapshot', () => {
  it('is now, while nobody has seen another', () => {
    expect(kept.stored().created_at).toBe(START);
    kept.move();
    expect(kept.stored().created_at).toBe(START);
    kept.clock.now += 100;
    kept.move();
    expect(kept.stored().created_at).toBe(START + 100);
  });

  it('is a second after what was served, up to two seconds ahead of the clock', () => {
    const times = [kept.serve().created_at];
    for (let i = 0; i < 4; i++) {
      kept.move();
      times.push(kept.serve().created_at);
    }
    expect(times.map((time) => time - START)).toEqual([0, 1, 2, 2, 2]);
    kept.clock.now += 1;
    kept.move();
    expect(kept.serve().created_at).toBe(START + 3);
    kept.clock.now += 10;
    kept.move();
    expect(kept.serve().created_at).toBe(START + 11);
  });

  it('does not run ahead for versions that nobody saw', () => {
    kept.serve();
    for (let i = 0; i < 5; i++) {
      kept.move();
      expect(kept.stored().created_at).toBe(START + 1);
    }
  });

  it('is after what may have been served before a restart', () => {
    const seen = kept.serve();
    kept.restart();
    kept.move();
    expect(kept.stored().created_at).toBe(seen.created_at + 1);
  });
});

describe('the stored keeper snapshot', () => {
  it('is one row, rewritten in place, that shows the head', () => {
    for (let i = 0; i < 3; i++) {
      kept.move();
      const { id = null, height } = kept.head() ?? {};
      const event = kept.stored();
      expect([tag(event, 'transition'), tag(event, 'height')]).toEqual([id, String(height)]);
      expect(rows()).toBe(1);
    }
  });

  it('is not written again while nothing has changed, restarts included', () => {
    const first = kept.serve();
    expect(kept.stored()).toEqual(first);
    kept.clock.now += 50;
    kept.restart();
    expect(kept.stored()).toEqual(first);
  });

  it('is made up for when the relay stopped before it was written', () => {
    kept.stored();
    kept.move();
    kept.restart();
    expect(tag(kept.stored(), 'transition')).toBe(kept.head()?.id);
  });

  it('has a signature that is made once', () => {
    const { id } = kept.stored();
    expect(kept.opened.store.events.read(kept.opened.store.events.find(id)?.n ?? 0)?.sig).toBe('');
    expect(kept.serve().id).toBe(id);
  });
});

describe('a keeper snapshot that is pushed', () => {
  it('is pushed at once, and then at most once a second for a machine', () => {
    kept.move();
    kept.push();
    expect(kept.due(1_000).map(({ event }) => tag(event, 'height'))).toEqual(['1']);
    for (const ms of [1_010, 1_500, 1_999]) {
      kept.move();
      kept.push();
      expect(kept.due(ms)).toEqual([]);
    }
    expect(kept.due(2_000).map(({ event }) => tag(event, 'height'))).toEqual(['4']);
    expect(kept.due(9_000)).toEqual([]);
  });
});

type Deed = 'move' | 'serve' | 'restart' | number;

const deeds: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Deed>('move', 'serve') },
    { weight: 1, arbitrary: fc.constantFrom<Deed>('restart', 1, 1, 3) },
  ),
  { maxLength: 40, size: 'max' },
);

describe('keeper snapshots in whatever order heads move, clients ask and time goes by', () => {
  it('never go back, never run ahead, and always show the head', () => {
    fc.assert(
      fc.property(deeds, (list) => {
        const each = keptMachine();
        try {
          let seen = { created_at: 0, height: -1 };
          for (const deed of list) {
            if (typeof deed === 'number') each.clock.now += deed;
            else if (deed === 'serve') seen = check(each, seen);
            else each[deed]();
          }
          check(each, seen);
        } finally {
          each.opened.remove();
        }
      }),
      { numRuns: 25 },
    );
  });
});

/** Serves the snapshot and compares it with the one that was served before. */
function check(each: Kept, seen: { readonly created_at: number; readonly height: number }) {
  const event = each.serve();
  const { created_at } = event;
  const height = Number(tag(event, 'height'));
  expect(height).toBe(each.head()?.height);
  expect(created_at).toBeLessThanOrEqual(each.clock.now + 2);
  expect(created_at).toBeGreaterThanOrEqual(Math.min(each.clock.now, START));
  const isAtCap = created_at === each.clock.now + 2;
  // At the cap a second is used again; below it a later head has a later time.
  if (height > seen.height && !isAtCap) expect(created_at).toBeGreaterThan(seen.created_at);
  expect(created_at).toBeGreaterThanOrEqual(seen.created_at);
  return { created_at, height };
}
