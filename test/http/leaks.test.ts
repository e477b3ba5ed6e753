/**
 * What HTTP does not tell: events of guarded kinds, and machines that the operator has hidden.
 *
 * Every path of the API is asked, in every way a path can name a thing, and whatever comes back is
 * searched for what must not be in it.
 */

import { neventEncode, noteEncode, npubEncode } from 'nostr-tools/nip19';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { GUARDED_KINDS } from '../../src/policy/guarded.ts';
import { manage, OPERATOR } from '../support/administer.ts';
import {
  C,
  claim,
  DELIVERY,
  define,
  ENGINE_TAG,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  publishMachine,
  R,
  X,
  Z,
} from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';
import { ask } from './job.ts';

const stage = setStage({
  ...{ admin: { pubkeys: [OPERATOR.pubkey] }, rate: { enabled: false } },
  explorer: { play: true },
});

/** Ways to write an id in a path or a query. */
const namesOf = (id: string) => [id, noteEncode(id), neventEncode({ id })];

const PARTS = ['', '/state', '/next', '/transitions', '/dag', '/proof', '/events', '/chart.svg'];
const QUERIES = ['', `?branch=all&projected=true&canonical=true&as=${X.pubkey}`];

/** Paths about a thing that may be a machine, a transition or a key. */
function pathsAbout(ids: readonly string[], keys: readonly string[]): readonly string[] {
  const named = ids
    .flatMap(namesOf)
    .flatMap((id) => [
      ...PARTS.flatMap((part) => QUERIES.map((query) => `/api/v1/machines/${id}${part}${query}`)),
      `/api/v1/machines?q=${id}`,
      `/api/v1/refusals?machine=${id}`,
      ...[`/machines/${id}`, `/machines/${id}?at=${id}`, `/machines/${id}?height=1`],
      ...[`/machines?q=${id}`, `/refusals?machine=${id}`],
    ]);
  const people = keys
    .flatMap((key) => [key, npubEncode(key)])
    .flatMap((key) => [`author=${key}`, `participant=${key}`])
    .flatMap((query) => [`/api/v1/machines?${query}`, `/machines?${query}`]);
  return [...named, ...people, ...GENERAL];
}

const GENERAL = [
  ...['/', '/machines', '/refusals', '/metrics', '/openapi.json', '/api/v1/stats', '/status'],
  ...['/machines?state=created', '/machines?type=ACCEPT', '/play', '/play/delivery'],
  ...['/api/v1/machines?limit=200', '/api/v1/refusals?limit=200'],
  ...['/api/v1/machines?state=created', '/api/v1/machines?type=ACCEPT'],
];

/** Paths whose answer holds one of the texts, whatever it was asked for. */
async function leaksOf(paths: readonly string[], secrets: readonly string[]) {
  const leaks: string[] = [];
  for (const path of paths) {
    const asked = decodeURIComponent(path);
    const controller = new AbortController();
    const response = await fetch(stage.relay.httpUrl + path, { signal: controller.signal });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    // A stream would not end; that there is one is a leak already.
    const text = isStream ? secrets.join() : await response.text();
    controller.abort();
    // What was asked for may be said again in the problem, or in a form.
    const told = response.status >= 400 ? '' : text.replaceAll(asked, '');
    if (secrets.some((secret) => told.includes(secret) && !asked.includes(secret)))
      leaks.push(path);
    if (response.status >= 500) leaks.push(`${path}: ${response.status}`);
  }
  return leaks;
}

const validate = async (event: object): Promise<string> => {
  const body = JSON.stringify({ event });
  const { text } = await ask(stage.relay, '/api/v1/validate', { method: 'POST', body });
  return text;
};

describe('events of guarded kinds', () => {
  const sender = testKey('who writes in secret');
  const kinds = [4, ...GUARDED_KINDS].filter((kind) => kind < 20_000);
  const secret = 'what-was-written-in-secret';
  const guarded = kinds.map((kind) =>
    note(kind, secret, {
      by: sender,
      tags: [
        ['p', R.pubkey],
        ['e', '0'.repeat(64)],
      ],
    }),
  );

  it('are on no page of HTTP, however they are named', async () => {
    const machine = await publishMachine(stage.client);
    const about = guarded.map(({ kind, tags }) =>
      note(kind, secret, { by: sender, tags: [...tags, ['e', machine.id]], at: NOW - 1 }),
    );
    await publishAll(stage.client, [...guarded, ...about]);
    const all = [...guarded, ...about];
    const ids = [...all.map(({ id }) => id), machine.id];
    const paths = pathsAbout(ids, [sender.pubkey, R.pubkey]).filter(
      (path) => !path.includes('/events'),
    );
    const secrets = [secret, sender.pubkey, ...all.map(({ id }) => id)];
    expect(await leaksOf(paths, secrets)).toEqual([]);
  }, 30_000);

  it('are said to be known only to those who have them', async () => {
    const [event] = guarded as [NostrEvent, ...NostrEvent[]];
    const other = { ...event, content: 'a guess', id: undefined, sig: undefined };
    expect(await validate(other)).not.toContain(event.id);
    expect(await validate(other)).toContain('"verdict":"accept"');
  });
});

describe('events whose author has asked to vanish', () => {
  const vanishing = setStage({ vanish: { mode: 'redact' }, rate: { enabled: false } });

  it('are not told from the answer to the request on, even while they are removed', async () => {
    const { machine, first } = await publishAccepted(vanishing.client);
    const others = Array.from({ length: 400 }, (_, i) => note(1, `${i}`, { by: X, at: NOW - 500 }));
    await Promise.all(others.map((event) => vanishing.client.publish(event)));
    const tags = [['relay', 'ALL_RELAYS']];
    await publishAll(vanishing.client, [note(62, '', { by: X, tags })]);
    const path = `/api/v1/machines/${machine.id}/transitions`;
    const { json } = await ask(vanishing.relay, path);
    expect(json).toMatchObject({ transitions: [{ id: first.id, event: null }] });
    await publishAll(vanishing.client, [note(62, '', { by: C, tags })]);
    const whole = await ask(vanishing.relay, `/api/v1/machines/${machine.id}`);
    expect(whole.json).toMatchObject({ definition: null, title: null });
  });
});

describe('a hidden machine', () => {
  let machine: NostrEvent;
  let first: NostrEvent;
  let refused: NostrEvent;
  const title = 'nobody is to read this title';

  beforeAll(async () => {
    const tags = [ENGINE_TAG, ['state', `30078:${C.pubkey}:hidden`], ['title', title]];
    machine = define(DELIVERY, { tags });
    first = move(machine, 'ACCEPT', { at: NOW - 100 });
    refused = move(machine, 'CONFIRM', { by: Z, on: first });
    await publishAll(stage.client, [machine, first]);
    await stage.client.publish(refused);
    const accepted = persisted('accepted', { executorPubKey: X.pubkey });
    await publishAll(stage.client, [claim(machine, accepted, { on: first })]);
  });

  it('is on these pages as long as it is not hidden', async () => {
    const paths = pathsAbout([machine.id], []).filter((path) => !path.includes('/events'));
    const leaks = await leaksOf(paths, [title, first.id]);
    expect(leaks).toContain(`/api/v1/machines/${machine.id}`);
    expect(leaks).toContain('/api/v1/machines?limit=200');
  });

  it('is on no page of HTTP once it is, however it is named', async () => {
    await manage(stage.relay, 'hidemachine', machine.id);
    const ids = [machine.id, first.id, refused.id];
    const paths = pathsAbout(ids, [C.pubkey, X.pubkey, R.pubkey]);
    expect(await leaksOf(paths, [title, ...ids])).toEqual([]);
    const { status, json } = await ask(stage.relay, `/api/v1/machines/${machine.id}/dag`);
    expect({ status, json }).toMatchObject({ status: 404, json: { code: 'not-found' } });
  }, 30_000);

  it('is not known to a dry run, which says neither head nor height', async () => {
    const next = move(machine, 'START_TRANSIT', { on: first });
    for (const event of [next, machine, first, { ...next, id: undefined, sig: undefined }]) {
      expect(JSON.parse(await validate(event))).toMatchObject({
        ...{ verdict: 'refuse', code: 'machine-not-hosted', head: null, height: null, state: null },
      });
    }
  });
});
