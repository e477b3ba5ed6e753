/**
 * Limits and references of a definition (PROTOCOL §3.3, §3.4): both sides of every limit, and every
 * state that is named is there, by own key.
 */

import { describe, expect, it } from 'vitest';
import { verdictOn } from './machine-events.ts';

type Row = readonly [title: string, config: unknown, verdict: string];
type Json = { readonly [name: string]: unknown };

const fromKeys = (count: number, value: (i: number) => unknown): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, value(i)]));

/** A machine with so many states, the first of which leads to the second. */
const flat = (count: number): Json => ({
  initial: 's0',
  states: fromKeys(count, (i) => (i === 0 ? { on: { GO: 's1' } } : {})),
});

/** A machine whose deepest state lies so many levels below the root. */
function deep(levels: number): Json {
  let node: Json = { on: { GO: { target: '#top' } } };
  for (let i = 0; i < levels; i++) node = { initial: 's', states: { s: node } };
  return { ...node, id: 'top' };
}

const parallel = (regions: number): Json => ({
  type: 'parallel',
  states: fromKeys(regions, () => ({ on: { GO: {} } })),
  on: { GO: { target: '.s0' }, UP: { target: '.s0' } },
});

const transitions = (count: number): Json => ({
  initial: 'a',
  states: { a: { on: { GO: Array.from({ length: count }, () => 'b') } }, b: {} },
});

const types = (count: number): Json => ({
  initial: 'a',
  on: Object.fromEntries(Array.from({ length: count }, (_, i) => [`T${i}`, '.b'])),
  states: { a: { on: { T0: 'b' } }, b: {} },
});

describe('the limits of a definition', () => {
  it.each<Row>([
    ['512 states', flat(512), 'hosted'],
    ['513 states', flat(513), 'definition-limits'],
    ['16 levels below the root', deep(16), 'hosted'],
    ['17 levels below the root', deep(17), 'definition-limits'],
    ['16 regions', parallel(16), 'hosted'],
    ['17 regions', parallel(17), 'definition-limits'],
    ['2,000 transitions', transitions(2_000), 'hosted'],
    ['2,001 transitions', transitions(2_001), 'definition-limits'],
    ['256 event types', types(256), 'hosted'],
    ['257 event types', types(257), 'definition-limits'],
  ])('judges %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it('counts regions of all parallel states together, but not their histories', () => {
    const region = {
      type: 'parallel',
      states: { ...fromKeys(7, () => ({})), h: { type: 'history' } },
    };
    const outer = (more: Json) => ({
      ...{ type: 'parallel', on: { GO: '.x' } },
      states: { x: region, y: region, ...more },
    });
    expect(verdictOn(outer({}))).toBe('hosted');
    expect(verdictOn(outer({ z: {} }))).toBe('definition-limits');
  });

  it('counts transitions of always and onDone as well', () => {
    const more = { always: { target: '.b', guard: 'no' } };
    const rules = { meta: { nsm: { v: 1, guards: { no: false } } } };
    expect(verdictOn({ ...transitions(1_999), ...more, ...rules })).toBe('hosted');
    expect(verdictOn({ ...transitions(2_000), ...more, ...rules })).toBe('definition-limits');
  });
});

/** A machine with one transition from `a`, which stands beside a nested and a parallel state. */
const to = (target: unknown, more: Json = {}): Json => ({
  id: 'm',
  initial: 'a',
  states: {
    a: { on: { GO: { target } } },
    w: { id: 'wide', initial: 'x', states: { x: {}, y: {}, h: { type: 'history' } } },
    p: {
      type: 'parallel',
      states: {
        l: { initial: 'l0', states: { l0: {}, l1: {} } },
        r: { initial: 'r0', states: { r0: {}, r1: {}, h: { type: 'history' } } },
        h: { type: 'history', target: ['l.l1', 'r.r1'] },
      },
    },
    ...more,
  },
});

const GO = 'definition-invalid /states/a/on/GO/target';

const TARGETS: readonly Row[] = [
  ...['w', 'a', 'w.x', 'w.h', 'p.l.l1', '#wide', '#wide.y', '#m', '#m.w.y', '#m.p'].map(
    (target): Row => [target, to(target), 'hosted'],
  ),
  ...[
    'nope',
    'x',
    'w.nope',
    'w.x.y',
    'm',
    '.a',
    '#nope',
    '#wide.nope',
    '#m.wide',
    '#',
    '.',
    'w.',
  ].map((target): Row => [target, to(target), GO]),
  ...[
    'toString',
    'constructor',
    '__proto__',
    'w.toString',
    '#toString',
    '#constructor',
    '#m.toString',
  ].map((target): Row => [`${target}, which every object has`, to(target), GO]),
  ['a state that is named toString', to('toString', { toString: {} }), 'hosted'],
  ['#(machine), the id of a machine without one', { on: { GO: '#(machine)' } }, 'hosted'],
  [
    'a sibling from the root, which has none',
    { ...to('w'), on: { TOP: 'a' } },
    'definition-invalid /on/TOP/target',
  ],
  ['a child from the root', { ...to('w'), on: { TOP: '.a' } }, 'hosted'],
  [
    'a state by always',
    to('w', { c: { always: 'nope' } }),
    'definition-invalid /states/c/always/target',
  ],
  [
    'a state by onDone',
    { ...to('w'), onDone: { target: '.nope' } },
    'definition-invalid /onDone/target',
  ],
  [
    'a state by the second candidate',
    to('w', { c: { on: { X: ['a', { target: 'nope' }] } } }),
    'definition-invalid /states/c/on/X/1/target',
  ],
];

const MANY: readonly Row[] = [
  ['one state in a list', to(['w']), 'hosted'],
  ['a state of each region', to(['p.l.l1', 'p.r.r1']), 'hosted'],
  ['the regions themselves', to(['p.l', 'p.r']), 'hosted'],
  ['two states of one region', to(['p.l.l0', 'p.l.l1']), GO],
  ['a region and a state in it', to(['p.l', 'p.l.l1']), GO],
  ['a parallel state and a region of it', to(['p', 'p.l']), GO],
  ['two states outside parallel', to(['a', 'w']), GO],
  ['one state twice', to(['w', 'w']), GO],
  ['a state inside and one outside', to(['p.l', 'w']), GO],
  ['a region and the history of all', to(['p.l', 'p.h']), GO],
  ['a region and the history of another', to(['p.l', 'p.r.h']), 'hosted'],
  ['three, two of them in one region', to(['p.l.l1', 'p.r.r0', 'p.r.r1']), GO],
];

const initial = (target: unknown): Json => ({
  initial: 'a',
  states: {
    a: { on: { GO: 'w' } },
    w: { initial: target, states: { x: {}, h: { type: 'history' } } },
  },
});

const INITIAL: readonly Row[] = [
  ['a state of its own', initial('x'), 'hosted'],
  ['an object that names one', initial({ target: 'x' }), 'hosted'],
  ['nothing', initial(undefined), 'definition-invalid /states/w/initial'],
  ['no state of its own', initial('a'), 'definition-invalid /states/w/initial'],
  ['toString', initial('toString'), 'definition-invalid /states/w/initial'],
  ['__proto__', initial('__proto__'), 'definition-invalid /states/w/initial'],
  ['a state by id', initial('#(machine).w.x'), 'definition-invalid /states/w/initial'],
  ['a state by a relative path', initial('.x'), 'definition-invalid /states/w/initial'],
  ['a history', initial('h'), 'definition-invalid /states/w/initial'],
  ['an object without target', initial({}), 'definition-invalid /states/w/initial'],
  [
    'an object whose target is a list',
    initial({ target: ['x'] }),
    'definition-invalid /states/w/initial',
  ],
];

const history = (h: Json): Json =>
  to('w.g', {
    w: {
      initial: 'x',
      states: {
        x: {},
        y: { initial: 'z', states: { z: {} } },
        g: { type: 'history', ...h },
        h: { type: 'history' },
      },
    },
  });

const AT_HISTORY = 'definition-invalid /states/w/states/g/target';

const HISTORIES: readonly Row[] = [
  ['nothing', history({}), 'hosted'],
  ['a sibling', history({ target: 'y' }), 'hosted'],
  ['a state below a sibling', history({ target: 'y.z', history: 'deep' }), 'hosted'],
  ['a state by id', history({ target: '#m.w.y' }), 'hosted'],
  ['no state', history({ target: 'nope' }), AT_HISTORY],
  ['toString', history({ target: 'toString' }), AT_HISTORY],
  ['itself', history({ target: 'g' }), AT_HISTORY],
  ['another history', history({ target: 'h' }), AT_HISTORY],
  ['a child, which it does not have', history({ target: '.x' }), AT_HISTORY],
  ['its parent', history({ target: '#m.w' }), AT_HISTORY],
  ['the root', history({ target: '#m' }), AT_HISTORY],
  ['a state outside its parent', history({ target: '#m.a' }), AT_HISTORY],
  ['two states of which one is active', history({ target: ['x', 'y'] }), AT_HISTORY],
];

/** A compound state whose inner state goes to its parent's history, or to that of its own child. */
const inside = (target: string): Json => ({
  id: 'm',
  initial: 'w',
  states: {
    w: {
      initial: 'x',
      states: {
        x: { on: { GO: { target } }, initial: 'y', states: { y: {}, h: { type: 'history' } } },
        z: { initial: 'y', states: { y: {}, h: { type: 'history' } } },
        h: { type: 'history' },
      },
    },
  },
});

describe('the history of a state', () => {
  const AT = 'definition-invalid /states/w/states/x/on/GO/target';

  it.each([
    ['that it is within', 'h', AT],
    ['that it is within, by id', '#m.w.h', AT],
    ['of its own', '.h', AT],
    ['beside it', 'z.h', 'hosted'],
  ])('is no target of a state %s, unless that lies outside', (_, target, verdict) => {
    expect(verdictOn(inside(target))).toBe(verdict);
  });
});

describe('the references of a definition', () => {
  it.each(TARGETS)('judges a transition to %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(MANY)('judges a transition to %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(INITIAL)('judges an initial that names %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(HISTORIES)('judges a history that leads to %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });
});
