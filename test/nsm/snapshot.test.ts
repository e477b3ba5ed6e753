/**
 * Claims about a state (PROTOCOL §6): compared with the computed one, member by member, never
 * loaded.
 */

import { describe, expect, it } from 'vitest';
import { compareSnapshot, snapshotContent } from '../../src/nsm/snapshot.ts';
import { definitionOf, snapshotEvent } from './machine-events.ts';
import { play } from './play.ts';

const DEFINITION = definitionOf({
  ...{ id: 'm', initial: 'work', context: { n: 0, list: [{ b: 1, a: 2 }] } },
  states: {
    work: {
      initial: 'a',
      on: { PAUSE: 'rest' },
      states: { a: { on: { NEXT: 'b' } }, b: {}, h: { type: 'history' } },
    },
    rest: { on: { RESUME: 'work.h', END: 'end' } },
    end: { type: 'final' },
  },
  output: { won: true },
});

const NODES = {
  initial: play(DEFINITION, []),
  rest: play(DEFINITION, ['NEXT', 'PAUSE']),
  done: play(DEFINITION, ['NEXT', 'PAUSE', 'END']),
};

type Members = { readonly [name: string]: unknown };

/** Whether a claim equals the state, else code and place. */
function compare(at: keyof typeof NODES, content: Members | string): string {
  const refusal = compareSnapshot(snapshotEvent('', content), NODES[at].computed);
  if (refusal === undefined) return 'equal';
  const { code, details } = refusal;
  return details.path === undefined ? code : `${code} ${details.path}`;
}

const persisted = (at: keyof typeof NODES): Members =>
  JSON.parse(snapshotContent(NODES[at].computed.state));

const HISTORY = { 'm.work.h': [{ id: 'm.work.b' }] };

describe('a snapshot', () => {
  it.each(['initial', 'rest', 'done'] as const)('that a relay writes of %s is equal', (at) => {
    expect(compare(at, persisted(at))).toBe('equal');
  });

  it('has XState’s persisted form', () => {
    expect(persisted('rest')).toEqual({
      ...{ status: 'active', value: 'rest', context: { n: 0, list: [{ b: 1, a: 2 }] } },
      ...{ historyValue: HISTORY, children: {} },
    });
    expect(persisted('done')).toMatchObject({ status: 'done', output: { won: true } });
  });

  it('is equal in whatever order and spelling its members are written', () => {
    const { context, ...others } = persisted('rest');
    expect(compare('rest', { ...others, context })).toBe('equal');
    const text = '{"value":"rest","context":{"list":[{"a":2e0,"b":1}],"n":-0},"status":"active"';
    expect(compare('rest', `${text},"historyValue":${JSON.stringify(HISTORY)}}`)).toBe('equal');
  });

  it.each<[string, Members]>([
    ['children, tags and error that are empty', { children: {}, tags: [], error: null }],
    ['children, tags and error that are null', { children: null, tags: null }],
  ])('may have %s', (_, more) => {
    expect(compare('rest', { ...persisted('rest'), ...more })).toBe('equal');
  });

  it.each<[string, Members, string]>([
    ['another status', { status: 'done' }, '/status'],
    ['another value', { value: { work: 'a' } }, '/value'],
    ['a value of another form', { value: { rest: {} } }, '/value'],
    ['another context', { context: { n: 1, list: [{ b: 1, a: 2 }] } }, '/context'],
    ['a context that is short of a member', { context: { n: 0 } }, '/context'],
    [
      'a context with a member more',
      { context: { n: 0, list: [{ b: 1, a: 2 }], x: null } },
      '/context',
    ],
    ['an output that is not there', { output: null }, '/output'],
    ['another history', { historyValue: { 'm.work.h': [{ id: 'm.work.a' }] } }, '/historyValue'],
    ['no history', { historyValue: {} }, '/historyValue'],
    ['a history that is null', { historyValue: null }, '/historyValue'],
    ['a history more', { historyValue: { ...HISTORY, 'm.x': [] } }, '/historyValue'],
    [
      'a state twice in a history',
      { historyValue: { 'm.work.h': [{ id: 'm.work.b' }, { id: 'm.work.b' }] } },
      '/historyValue',
    ],
    ['a history that is a list', { historyValue: [HISTORY] }, '/historyValue'],
    ['children', { children: { a: {} } }, '/children'],
    ['tags', { tags: ['t'] }, '/tags'],
    ['an error', { error: 'x' }, '/error'],
    ['an error that is false', { error: false }, '/error'],
    ['a member nobody knows', { note: '' }, '/note'],
    ['timers', { timers: [] }, '/timers'],
  ])('is refused for %s', (_, more, path) => {
    expect(compare('rest', { ...persisted('rest'), ...more })).toBe(`snapshot-mismatch ${path}`);
  });

  it.each(['status', 'value', 'context', 'historyValue'])('is refused without its %s', (name) => {
    const { [name]: _, ...rest } = persisted('rest');
    expect(compare('rest', rest)).toBe(`snapshot-mismatch /${name}`);
  });

  it('may leave out a history that is empty, and not the output of a machine that has one', () => {
    const { historyValue: _, ...bare } = persisted('initial');
    expect(compare('initial', bare)).toBe('equal');
    const { output: __, ...without } = persisted('done');
    expect(compare('done', without)).toBe('snapshot-mismatch /output');
  });
});

describe('a snapshot as older clients wrote it', () => {
  const withHistory = (historyValue: unknown) => ({ ...persisted('rest'), historyValue });
  const node = { id: 'm.work.b', key: 'b', type: 'atomic', order: 3, invoke: [], tags: [], on: {} };

  it('may hold whole nodes in its history, of which the id counts', () => {
    expect(compare('rest', withHistory({ 'm.work.h': [node] }))).toBe('equal');
    const other = { ...node, id: 'm.work.a' };
    expect(compare('rest', withHistory({ 'm.work.h': [other] }))).toBe(
      'snapshot-mismatch /historyValue',
    );
  });

  it.each<[string, unknown]>([
    ['a bare id', ['m.work.b']],
    ['a node that is not in a list', node],
    ['an id in a list of its own', [['m.work.b']]],
    ['an id that is a list', [{ id: ['m.work.b'] }]],
    ['null', null],
  ])('may not hold %s there', (_, entry) => {
    expect(compare('rest', withHistory({ 'm.work.h': entry }))).toBe(
      'snapshot-mismatch /historyValue',
    );
  });
});

describe('the text of a snapshot', () => {
  it.each([
    ['', 'snapshot-json'],
    ['{', 'snapshot-json'],
    ['[]', 'snapshot-json'],
    ['null', 'snapshot-json'],
    ['{"status":"active","status":"active"}', 'snapshot-json'],
    ['{"context":{"__proto__":1}}', 'forbidden-key /context/__proto__'],
    ['{"context":{"n":1e400}}', 'number-range /context/n'],
    ['{"context":{"n":"\\ud800"}}', 'unicode /context/n'],
    [`{"context":${'['.repeat(64)}${']'.repeat(64)}}`, 'too-deep'],
    ['['.repeat(100_000), 'too-deep'],
    ['{}', 'snapshot-mismatch /status'],
  ])('is read strictly: %#', (content, verdict) => {
    expect(compare('rest', content)).toBe(verdict);
  });
});
