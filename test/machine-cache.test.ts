/**
 * Which machines stay in memory: those used last, as many as there is room for.
 */

import { describe, expect, it } from 'vitest';
import { machineCache } from '../src/machine-cache.ts';
import { initialNode, type StoredMachine } from '../src/machine-nodes.ts';
import { parseDefinition } from '../src/nsm/definition.ts';
import { isRefusal } from '../src/refusal.ts';
import { definitionEvent } from './nsm/machine-events.ts';

/** A machine with so many states besides the first, and some text in its context. */
function machineOf(states: number, text = ''): StoredMachine {
  const others = Array.from({ length: states }, (_, i) => [`s${i}`, { on: { GO: 'first' } }]);
  const config = {
    initial: 'first',
    context: { text },
    states: { first: { on: { GO: 's0' } }, ...Object.fromEntries(others) },
  };
  const definition = parseDefinition(definitionEvent(config));
  if (isRefusal(definition)) throw new Error(definition.says);
  return {
    ...{ definition, head: initialNode(definition), n: 1, headN: null, links: 'strict' },
    ...{ forks: 'head-only', frozen: null, final: undefined, finalHeight: null },
    ...{ spentAtState: 0, isUnderstood: true },
  };
}

const keptOf = (cache: ReturnType<typeof machineCache>, ids: string) =>
  [...ids].filter((id) => cache.get(id) !== undefined).join('');

describe('machines in memory', () => {
  it('are those used last, up to a number', () => {
    const cache = machineCache({ cachedMax: 2, cachedBytesMax: 1e9 });
    cache.put('a', machineOf(1));
    cache.put('b', machineOf(1));
    expect(cache.get('a')).toBeDefined();
    cache.put('c', machineOf(1));
    expect(keptOf(cache, 'abc')).toBe('ac');
  });

  it('give way earlier when they are large', () => {
    const cache = machineCache({ cachedMax: 100, cachedBytesMax: 2_000_000 });
    for (const id of 'abcd') cache.put(id, machineOf(2));
    expect(keptOf(cache, 'abcd')).toBe('abcd');
    cache.put('e', machineOf(500));
    expect(keptOf(cache, 'abcde')).toBe('abcde');
    cache.put('f', machineOf(500));
    cache.put('g', machineOf(500));
    expect(keptOf(cache, 'abcdefg')).not.toContain('e');
    expect(keptOf(cache, 'g')).toBe('g');
  });

  it('count by the state they are in, and anew with each', () => {
    const cache = machineCache({ cachedMax: 100, cachedBytesMax: 1_000_000 });
    const small = machineOf(2);
    cache.put('a', small);
    cache.put('b', machineOf(2, 'x'.repeat(40_000)));
    expect(keptOf(cache, 'ab')).toBe('ab');
    const { head } = machineOf(2, 'x'.repeat(60_000));
    for (let i = 0; i < 10; i++) cache.put('a', { ...small, head });
    expect(keptOf(cache, 'ab')).toBe('a');
    for (let i = 0; i < 10; i++) cache.put('a', small);
    cache.put('b', machineOf(2, 'x'.repeat(40_000)));
    expect(keptOf(cache, 'ab')).toBe('ab');
  });

  it('are never fewer than the one that is worked on', () => {
    const cache = machineCache({ cachedMax: 100, cachedBytesMax: 1 });
    cache.put('a', machineOf(1));
    cache.put('b', machineOf(1));
    expect(keptOf(cache, 'ab')).toBe('b');
  });

  it('leave no weight behind when they are dropped', () => {
    const cache = machineCache({ cachedMax: 100, cachedBytesMax: 1_000_000 });
    const large = machineOf(200);
    for (let i = 0; i < 20; i++) {
      cache.put('a', large);
      cache.drop('a');
    }
    cache.put('b', machineOf(1));
    cache.put('c', machineOf(1));
    expect(keptOf(cache, 'bc')).toBe('bc');
    cache.clear();
    expect(keptOf(cache, 'bc')).toBe('');
  });
});
