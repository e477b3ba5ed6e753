/**
 * Bundled libraries: what each name means, written out a second time by hand.
 */
import { describe, expect, it } from 'vitest';
import { BUNDLED_LIBRARIES } from '../../src/rules/libraries.ts';
import { newMeter } from '../../src/rules/meter.ts';
import { ALICE, BOB, environment } from './run-rules.ts';

const CAROL = 'c3'.repeat(32);

const CONTEXT = {
  creatorPubKey: ALICE,
  executorPubKey: BOB,
  receiverPubKey: CAROL,
  inputterPubKey: null,
};

describe('@atob/protocol-library', () => {
  const bundled = BUNDLED_LIBRARIES.find(({ name }) => name === '@atob/protocol-library');
  const { guards, actions } = bundled?.library ?? { guards: new Map(), actions: new Map() };

  it('stands for majors 0 and 1 and is a value that nobody can change', () => {
    expect(bundled?.majors).toEqual([0, 1]);
    expect(Object.isFrozen(bundled?.source)).toBe(true);
  });

  it.each<[string, boolean, boolean, boolean]>([
    ['isCreator', true, false, false],
    ['isNotCreator', false, true, true],
    ['isExecutor', false, true, false],
    ['isReceiver', false, false, true],
    ['isCreatorOrExecutor', true, true, false],
  ])('%s lets creator %j, executor %j, receiver %j pass', (name, ...passes) => {
    const verdicts = [ALICE, BOB, CAROL].map((by) =>
      guards.get(name)?.(CONTEXT, environment({ by }), null, newMeter()),
    );
    expect(verdicts).toEqual(passes);
  });

  it('has no other guard, and one action: the author becomes the executor', () => {
    expect(guards.size).toBe(5);
    expect([...actions.keys()]).toEqual(['assignExecutor']);
    const open = { ...CONTEXT, executorPubKey: null };
    const assign = actions.get('assignExecutor');
    expect(assign?.(open, environment({ by: BOB }), null, newMeter())).toEqual(CONTEXT);
  });
});
