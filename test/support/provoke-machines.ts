/**
 * How to be refused with an event of a machine: one way for each code.
 */

import type { RefusalCode } from '../../src/refusal.ts';
import type { Answer, Client } from './client.ts';
import {
  C,
  claim,
  DELIVERY,
  define,
  INITIAL_CONTEXT,
  type Move,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  publishMachine,
  X,
  Z,
} from './machines.ts';
import type { Provocation } from './provoke.ts';

const UNKNOWN = 'ef'.repeat(32);

const offer =
  (content: string | object, tags?: string[][]): Provocation =>
  ({ client }) =>
    client.publish(define(content, tags === undefined ? {} : { tags }));

/** The delivery machine with other members on its root. */
const delivery = (members: object): Provocation => offer({ ...DELIVERY, ...members });

/** A machine with one state whose GO has these members, and rules of its own. */
const machineThatGoes = (members: object, nsm: object): object => ({
  initial: 'here',
  context: { n: 0, list: [] },
  states: { here: { on: { GO: members } }, a: { always: 'b' }, b: { always: 'a' } },
  meta: { nsm: { v: 1, ...nsm } },
});

/** Codes of definitions. */
export const DEFINITION_PROVOCATIONS = {
  expiring: offer(DELIVERY, [['expiration', String(NOW + 60)]]),
  'definition-limits': delivery({ description: 'x'.repeat(65_536) }),
  'definition-json': offer('{'),
  'definition-shape': delivery({ guards: {} }),
  'pubkey-format': delivery({ context: { ...INITIAL_CONTEXT, buyerPubKey: 'npub1' } }),
  'custodian-tag': offer(DELIVERY, [['state', `30078:${C.pubkey}:`]]),
  'forks-tag': offer(DELIVERY, [['forks', 'all']]),
  'unsupported-engine': offer(DELIVERY, [['engine', 'robot@1']]),
  'unsupported-feature': delivery({ invoke: { src: 'x' } }),
  'machine-not-hosted': async ({ open }) => {
    const { relay, client } = await open({ machines: { custodian: 'refuse' } });
    return client.publish(define(DELIVERY, { tags: [['state', `30078:${relay.self}:mine`]] }));
  },
  'rules-invalid': delivery({ meta: { nsm: { v: 2 } } }),
  'unsupported-guard': offer(machineThatGoes({ target: 'a', guard: 'isRich' }, {})),
  'unsupported-action': offer(machineThatGoes({ actions: 'pay' }, {})),
  'definition-invalid': delivery({ initial: 'nowhere' }),
} as const satisfies Partial<Record<RefusalCode, Provocation>>;

/** A transition on top of the accepted delivery machine. */
const next =
  (type: string, said: Move = {}): Provocation =>
  async ({ client }) => {
    const { machine, first } = await publishAccepted(client);
    return client.publish(move(machine, type, { on: first, ...said }));
  };

/** A transition with this payload. */
const payload = (data: string | object): Provocation => next('NOTE', { data });

/** GO on a machine made for it. */
const go =
  (members: object, nsm: object, data: string | object = ''): Provocation =>
  async ({ client }) => {
    const machine = await publishMachine(client, machineThatGoes(members, nsm));
    return client.publish(move(machine, 'GO', { data }));
  };

/** Has something due every second; made long before anybody sends the first transition. */
const BEAT = {
  initial: 'on',
  states: {
    on: { after: { 1000: { target: 'on', reenter: true } }, on: { STOP: 'off' } },
    off: {},
  },
};

const GROW = Array.from({ length: 9 }, () => ({ push: ['list', { var: 'data.text' }] }));

/** Codes of transitions. */
export const TRANSITION_PROVOCATIONS = {
  'machine-ref': ({ client }) => client.publish(note(7501, '', { tags: [['t', 'GO']] })),
  'event-type': next('xstate.stop'),
  'link-shape': next('NOTE', { tags: [['transition', UNKNOWN]] }),
  'payload-limits': payload('x'.repeat(8_193)),
  'too-deep': payload(`{"a":${'['.repeat(8)}${']'.repeat(8)}}`),
  'payload-json': payload('yes'),
  'payload-shape': payload({ type: 'NOTE' }),
  'forbidden-key': payload('{"constructor":1}'),
  'number-range': payload('{"n":1e400}'),
  unicode: payload('{"note":"\\ud800"}'),
  'unknown-machine': ({ client }) => client.publish(move({ ...note(7500), id: UNKNOWN }, 'GO')),
  'link-wrong-kind': async ({ client }) => {
    const machine = await publishMachine(client);
    return client.publish(move(machine, 'ACCEPT', { on: machine }));
  },
  'link-other-machine': async ({ client }) => {
    const [machine, other] = [await publishMachine(client), await publishAccepted(client)];
    return client.publish(move(machine, 'ACCEPT', { on: other.first }));
  },
  'link-rejected-prior': async ({ client }) => {
    const { machine, denied } = await publishDenied(client);
    return client.publish(move(machine, 'DELIVER', { on: denied }));
  },
  orphan: next('NOTE', { on: UNKNOWN }),
  'time-regress': next('NOTE', { at: NOW - 101 }),
  'link-missing': next('ACCEPT', { on: null }),
  'stale-head': async ({ client }) => {
    const { machine, first } = await publishAccepted(client);
    await publishAll(client, [move(machine, 'START_TRANSIT', { on: first })]);
    return client.publish(move(machine, 'NOTE', { on: first, data: { note: 'late' } }));
  },
  'fork-limit': async ({ client }) => {
    const machine = define(DELIVERY, { tags: [['forks', 'dag']] });
    const rivals = Array.from({ length: 10 }, (_, n) => move(machine, 'ACCEPT', { at: NOW - n }));
    const last = rivals.pop() ?? machine;
    await publishAll(client, [machine, ...rivals]);
    return client.publish(last);
  },
  'machine-finished': async ({ client }) => {
    const machine = await publishMachine(client);
    const cancel = move(machine, 'CANCEL', { by: C });
    await publishAll(client, [cancel]);
    return client.publish(move(machine, 'ACCEPT', { on: cancel }));
  },
  'no-transition': next('CONFIRM'),
  'guard-denied': next('START_TRANSIT', { by: Z }),
  'guard-error': go(
    { target: 'here', actions: 'add' },
    { actions: { add: [{ inc: ['n', 'x'] }] } },
  ),
  'engine-budget': go({ target: 'a' }, {}),
  'state-limits': go({ actions: 'grow' }, { actions: { grow: GROW } }, { text: 'x'.repeat(8_000) }),
  'no-change': next('PING'),
  'no-timer-due': next('nsm.tick'),
  'timers-due': async ({ client }) =>
    client.publish(move(await publishMachine(client, BEAT), 'STOP')),
} as const satisfies Partial<Record<RefusalCode, Provocation>>;

/** A snapshot of the accepted delivery machine. */
const snapshot =
  (content: string | object, said: Move): Provocation =>
  async ({ client }) => {
    const { machine, first } = await publishAccepted(client);
    return client.publish(claim(machine, content, { on: first, ...said }));
  };

const ACCEPTED = persisted('accepted', { executorPubKey: X.pubkey });

/** Codes of snapshots. */
export const SNAPSHOT_PROVOCATIONS = {
  'snapshot-ref': snapshot(ACCEPTED, { tags: [['expiration', String(NOW + 60)]] }),
  'snapshot-unknown-head': snapshot(ACCEPTED, { on: UNKNOWN }),
  'snapshot-head-invalid': async ({ client }): Promise<Answer> => {
    const { machine, denied } = await publishDenied(client);
    return client.publish(claim(machine, ACCEPTED, { on: denied }));
  },
  'snapshot-json': snapshot('accepted', {}),
  'snapshot-mismatch': snapshot(persisted('delivered'), {}),
} as const satisfies Partial<Record<RefusalCode, Provocation>>;

/** An accepted machine, and a transition that was refused for good. */
async function publishDenied(client: Client) {
  const { machine, first } = await publishAccepted(client);
  const denied = move(machine, 'START_TRANSIT', { by: Z, on: first });
  await client.publish(denied);
  return { machine, denied };
}
