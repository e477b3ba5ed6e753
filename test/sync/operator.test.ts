/**
 * Who holds the relay's own key is its operator: what he hands in may be old and fast, and is
 * judged like anything else.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { authenticate } from '../support/authenticate.ts';
import { chainOf } from '../support/chains.ts';
import type { Client } from '../support/client.ts';
import { claim, define, move, NOW, note, Z } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const KEEPER = testKey('keeper of its own key');
const LONG_AGO = NOW - 1_000_000;
const TIMED = {
  initial: 'a',
  states: { a: { after: { 1000: 'b' }, on: { STAY: 'c' } }, b: { on: { GO: 'c' } }, c: {} },
};

const stage = setStage({
  relay: { secretKey: Buffer.from(KEEPER.secret).toString('hex') },
  machines: { transitionMaxAgeSeconds: 300 },
  limits: { createdAtPastSeconds: 300 },
});
let client: Client;

beforeEach(async () => {
  client = await stage.another();
});

const submit = async (event: NostrEvent) => {
  const verdict = verdictOf(await client.publish(event));
  return verdict.split(': ')[1]?.replace(':', '') ?? verdict;
};
const be = (person: typeof Z) => authenticate(client, stage.relay.url, person);

describe('an operator', () => {
  it('hands in what is too old for others', async () => {
    const { definition, transitions } = chainOf(2, LONG_AGO);
    const events = [definition, ...transitions, note(1, 'old', { at: LONG_AGO })];
    await be(Z);
    expect(await submit(definition)).toBe('backdated');
    client = await stage.another();
    await be(KEEPER);
    for (const event of events) expect(await submit(event)).toBe('ok');
  });

  it('hands in nothing from the future', async () => {
    await be(KEEPER);
    expect(await submit(define(undefined, { at: NOW + 61 }))).toBe('from-future');
  });

  it('gives back the ticks of the relay itself, and no snapshot of its', async () => {
    const machine = define(TIMED, { at: NOW - 100 });
    const tick = move(machine, 'nsm.tick', { by: KEEPER });
    const forged = claim(machine, {}, { by: KEEPER, d: `nsm:${machine.id}` });
    expect(await submit(machine)).toBe('ok');
    expect(await submit(tick)).toBe('keeper-key');
    await be(KEEPER);
    expect(await submit(forged)).toBe('keeper-key');
    expect(await submit(tick)).toBe('ok');
  });
});
