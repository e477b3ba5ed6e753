/**
 * The seven sample machines of the protocol's appendix, played from start to end.
 *
 * Every accepted step has its state hash in `fixtures/golden-hashes.json`. They change only when
 * the meaning of a rule set does: another engine version that moves one of them is another rule
 * set. The scripts say nothing of time, so samples with timers are played without them.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import type { Definition } from '../../src/nsm/definition.ts';
import { isRefusal } from '../../src/refusal.ts';
import { definitionOf, START, verdictOn } from './machine-events.ts';
import { move, startOf } from './play.ts';
import { type Step, SCRIPTS as TIMERLESS_SCRIPTS } from './sample-scripts.ts';
import { TIMELESS_SCRIPTS } from './sample-scripts-timeless.ts';

const SCRIPTS = { ...TIMERLESS_SCRIPTS, ...TIMELESS_SCRIPTS };

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));

const MACHINES: Readonly<Record<string, object>> = read('sample-machines');
const GOLDEN: Readonly<Record<string, readonly string[]>> = read('golden-hashes');

/** People are single letters in the samples; here they have keys. */
const keyOf = (letter: string): string => sha256Hex(`person ${letter}`);

function withKeys<Value>(value: Value): Value {
  const text = JSON.stringify(value).replace(/"([A-Z])"/g, (_, letter) => `"${keyOf(letter)}"`);
  return JSON.parse(text);
}

/** A sample without its timers. */
function timeless(name: string): unknown {
  return JSON.parse(
    JSON.stringify(withKeys(MACHINES[name]), (key, value) => (key === 'after' ? undefined : value)),
  );
}

/** Plays a script: what each step comes to, and the hash of each state on the way. */
function run(definition: Definition, steps: readonly Step[]) {
  let node = startOf(definition);
  const hashes = [node.computed.hash];
  const outcomes = steps.map(([by, type, said = {}]) => {
    const { at = START, data: given = '' } = said;
    const { context } = node.computed.state;
    const known = { keyOf, definition: definition.id, context };
    const data = typeof given === 'function' ? given(known) : given;
    const next = move(definition, node, { by: keyOf(by), type, at, data: withKeys(data) });
    if (isRefusal(next)) return `${by} ${type}: ${next.code}`;
    node = next;
    hashes.push(next.computed.hash);
    return `${by} ${type}: ${JSON.stringify(next.computed.state.value)}`;
  });
  return { outcomes, hashes, node };
}

describe('the sample machines', () => {
  it.each(Object.entries(SCRIPTS))(
    'play %s as written, with the hashes on record',
    (title, script) => {
      const { machine, at, steps, ends } = script;
      const definition = definitionOf(timeless(machine), { by: keyOf('A'), at });
      const { outcomes, hashes, node } = run(definition, steps);
      expect(outcomes).toEqual(steps.map(([by, type, { says }]) => `${by} ${type}: ${says}`));
      expect(node.computed.state).toMatchObject(withKeys(ends));
      expect(hashes).toEqual(GOLDEN[title]);
    },
  );

  it('are all played, and nothing on record belongs to none', () => {
    const played = new Set(Object.values(SCRIPTS).map(({ machine }) => machine));
    expect([...played].sort()).toEqual(Object.keys(MACHINES).sort());
    expect(Object.keys(GOLDEN).sort()).toEqual(Object.keys(SCRIPTS).sort());
  });

  it.each(Object.keys(MACHINES))('%s is hosted as it was published', (name) => {
    expect(verdictOn(withKeys(MACHINES[name]))).toBe('hosted');
  });
});
