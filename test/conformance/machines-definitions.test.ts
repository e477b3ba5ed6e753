/**
 * Definitions offered to a relay: what it hosts and what it refuses, over a socket (PROTOCOL §3).
 *
 * Each is the delivery machine with one thing changed. What is refused leaves nothing behind, what
 * is hosted stands at its initial state; both are read back from the keeper snapshot.
 */

import { describe, expect, it } from 'vitest';
import { keeperSnapshotOf, standing } from '../support/answers.ts';
import {
  C,
  DELIVERY,
  DELIVERY_STATES,
  define,
  ENGINE_TAG,
  INITIAL_CONTEXT,
  NOW,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

const HOSTED = { verdict: 'ok', held: standing(null, 0, 'created') };

const { created, ...laterStates } = DELIVERY_STATES;
const { ACCEPT, CANCEL } = created.on;
const ON_ACCEPT = '/states/created/on/ACCEPT';

/** The delivery machine with other members on its root. */
const withRoot = (members: object): object => ({ ...DELIVERY, ...members });
/** The delivery machine with another first state. */
const withCreated = (members: object): object =>
  withRoot({ states: { created: { ...created, ...members }, ...laterStates } });
/** The delivery machine whose ACCEPT has other members. */
const withAccept = (members: object): object =>
  withCreated({ on: { ACCEPT: { ...ACCEPT, ...members }, CANCEL } });
/** The delivery machine with other members in its context. */
const withContext = (members: object): object =>
  withRoot({ context: { ...INITIAL_CONTEXT, ...members } });
/** The delivery machine with brackets nested so deep; its root and `meta` are the first two. */
const nested = (depth: number): object =>
  withRoot({
    meta: { ...DELIVERY.meta, deep: JSON.parse('['.repeat(depth - 2) + ']'.repeat(depth - 2)) },
  });

const refused = (verdict: string) => ({ verdict, held: null });

type Refused<Subject> = readonly [title: string, subject: Subject, verdict: string];

const CONTENTS: readonly Refused<string | object>[] = [
  ['content that is not JSON (definition-json)', '{"id":', 'invalid: definition-json:'],
  [
    'content of 70 kB (definition-limits)',
    withRoot({ description: 'x'.repeat(70_000) }),
    'invalid: definition-limits: limit=65536',
  ],
  ['JSON nested 200 deep (too-deep)', nested(200), 'invalid: too-deep:'],
  [
    'a context with a member named __proto__ (forbidden-key)',
    JSON.stringify(DELIVERY).replace('"notes"', '"__proto__"'),
    'invalid: forbidden-key: path=/context/__proto__',
  ],
  [
    'the XState 4 member cond, which would be no guard at all (definition-shape)',
    withAccept({ cond: 'isNotCreator' }),
    `invalid: definition-shape: path=${ON_ACCEPT}/cond`,
  ],
  ...['constructor', 'toString'].map(
    (guard): Refused<object> => [
      `a guard named ${guard}, which a prototype would have (unsupported-guard)`,
      withAccept({ guard }),
      `blocked: unsupported-guard: path=${ON_ACCEPT}/guard`,
    ],
  ),
  [
    'a guard that no rules or library define (unsupported-guard)',
    withAccept({ guard: 'isRich' }),
    `blocked: unsupported-guard: path=${ON_ACCEPT}/guard`,
  ],
  [
    'an action that nothing defines (unsupported-action)',
    withAccept({ actions: 'sendMoney' }),
    `blocked: unsupported-action: path=${ON_ACCEPT}/actions`,
  ],
  [
    'an invocation (unsupported-feature)',
    withCreated({ invoke: { src: 'somewhere' } }),
    'blocked: unsupported-feature: path=/states/created/invoke',
  ],
  [
    'options of its own for the engine (unsupported-feature)',
    withRoot({ options: { maxIterations: 1_000_000 } }),
    'blocked: unsupported-feature: path=/options',
  ],
  [
    'two states that follow each other for ever from the start (definition-invalid)',
    withRoot({ initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } }),
    'invalid: definition-invalid:',
  ],
  ...['nowhere', 'toString'].map(
    (initial): Refused<object> => [
      `an initial state named ${initial} that is not there (definition-invalid)`,
      withRoot({ initial }),
      'invalid: definition-invalid: path=/initial',
    ],
  ),
  [
    'a target that is not there (definition-invalid)',
    withAccept({ target: 'nowhere' }),
    `invalid: definition-invalid: path=${ON_ACCEPT}/target`,
  ],
  [
    'seventeen parallel regions (definition-limits)',
    {
      type: 'parallel',
      states: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`r${i}`, {}])),
      on: { GO: '.r0' },
    },
    'invalid: definition-limits: limit=16',
  ],
  [
    'a handler for whatever may come (unsupported-feature)',
    withCreated({ on: { ...created.on, '*': 'canceled' } }),
    'blocked: unsupported-feature: path=/states/created/on/*',
  ],
  [
    'an npub where a pubkey is compared (pubkey-format)',
    withContext({
      creatorPubKey: 'npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9',
    }),
    'invalid: pubkey-format: path=/context/creatorPubKey',
  ],
  [
    'an author that was filled in beforehand (definition-shape)',
    withContext({ inputterPubKey: C.pubkey }),
    'invalid: definition-shape: path=/context/inputterPubKey',
  ],
];

const STATE = ['state', `30078:${C.pubkey}:contract`];
const TAGS: readonly Refused<readonly (readonly string[])[]>[] = [
  ['two state tags (custodian-tag)', [STATE, STATE], 'invalid: custodian-tag:'],
  [
    'a state tag with kind 30079 (custodian-tag)',
    [['state', `30079:${C.pubkey}:contract`]],
    'invalid: custodian-tag:',
  ],
  [
    'a machine for another major version of XState (unsupported-engine)',
    [['engine', 'xstate@4', 'state-machine']],
    'blocked: unsupported-engine:',
  ],
  [
    'a machine that would expire (expiring)',
    [ENGINE_TAG, ['expiration', String(NOW + 3600)]],
    'invalid: expiring:',
  ],
];

describe('a relay hosts', () => {
  it('a well-formed machine, and shows it in a snapshot of its own', async () => {
    const machine = define();
    expect(await stage.submit(machine)).toEqual(HOSTED);
    const { client, relay } = stage;
    const snapshot = await keeperSnapshotOf(client, relay.self, machine.id);
    expect(snapshot?.tags).toEqual(
      expect.arrayContaining([
        ['d', `nsm:${machine.id}`],
        ['s', 'created'],
        ['p', C.pubkey],
        ['n', 'ACCEPT'],
        ['n', 'CANCEL'],
        ['finality', 'local'],
      ]),
    );
  });

  it.each([
    ['a machine whose coordinate has colons in its d', ['state', `30078:${C.pubkey}:a:b::c`]],
    ['a machine without an engine tag', ['title', 'delivery']],
  ])('%s', async (_, tag) => {
    expect(await stage.submit(define(DELIVERY, { tags: [tag] }))).toEqual(HOSTED);
  });

  it('the same machine once, however often it comes (duplicate)', async () => {
    const machine = define();
    expect(await stage.submit(machine)).toEqual(HOSTED);
    expect(await stage.submit(machine)).toEqual({ ...HOSTED, verdict: 'ok duplicate' });
  });

  it('two machines with the same content under two ids', async () => {
    expect(await stage.submit(define(DELIVERY, { tags: [] }))).toEqual(HOSTED);
    const copy = define(DELIVERY, { by: Z, at: NOW - 150, tags: [] });
    expect(await stage.submit(copy)).toEqual(HOSTED);
  });
});

describe('a relay refuses', () => {
  it.each(CONTENTS)('%s', async (_, content, verdict) => {
    expect(await stage.submit(define(content))).toEqual(refused(verdict));
  });

  it('what only looks like a guard: "", null, false and 0 (definition-shape)', async () => {
    for (const guard of ['', null, false, 0]) {
      const verdict = `invalid: definition-shape: path=${ON_ACCEPT}/guard`;
      expect(await stage.submit(define(withAccept({ guard })))).toEqual(refused(verdict));
    }
  });

  it('one bracket more than 64 inside each other (too-deep)', async () => {
    expect(await stage.submit(define(nested(64)))).toEqual(HOSTED);
    expect(await stage.submit(define(nested(65)))).toEqual(refused('invalid: too-deep:'));
  });

  it.each(TAGS)('%s', async (_, tags, verdict) => {
    expect(await stage.submit(define(DELIVERY, { tags }))).toEqual(refused(verdict));
  });
});
