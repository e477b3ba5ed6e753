/**
 * Who may manage a relay: authorisation of calls (NIP-98 as NIP-86 asks for it), over HTTP.
 *
 * Whatever is missing or wrong, the answer is 401 and nothing was done.
 */

import { describe, expect, it } from 'vitest';
import { authorisation, call, headerOf, manage, OPERATOR, post } from '../support/administer.ts';
import { NOW, note, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage({ admin: { pubkeys: [OPERATOR.pubkey] } });
const open = setStage();

const BAN = ['banpubkey', Z.pubkey] as const;
const BODY = JSON.stringify({ method: 'banpubkey', params: [Z.pubkey] });

const banned = () => manage(stage.relay, 'listbannedpubkeys');

describe('a call is refused with 401', () => {
  it.each([
    ['without a header', { header: null }],
    ['with another scheme', { header: 'Bearer x' }],
    ['with what is no event', { header: headerOf({ kind: 27_235 }) }],
    ['by a key that does not manage this relay', { by: Z }],
    ['by an event of another kind', { kind: 1 }],
    ['for another address', { u: 'https://other.example/' }],
    ['for another method', { method: 'GET' }],
    ['without the hash of its body', { payload: null }],
    ['with the hash of another body', { payload: 'ab'.repeat(32) }],
    ['a minute and a second old', { at: NOW - 61 }],
    ['from a minute and a second ahead', { at: NOW + 61 }],
  ])('%s', async (_, said) => {
    const reply = await call(stage.relay, BAN, said);
    expect(reply).toEqual({ status: 401, error: expect.stringMatching(/\S/) });
    expect(await banned()).toEqual([]);
  });

  it('when the id is not the hash of the event', async () => {
    const event = authorisation(stage.relay, BODY);
    const header = headerOf({ ...event, id: 'ab'.repeat(32) });
    expect(await post(stage.relay, BODY, { header })).toMatchObject({ status: 401 });
  });

  it('when the signature is of another event', async () => {
    const [event, other] = [authorisation(stage.relay, BODY), authorisation(stage.relay, BODY)];
    const header = headerOf({ ...event, sig: other.sig });
    expect(await post(stage.relay, BODY, { header })).toMatchObject({ status: 401 });
    expect(await banned()).toEqual([]);
  });

  it('when it is sent a second time, also after a restart', async () => {
    const body = JSON.stringify({ method: 'changerelayname', params: ['Once'] });
    const again = JSON.stringify({ method: 'changerelayname', params: ['Twice'] });
    const header = headerOf(authorisation(stage.relay, body));
    expect(await post(stage.relay, body, { header })).toEqual({ status: 200, result: true });
    expect(await post(stage.relay, body, { header })).toMatchObject({ status: 401 });
    // The new body is covered by nothing, and the old one was carried out already.
    expect(await post(stage.relay, again, { header })).toMatchObject({ status: 401 });
  });

  it('with a header that asks for authorisation, and the same type', async () => {
    const response = await fetch(`${stage.relay.httpUrl}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/nostr+json+rpc' },
      body: BODY,
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Nostr');
  });
});

describe('a page of another origin', () => {
  it('may send an authorisation where there is somebody to manage', async () => {
    const allowed = async (url: string) =>
      (await fetch(url, { method: 'OPTIONS' })).headers.get('access-control-allow-headers');
    expect(await allowed(stage.relay.httpUrl)).toBe('*, Authorization');
    expect(await allowed(open.relay.httpUrl)).toBe('*');
  });
});

describe('a call is taken', () => {
  it.each([
    ['that names the address for websockets', () => ({})],
    ['that names it for HTTP', () => ({ u: `${stage.relay.httpUrl}/` })],
    ['a minute old', () => ({ at: NOW - 60 })],
    ['with parameters of its type', () => ({ type: 'application/nostr+json+rpc; charset=utf-8' })],
  ])('%s', async (_, said) => {
    const reply = await call(stage.relay, ['listbannedpubkeys'], said());
    expect(reply).toEqual({ status: 200, result: [] });
  });
});

describe('a body', () => {
  it.each(['', 'no JSON', '[]', '{"params":[]}', '{"method":7}', '{"method":"x","params":{}}'])(
    'that is "%s" is a bad request',
    async (body) => {
      expect(await post(stage.relay, body)).toEqual({
        status: 400,
        error: expect.stringMatching(/\S/),
      });
    },
  );

  it('of another type is not looked at', async () => {
    expect(await post(stage.relay, BODY, { type: 'application/json' })).toMatchObject({
      status: 415,
    });
  });

  it('is bounded', async () => {
    const body = JSON.stringify({ method: 'banpubkey', params: ['x'.repeat(1_100_000)] });
    expect(await post(stage.relay, body)).toMatchObject({ status: 413 });
  });

  it('without params has none', async () => {
    const reply = await post(stage.relay, JSON.stringify({ method: 'listbannedpubkeys' }));
    expect(reply).toEqual({ status: 200, result: [] });
  });
});

describe('a relay that nobody manages', () => {
  it('takes no calls, and does not say that it does', async () => {
    expect(await call(open.relay, BAN)).toMatchObject({ status: 405 });
    expect(await call(open.relay, BAN, { by: X })).toMatchObject({ status: 405 });
    const headers = { accept: 'application/nostr+json' };
    const nipsOf = async (url: string) => {
      const info = (await (await fetch(url, { headers })).json()) as { supported_nips: number[] };
      return info.supported_nips;
    };
    expect(await nipsOf(open.relay.httpUrl)).not.toContain(86);
    expect(await nipsOf(stage.relay.httpUrl)).toContain(86);
  });

  it('takes no authorisation as an event', async () => {
    const event = authorisation(open.relay, BODY);
    expect(await open.client.publish(event)).toMatchObject({ accepted: true });
    expect(await open.client.query({ kinds: [27_235] })).toEqual([]);
    expect(await open.client.publish(note(1, 'and serves'))).toMatchObject({ accepted: true });
  });
});
