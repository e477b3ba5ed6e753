/**
 * Lanes by themselves: order, batches, rests. That the relay uses them is seen over sockets.
 */
import { describe, expect, it } from 'vitest';
import { createLanes, type LaneQueue } from '../src/lanes.ts';

type Item = { readonly name: string; readonly lane: LaneQueue<Item>; ready: boolean };

function setup() {
  let onDue = () => {};
  const lanes = createLanes<Item>(() => onDue());
  const due = () =>
    new Promise<void>((resolve) => {
      onDue = resolve;
    });
  const submit = (lane: LaneQueue<Item>, name: string, ready = true) => {
    const item = { name, lane, ready };
    lane.waiting.push(item);
    lanes.release(lane);
    return item;
  };
  const drain = (most = 256, each: (item: Item) => void = () => {}): string[] => {
    const names: string[] = [];
    lanes.drain(most, (next) => {
      for (let item = next(); item; item = next()) {
        names.push(item.name);
        each(item);
      }
    });
    return names;
  };
  return { lanes, due, submit, drain };
}

describe('lanes', () => {
  it('keep the order of each sender, and let nobody wait for another', () => {
    const { lanes, submit, drain } = setup();
    const [a, b] = [lanes.open(), lanes.open()];
    const slow = submit(a, 'a1', false);
    submit(a, 'a2');
    submit(b, 'b1');
    expect(drain()).toEqual(['b1']);
    slow.ready = true;
    lanes.release(a);
    expect(drain()).toEqual(['a1', 'a2']);
  });

  it('give at most so many at a time and keep the others due', () => {
    const { lanes, submit, drain } = setup();
    const lane = lanes.open();
    for (const name of ['1', '2', '3']) submit(lane, name);
    expect(drain(2)).toEqual(['1', '2']);
    expect(lanes.isDue()).toBe(true);
    expect(drain(2)).toEqual(['3']);
    expect(lanes.isDue()).toBe(false);
  });

  it('keep the order of a resting sender with more due than a batch holds', async () => {
    const { lanes, due, submit, drain } = setup();
    const lane = lanes.open();
    const names = ['1', '2', '3', '4', '5', '6', '7'];
    for (const name of names) submit(lane, name);
    const rested = due();
    const first = drain(3, ({ name }) => {
      if (name === '1') lanes.rest(lane, 1);
    });
    // Drained while the lane rests, as happens when others have something due.
    const meanwhile = [...drain(3), ...drain(3)];
    await rested;
    expect([...first, ...meanwhile, ...drain()]).toEqual(names);
  });

  it('let a lane rest: its other items wait in their order, everybody else goes on', async () => {
    const { lanes, due, submit, drain } = setup();
    const [dear, other] = [lanes.open(), lanes.open()];
    for (const name of ['d1', 'd2']) submit(dear, name);
    submit(other, 'o1');
    const restAfter = ({ lane, name }: Item) => {
      if (name.startsWith('d')) lanes.rest(lane, 20);
    };
    expect(drain(256, restAfter)).toEqual(['d1', 'o1']);
    submit(dear, 'd3');
    submit(other, 'o2');
    expect(drain(256, restAfter)).toEqual(['o2']);
    expect(lanes.isDue()).toBe(false);
    await due();
    expect(drain(256, restAfter)).toEqual(['d2']);
    await due();
    expect(drain(256, restAfter)).toEqual(['d3']);
  });

  it('wake at once when they are told to, and rest no more', () => {
    const { lanes, submit, drain } = setup();
    const lane = lanes.open();
    for (const name of ['1', '2', '3']) submit(lane, name);
    const rest = () => lanes.rest(lane, 3_600_000);
    expect(drain(256, rest)).toEqual(['1']);
    lanes.wake();
    expect(drain(256, rest)).toEqual(['2', '3']);
    expect(lane.resting).toBeUndefined();
  });
});
