/**
 * Lint as a whole: all problems, what is seen by reading alone, and how much work it does.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/nsm/lint.ts';
import { type Config, found, is, machine, report } from './lint-machines.ts';
import { ALICE, BOB, definitionEvent, definitionOf, START } from './machine-events.ts';
import { play } from './play.ts';

/** Alice and Bob in turns, until Bob has had enough. */
const SOUND = machine(
  {
    a: { on: { GO: { target: 'b', guard: 'isAlice' } }, after: { 60000: 'end' } },
    b: { on: { BACK: { target: 'a', guard: 'isBob' } }, after: { 60000: 'end' } },
    end: { type: 'final' },
  },
  {
    guards: { isAlice: is('alicePubkey'), isBob: is('bobPubkey') },
    context: { alicePubkey: ALICE, bobPubkey: BOB },
  },
);

describe('a guard that reads nothing', () => {
  it.each([
    [false, 'guard-never-passes'],
    [true, 'guard-never-fails'],
    [{ '!': { '==': [1, 1] } }, 'guard-never-passes'],
  ])('is the same for ever, which needs no run: %j', (g, code) => {
    const config = machine(
      { a: { on: { GO: { target: 'b', guard: 'g' } } }, b: {} },
      { guards: { g } },
    );
    expect(found(config)).toContain(`${code} /meta/nsm/guards/g`);
  });
});

describe('problems', () => {
  it('are all told, in the order in which a relay would meet them', () => {
    const config = machine(
      { a: { on: { GO: { target: 'x', guard: 'g' }, UP: { target: 'y', guard: 'h' } } } },
      { guards: { g: { '<': [1] }, h: { no: 1 } }, context: { aPubkey: 'npub' } },
    );
    expect(found({ ...config, initial: 'z' })).toEqual([
      'definition-invalid /initial',
      'definition-invalid /states/a/on/GO/target',
      'definition-invalid /states/a/on/UP/target',
      'pubkey-format /context/aPubkey',
      'rules-invalid /meta/nsm/guards/g/<',
      'rules-invalid /meta/nsm/guards/h/no',
    ]);
  });

  it('of tags and names come together with those of the content', () => {
    const config = machine({ a: { on: { GO: { actions: ['one', 'two'] } } } });
    const tags = [
      ['engine', 'other@1', 'state-machine'],
      ['forks', 'maybe'],
      ['expiration', '1'],
    ];
    const codes = lint(definitionEvent(config, { tags })).problems.map(({ code }) => code);
    expect(codes).toEqual(['expiring', 'unsupported-engine', 'forks-tag']);
    expect(found(config)).toEqual([
      'unsupported-action /states/a/on/GO/actions/0',
      'unsupported-action /states/a/on/GO/actions/1',
    ]);
  });

  it('name the place where a machine cannot start', () => {
    const failing = machine(
      { a: { always: { target: 'b', guard: 'late' } }, b: { on: { GO: 'a' } } },
      { guards: { late: { '<': [{ var: 'ctx.missing' }, 1] } } },
    );
    expect(found(failing).slice(0, 1)).toEqual(['definition-invalid /states/a/always/guard']);
    expect(found(failing)).toContain('unknown-member /meta/nsm/guards/late/</0');
    const over = machine({ a: { always: 'b', on: { GO: 'b' } }, b: { type: 'final' } });
    expect(found(over).slice(0, 1)).toEqual(['definition-invalid /states/a/always']);
    expect(found(machine({ a: {} })).slice(0, 1)).toEqual(['definition-invalid /states/a']);
  });

  it.each([
    ['text that is no JSON', '{'],
    ['a text that is no object', '[]'],
    ['an empty object', {}],
    ['states that are none', { states: 7 }],
  ])('are found in %s', (_, source) => {
    expect(lint(source as string).problems).toHaveLength(1);
  });
});

describe('a sound machine', () => {
  it('has no findings, from whichever form it is read', () => {
    expect(report(SOUND)).toMatchObject({ problems: [], warnings: [] });
    expect(lint(SOUND as never)).toMatchObject({ problems: [], warnings: [] });
    expect(lint(JSON.stringify(SOUND))).toMatchObject({ problems: [], warnings: [] });
  });

  it('is tried until there is nothing left to try', () => {
    expect(report(SOUND).explored).toMatchObject({ states: 3, isComplete: true });
  });
});

describe('what is seen by reading', () => {
  it('are members of the context that nothing sets, and such that it does not declare', () => {
    const config = machine(
      { a: { on: { GO: { guard: 'g', actions: 'set' } }, after: { 1000: 'b' } }, b: {} },
      {
        guards: { g: { '==': [{ var: 'ctx.owner.key' }, { var: 'by' }] } },
        actions: { set: [{ inc: ['n', 1] }, { set: ['owner', null] }, { inc: ['count', 1] }] },
        context: { n: 0, owner: null },
      },
    );
    expect(found(config)).toEqual(
      expect.arrayContaining([
        'unknown-member /meta/nsm/guards/g/==/0',
        'stray-member /meta/nsm/actions/set/2/inc',
      ]),
    );
    expect(found(config)).not.toContain('stray-member /meta/nsm/actions/set/0/inc');
  });

  it('are types without a guard, save those that a state forbids', () => {
    const config = machine({ a: { on: { GO: 'b', NO: {} } }, b: { on: { GO: 'a' } } });
    expect(found(config)).toEqual([
      'unguarded-type /states/a/on/GO',
      'unguarded-type /states/b/on/GO',
    ]);
  });

  it('are candidates behind one without a guard, and states that are left at once', () => {
    const config = machine(
      {
        a: { on: { GO: [{ target: 'b' }, { target: 'c', guard: 'g' }] } },
        b: { always: 'c', on: { GO: 'a' } },
        c: { on: { GO: { target: 'a', guard: 'g' } } },
      },
      { guards: { g: is('who') }, context: { who: ALICE } },
    );
    expect(found(config)).toEqual(
      expect.arrayContaining([
        'shadowed-transition /states/a/on/GO/1',
        'never-rests /states/b/always',
      ]),
    );
  });
});

describe('what rules do with payloads', () => {
  it('is told where actions use what no guard has seen, or names are nearly the same', () => {
    const isText = (name: string) => ({ is: [{ var: `data.${name}` }, 'string'] });
    const config = (guard: unknown) =>
      machine(
        { a: { on: { SAY: { guard: 'g', actions: 'keep' } }, after: { 1000: 'b' } }, b: {} },
        {
          guards: { g: { and: [is('who'), guard] } },
          actions: { keep: [{ set: ['text', { var: 'data.text' }] }] },
          context: { who: ALICE, text: null },
        },
      );
    expect(found(config(isText('text')))).toEqual(['dead-end /states/b']);
    expect(found(config(true))).toContain('unchecked-payload /states/a/on/SAY');
    expect(found(config(isText('texts')))).toContain('similar-names /meta/nsm/guards/g/and/1/is/0');
  });

  it('is told where a kept type is of no use when it is compared', () => {
    const config = (type: string, trigger: Config) =>
      machine(
        {
          a: { on: { SET: { target: 'b', guard: 'ok', actions: 'keep' } } },
          b: { ...trigger, on: { UNDO: { target: 'a', guard: 'isAlice' } } },
          c: { type: 'final' },
        },
        {
          guards: {
            ok: { and: [is('alicePubkey'), { is: [{ var: 'data.v' }, type] }] },
            isAlice: is('alicePubkey'),
            isNext: is('next'),
            isMuch: { '>': [{ var: 'ctx.next' }, 3] },
          },
          actions: { keep: [{ set: ['next', { var: 'data.v' }] }] },
          context: { alicePubkey: ALICE, next: null },
        },
      );
    const onEvent = { on: { TAKE: { target: 'c', guard: 'isNext' } } };
    const onTimer = { after: { 1000: { target: 'c', guard: 'isMuch' } } };
    const place = '/meta/nsm/guards/ok/and/1';
    const withTake = (type: string) => {
      const made = config(type, {});
      const b = { on: { UNDO: { target: 'a', guard: 'isAlice' }, ...onEvent.on } };
      return { ...made, states: { ...made.states, b } };
    };
    expect(found(withTake('string'))).toContain(`loose-type ${place}`);
    expect(found(withTake('hex64'))).not.toContain(`loose-type ${place}`);
    const timerPlace = 'unchecked-timer-guard /states/b/after/1000/guard';
    expect(found(config('string', onTimer))).toContain(timerPlace);
    expect(found(config('int', onTimer))).not.toContain(timerPlace);
  });
});

describe('a sequence', () => {
  it('is one that the machine takes, and leads where the finding is', () => {
    const config = machine(
      {
        a: { on: { GO: { target: 'b', guard: 'isAlice', actions: 'note' } } },
        b: { on: { BACK: { target: 'a', guard: 'isAlice' }, ON: { target: 'c', guard: 'late' } } },
        c: {},
      },
      {
        guards: {
          isAlice: is('who'),
          late: { and: [is('who'), { '>': [{ '-': [{ var: 'at' }, { var: 'ctx.since' }] }, 30] }] },
        },
        actions: { note: [{ set: ['since', { var: 'at' }] }] },
        context: { who: ALICE, since: null },
      },
    );
    const { warnings } = report(config);
    const { sequence = [] } = warnings.find(({ code }) => code === 'dead-end') ?? {};
    const moves = sequence.map(({ by, type, at }) => ({ by, type, at: START + at }));
    const end = play(definitionOf(config), moves);
    expect(end.computed.state.value).toBe('c');
    expect(moves).toHaveLength(2);
  });
});

describe('the work of lint', () => {
  /** A machine that never comes back to a state it was in. */
  const endless = machine(
    { a: { on: { ADD: { guard: 'ok', actions: 'add' } } } },
    {
      guards: { ok: { '>=': [{ var: 'ctx.n' }, 0] } },
      actions: { add: [{ inc: ['n', 1] }] },
      context: { n: 0 },
    },
  );

  it('ends with the budget, and says so in what it claims', () => {
    const { explored, warnings } = report(endless, { budget: { states: 50, steps: 1_000 } });
    expect(explored).toMatchObject({ states: 51, isComplete: false });
    expect(warnings[0]?.message).toContain('within 51 states');
  });

  it('is less where a step costs more', () => {
    const big = Array.from({ length: 600 }, (_, i) => `text number ${i}`);
    const context = { n: 0, big };
    const budget = { states: 10_000, steps: 1_000 };
    const small = report(endless, { budget }).explored?.states ?? 0;
    expect(report({ ...endless, context }, { budget }).explored?.states).toBeLessThan(small / 10);
  });

  it('is the same every time', () => {
    expect(report(SOUND)).toEqual(report(SOUND));
    expect(report(endless)).toEqual(report(endless));
  });

  it('does not go on with members that no rule can tell apart', () => {
    const config = machine(
      { a: { on: { ADD: { guard: 'isAlice', actions: 'add' } } } },
      {
        guards: { isAlice: is('who') },
        actions: { add: [{ inc: ['n', 1] }, { push: ['log', { var: 'at' }] }] },
        context: { who: ALICE, n: 0, log: [] },
      },
    );
    expect(report(config).explored).toMatchObject({ states: 1, isComplete: true });
  });
});

describe('lint', () => {
  it('never fails, whatever it is given', () => {
    const word = fc.constantFrom('a', 'b', 'GO', 'g', 'nsm', '#m.a', '.b', '1000', '__proto__');
    const key = fc.constantFrom(
      ...['id', 'initial', 'type', 'states', 'on', 'always', 'after', 'entry', 'onDone', 'target'],
      ...['guard', 'actions', 'context', 'meta', 'a', 'b', 'c', 'GO', 'history', 'output', '1000'],
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        word,
        fc.constantFrom(null, true, 0, 1.5, '', 'final', 'parallel', 'history'),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    }));
    const budget = { states: 20, steps: 200 };
    fc.assert(
      fc.property(value, (config) => {
        const { problems, warnings } = lint(JSON.stringify(config) ?? '', { budget });
        expect(problems.length + warnings.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
