/**
 * Kind 7500 as a whole (PROTOCOL §3): its text, its names, its start, and what is known of it then.
 */

import { describe, expect, it } from 'vitest';
import { ALICE, definitionOf, refusalOf, verdictOn } from './machine-events.ts';

type Config = { readonly [name: string]: unknown };

const machine = (members: Config = {}, a: Config = {}): Config => ({
  initial: 'a',
  states: { a: { on: { GO: 'b' }, ...a }, b: { type: 'final' } },
  ...members,
});

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

/** The text of a machine whose content has exactly so many bytes. */
function textOf(bytes: number): string {
  const bare = JSON.stringify(machine({ description: '' }));
  return JSON.stringify(machine({ description: 'x'.repeat(bytes - bare.length) }));
}

describe('the text of a definition', () => {
  it('may have 64 KiB, counted in bytes', () => {
    expect(verdictOn(textOf(65_536))).toBe('hosted');
    expect(verdictOn(textOf(65_537))).toBe('definition-limits');
    const accented = JSON.stringify(machine({ description: 'é'.repeat(32_760) }));
    expect(accented.length).toBeLessThan(65_536);
    expect(verdictOn(accented)).toBe('definition-limits');
  });

  it('may be nested 64 brackets deep', () => {
    expect(verdictOn(machine({ meta: { x: nested(62) } }))).toBe('hosted');
    expect(verdictOn(machine({ meta: { x: nested(63) } }))).toBe('too-deep');
    expect(verdictOn('['.repeat(5_000))).toBe('too-deep');
    expect(verdictOn(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).toBe('too-deep');
  });

  it.each([
    ['', 'definition-json'],
    ['{', 'definition-json'],
    ['[]', 'definition-json'],
    ['"machine"', 'definition-json'],
    ['null', 'definition-json'],
    ['7', 'definition-json'],
    ['{"id":"m","id":"m"}', 'definition-json'],
    ['{"initial":"a","states":{"a":{},"\\u0061":{}}}', 'definition-json'],
    ['{"meta":{"__proto__":{}}}', 'forbidden-key /meta/__proto__'],
    ['{"states":{"constructor":{}}}', 'forbidden-key /states/constructor'],
    ['{"on":{"prototype":{}}}', 'forbidden-key /on/prototype'],
    ['{"context":{"n":9007199254740993}}', 'number-range /context/n'],
    ['{"context":{"n":1e999}}', 'number-range /context/n'],
    ['{"description":"\\ud800"}', 'unicode /description'],
    ['{}', 'definition-invalid'],
  ])('is judged: %s', (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });

  it('is looked at from cheap to costly: size, depth, JSON, shape, limits, context, tags', () => {
    const tags = [['state', 'x']];
    const config = { nope: 1, initial: 'z', states: { a: {} }, context: { pubkey: 'npub1' } };
    const { nope: _, ...shaped } = config;
    expect(verdictOn(`${' '.repeat(65_536)}${'['.repeat(99)}`, { tags })).toBe('definition-limits');
    expect(verdictOn(config, { tags })).toBe('definition-shape /nope');
    expect(verdictOn(shaped, { tags })).toBe('definition-invalid /initial');
    const resolved = { ...shaped, initial: 'a' };
    expect(verdictOn(resolved, { tags })).toBe('pubkey-format /context/pubkey');
    expect(verdictOn({ ...resolved, context: {} }, { tags })).toBe('custodian-tag');
    expect(verdictOn({ ...resolved, context: {} })).toBe('definition-invalid');
  });
});

describe('the context of a definition', () => {
  it.each([
    ['a list', []],
    ['a text', 'abc'],
    ['null', null],
    ['a number', 0],
  ])('is refused when it is %s', (_, context) => {
    expect(verdictOn(machine({ context }))).toBe('definition-shape /context');
  });

  it('leaves inputterPubKey to the relay', () => {
    expect(verdictOn(machine({ context: { inputterPubKey: null } }))).toBe('hosted');
    for (const inputterPubKey of [ALICE, '', false, [], {}]) {
      const verdict = verdictOn(machine({ context: { inputterPubKey } }));
      expect(verdict).toBe('definition-shape /context/inputterPubKey');
    }
  });

  it('may not be larger than 64 KiB in canonical form, however short it is written', () => {
    const text = (n: number) =>
      `{"context":{"n":[${'1e-6,'.repeat(n)}1]},"on":{"GO":"#(machine)"}}`;
    expect(verdictOn(text(7_000))).toBe('hosted');
    expect(refusalOf(text(12_000))?.says).toMatch('64 KiB');
    expect(verdictOn(text(12_000))).toBe('definition-invalid');
  });
});

const RULES = {
  v: 1,
  guards: { yes: true, toString: true },
  actions: { act: [{ inc: ['n', 1] }] },
};
const guarded = (guard: unknown, nsm: unknown = RULES): Config =>
  machine({ meta: { nsm } }, { on: { GO: { target: 'b', guard } } });
const acting = (actions: unknown): Config =>
  machine({ meta: { nsm: RULES } }, { on: { GO: { target: 'b', actions } } });

describe('the names of a definition', () => {
  it.each([
    ...['nope', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf', 'act', 'Yes', 'yes '],
    ...[{ type: 'constructor' }, { type: '__proto__', params: {} }],
  ])('refuse the guard %j, which nothing defines', (guard) => {
    expect(verdictOn(guarded(guard))).toBe('unsupported-guard /states/a/on/GO/guard');
  });

  it.each([
    ...['nope', 'constructor', '__proto__', 'toString', 'yes', 'xstate.assign', 'xstate.raise'],
    ...[{ type: 'constructor' }, { type: 'xstate.assign' }],
  ])('refuse the action %j, which nothing defines', (actions) => {
    expect(verdictOn(acting(actions))).toBe('unsupported-action /states/a/on/GO/actions');
    const place = 'unsupported-action /states/a/on/GO/actions/1';
    expect(verdictOn(acting(['act', actions]))).toBe(place);
  });

  it('take an own rule by whatever name it has', () => {
    expect(verdictOn(guarded('toString'))).toBe('hosted');
    expect(verdictOn(guarded({ type: 'yes', params: [1] }))).toBe('hosted');
    expect(verdictOn(acting(['act', { type: 'act', params: { by: 1 } }]))).toBe('hosted');
  });

  it.each([
    ['entry', machine({}, { entry: 'nope' }), '/states/a/entry'],
    ['exit', machine({ exit: ['nope'] }), '/exit/0'],
    ['initial', machine({ initial: { target: 'a', actions: 'nope' } }), '/initial/actions'],
    [
      'always',
      machine({}, { always: { actions: 'nope', guard: 'isCreator' } }),
      '/states/a/always/actions',
    ],
    ['onDone', machine({ onDone: { actions: 'nope' } }), '/onDone/actions'],
  ])('are looked up in %s too, entered or not', (_, config, path) => {
    expect(verdictOn(config)).toBe(`unsupported-action ${path}`);
  });

  it.each([
    ['another version', { v: 2 }, 'rules-invalid /meta/nsm/v'],
    [
      'an unknown operator',
      { v: 1, guards: { g: { nope: [] } } },
      'rules-invalid /meta/nsm/guards/g/nope',
    ],
    ['rules that are null', null, 'rules-invalid /meta/nsm'],
    ['a bad action that nothing uses', { v: 1, actions: { a: [{ put: [] }] } }, 'rules-invalid'],
  ])('are refused for %s', (_, nsm, verdict) => {
    expect(verdictOn(guarded('isCreator', nsm))).toContain(verdict);
  });

  it('mean the definition’s own rule before that of a library', () => {
    const nsm = { v: 1, guards: { isCreator: false } };
    const own = guarded('isCreator', nsm);
    expect(definitionOf(own).warnings.map(({ code }) => code)).not.toContain('unused-rule');
  });
});
