/**
 * Transitions that depend on when and from whom they arrive (PROTOCOL §3, §4): none of it is part
 * of validity, all of it is decided before a machine is looked at.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { heldBy, standing, verdictOf } from '../support/answers.ts';
import { askForChallenge, authenticate, proveKey, sendAuth } from '../support/authenticate.ts';
import { type Client, isVerb } from '../support/client.ts';
import { define, move, NOW, publishAccepted, publishAll, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

describe('a protected transition', () => {
  const stage = setStage();
  let client: Client;
  let machine: NostrEvent;
  let first: NostrEvent;
  let second: NostrEvent;

  beforeEach(async () => {
    client = await stage.another();
    ({ machine, first } = await publishAccepted(client));
    second = move(machine, 'START_TRANSIT', { on: first, tags: [['-']] });
  });

  const held = () => heldBy(client, stage.relay.self, machine.id);

  it('is refused from nobody in particular, with a challenge (protected)', async () => {
    expect(verdictOf(await client.publish(second))).toBe('auth-required: protected:');
    const [, challenge] = await client.nextFrame(isVerb('AUTH'));
    expect(await held()).toEqual(standing(first, 1, 'accepted'));
    const { url: relay } = stage.relay;
    const proof = proveKey(X, { challenge: String(challenge), relay });
    expect(await sendAuth(client, proof)).toEqual({ accepted: true, message: '' });
    expect(verdictOf(await client.publish(second))).toBe('ok');
    expect(await held()).toEqual(standing(second, 2, 'in_transit'));
  });

  it('is refused from somebody else (protected)', async () => {
    await authenticate(client, stage.relay.url, Z);
    expect(verdictOf(await client.publish(second))).toBe('restricted: protected:');
    expect(await held()).toEqual(standing(first, 1, 'accepted'));
  });

  it('is taken from its author, whoever else is on that connection', async () => {
    await authenticate(client, stage.relay.url, Z, X);
    expect(verdictOf(await client.publish(second))).toBe('ok');
    expect(await held()).toEqual(standing(second, 2, 'in_transit'));
  });

  it('is refused after an AUTH that failed (protected)', async () => {
    const challenge = await askForChallenge(client);
    const proof = proveKey(X, { challenge, relay: 'wss://elsewhere.example' });
    expect((await sendAuth(client, proof)).accepted).toBe(false);
    expect(verdictOf(await client.publish(second))).toBe('auth-required: protected:');
  });
});

describe('a transition that was signed long ago', () => {
  let clock = NOW;
  const now = () => clock;
  const strict = setStage({ machines: { transitionMaxAgeSeconds: 300 } }, { now });
  const lax = setStage({}, { now });

  /** A machine that was accepted two hours ago, and what X says he signed an hour ago. */
  const signedLate = async (client: Client) => {
    clock = NOW - 7_200;
    const machine = define(undefined, { at: clock });
    const first = move(machine, 'ACCEPT', { at: clock });
    await publishAll(client, [machine, first]);
    clock = NOW;
    const late = move(machine, 'START_TRANSIT', { on: first, at: NOW - 3_600 });
    return { machine, first, late };
  };

  it('is refused by a relay that wants them fresh (backdated)', async () => {
    const { machine, first, late } = await signedLate(strict.client);
    const held = standing(first, 1, 'accepted');
    const verdict = 'invalid: backdated: limit=300';
    expect(await strict.submit(late, machine)).toEqual({ verdict, held });
    const fresh = move(machine, 'START_TRANSIT', { on: first, at: NOW - 300 });
    const moved = standing(fresh, 2, 'in_transit');
    expect(await strict.submit(fresh, machine)).toEqual({ verdict: 'ok', held: moved });
  });

  it('is as valid as any other where no age is set', async () => {
    const { machine, late } = await signedLate(lax.client);
    const held = standing(late, 2, 'in_transit');
    expect(await lax.submit(late, machine)).toEqual({ verdict: 'ok', held });
  });
});

describe('a protected definition', () => {
  const stage = setStage();

  it('is refused from anybody but its author (protected)', async () => {
    const machine = define(undefined, { by: X, tags: [['-']] });
    const client = await stage.another();
    expect(verdictOf(await client.publish(machine))).toBe('auth-required: protected:');
    const other = await stage.another();
    await authenticate(other, stage.relay.url, X);
    expect(verdictOf(await other.publish(machine))).toBe('ok');
  });
});
