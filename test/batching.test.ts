/**
 * Commits wait for a fuller batch only while one is at hand.
 */
import { describe, expect, it } from 'vitest';
import { createBatching } from '../src/batching.ts';

/** A batching whose counts are set by the test, and the sizes of what it committed. */
function setup() {
  const counts = { due: 0, coming: 0 };
  const committed: number[] = [];
  const schedule = createBatching({
    due: () => counts.due,
    coming: () => counts.coming,
    commit: () => {
      committed.push(counts.due);
      counts.due = 0;
    },
  });
  return { counts, committed, schedule };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a commit', () => {
  it('comes at the end of the turn when nothing follows', async () => {
    const { counts, committed, schedule } = setup();
    counts.due = 1;
    schedule();
    expect(committed).toEqual([]);
    await turn();
    expect(committed).toEqual([1]);
  });

  it('waits while more is coming than is due', async () => {
    const { counts, committed, schedule } = setup();
    Object.assign(counts, { due: 2, coming: 3 });
    schedule();
    await turn();
    expect(committed).toEqual([]);
    Object.assign(counts, { due: 5, coming: 0 });
    schedule();
    await turn();
    expect(committed).toEqual([5]);
  });

  it('waits no longer when the batch is large, whatever else is coming', async () => {
    const { counts, committed, schedule } = setup();
    Object.assign(counts, { due: 128, coming: 1_000 });
    schedule();
    await turn();
    expect(committed).toEqual([128]);
  });

  it('comes in the end when what was coming does not come', async () => {
    const { counts, committed, schedule } = setup();
    Object.assign(counts, { due: 1, coming: 9 });
    schedule();
    while (committed.length === 0) await turn();
    expect(committed).toEqual([1]);
  });
});
