/**
 * How to be refused with an ordinary event, or by an operator's own rules: one way for each code.
 */

import type { RefusalCode } from '../../src/refusal.ts';
import { manage, OPERATOR } from './administer.ts';
import {
  C,
  claim,
  define,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  X,
  Z,
} from './machines.ts';
import type { Provocation } from './provoke.ts';
import { signEvent, testKey } from './sign.ts';

const KEEPER = testKey('keeper');
const DENIED = testKey('denied');

/** Codes that admission and ordinary storage have for everybody. */
export const EVENT_PROVOCATIONS = {
  'bad-event': ({ client }) => client.publish({ ...note(1), ...{ kind: 1.5 } }),
  'event-too-large': ({ client }) => client.publish(note(1, 'x'.repeat(131_073))),
  'too-many-tags': ({ client }) =>
    client.publish(note(1, '', { tags: Array.from({ length: 2_001 }, () => ['t', 'x']) })),
  'bad-id': ({ client }) => client.publish({ ...note(1), id: 'ab'.repeat(32) }),
  'bad-signature': ({ client }) => client.publish({ ...note(1), sig: note(1, 'other').sig }),
  protected: ({ client }) => client.publish(note(1, '', { tags: [['-']] })),
  'from-future': ({ client }) => client.publish(define({}, { at: NOW + 61 })),
  'time-out-of-range': ({ client }) => client.publish(note(1, '', { at: NOW + 901 })),
  expired: ({ client }) => client.publish(note(1, '', { tags: [['expiration', String(NOW)]] })),
  deleted: async ({ client }) => {
    const event = note(1, 'to be deleted');
    await publishAll(client, [event, note(5, '', { tags: [['e', event.id]] })]);
    return client.publish(event);
  },
  'have-newer': async ({ client }) => {
    await publishAll(client, [note(0, '{"name":"now"}')]);
    return client.publish(note(0, '{"name":"then"}', { at: NOW - 1 }));
  },
  'append-only': async ({ client }) => {
    const { first } = await publishAccepted(client);
    return client.publish(note(5, '', { by: X, tags: [['e', first.id]] }));
  },
} as const satisfies Partial<Record<RefusalCode, Provocation>>;

/** Codes that only an operator's configuration brings forth. */
export const OPERATOR_PROVOCATIONS = {
  'kind-not-accepted': async ({ open }) => {
    const { client } = await open({ kinds: { mode: 'strict' } });
    return client.publish(note(1));
  },
  'author-not-allowed': async ({ open }) => {
    const { client } = await open({ access: { denyAuthors: [DENIED.pubkey] } });
    return client.publish(note(1, '', { by: DENIED }));
  },
  'keeper-key': async ({ open }) => {
    const secretKey = Buffer.from(KEEPER.secret).toString('hex');
    const { client } = await open({ relay: { secretKey } });
    const unsigned = { kind: 1, created_at: NOW, tags: [], content: 'from the relay itself' };
    return client.publish(signEvent(unsigned, KEEPER.secret));
  },
  pow: async ({ open }) => {
    const { client } = await open({ pow: { minimumBits: 30 } });
    return client.publish(note(1));
  },
  backdated: async ({ open }) => {
    const { client } = await open({ machines: { transitionMaxAgeSeconds: 300 } });
    return client.publish(define(undefined, { at: NOW - 301 }));
  },
  'rate-limited': async ({ open }) => {
    const { client } = await open({ rate: { eventsPerSecond: 1 } });
    const notes = Array.from({ length: 10 }, (_, i) => client.publish(note(1, `${i}`)));
    const answers = await Promise.all(notes);
    const refused = answers.find(({ accepted }) => !accepted);
    if (refused === undefined) throw new Error('ten events at once were taken');
    return refused;
  },
  quota: async ({ open }) => {
    const { client } = await open({ limits: { chainMax: 1 } });
    const { machine, first } = await publishAccepted(client);
    return client.publish(move(machine, 'START_TRANSIT', { on: first }));
  },
  'pool-full': async ({ open }) => {
    const { client } = await open({ limits: { poolEventsPerMissingMax: 1 } });
    const { machine, first } = await publishAccepted(client);
    const missing = move(machine, 'START_TRANSIT', { on: first });
    await client.publish(move(machine, 'DELIVER', { on: missing }));
    return client.publish(move(machine, 'DELIVER', { on: missing, by: C }));
  },
  tombstoned: async ({ open }) => {
    const { relay, client } = await open({ admin: { pubkeys: [OPERATOR.pubkey] } });
    const event = note(1, 'removed');
    await manage(relay, 'banevent', event.id);
    return client.publish(event);
  },
  'machine-not-hosted': async ({ open }) => {
    const { relay, client } = await open({ admin: { pubkeys: [OPERATOR.pubkey] } });
    const { machine, first } = await publishAccepted(client);
    await manage(relay, 'hidemachine', machine.id);
    return client.publish(move(machine, 'START_TRANSIT', { on: first }));
  },
  'not-custodian': async ({ open }) => {
    const { client } = await open({ machines: { publishers: 'designated' } });
    const { machine } = await publishAccepted(client);
    return client.publish(claim(machine, persisted('created'), { by: Z, d: C.pubkey }));
  },
} as const satisfies Partial<Record<RefusalCode, Provocation>>;
