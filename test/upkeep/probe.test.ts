/**
 * The probe of a running relay: nobody hears of it, and a relay that fails it says so.
 */

import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Submission } from '../../src/intake.ts';
import { createLogger } from '../../src/log.ts';
import { indexSubscriptions, type Listener } from '../../src/subscriptions.ts';
import { startProbe } from '../../src/upkeep/probe.ts';
import { type StoredMachines, storeMachines } from '../store/stored-machines.ts';
import { connect } from '../support/client.ts';
import { testKey } from '../support/sign.ts';
import { startTestRelay } from '../support/start-relay.ts';

let stored: StoredMachines | undefined;
afterEach(() => stored?.remove());

/** A probe whose events come to `answer`, which plays the rest of the relay. */
function probeOf(
  answer: (submission: Submission, subscriptions: ReturnType<typeof indexed>) => void,
) {
  stored = storeMachines();
  const subscriptions = indexed();
  const { pubkey, secret } = testKey('relay');
  const sign = (id: string) => Buffer.from(schnorr.sign(hexToBytes(id), secret)).toString('hex');
  const lane = { submit: (submission: Submission) => answer(submission, subscriptions) };
  const log = createLogger({ level: 'silent', format: 'json' });
  const { store } = stored;
  const probe = startProbe({
    lane,
    key: { pubkey, sign },
    store,
    subscriptions,
    log,
    now: () => 5,
  });
  return { probe, subscriptions };
}

const indexed = () => indexSubscriptions<Listener>();

describe('the probe', () => {
  it('passes when its event is heard, and leaves nothing behind', () => {
    const { probe, subscriptions } = probeOf(({ event, done }, listeners) => {
      done({ accepted: true, message: '' });
      for (const one of listeners.matching(event)) {
        one.reader.deliver(one, { event, json: '', n: 1 });
      }
    });
    expect(probe.last().passed).toBe(true);
    expect(subscriptions.count()).toBe(0);
    probe.close();
  });

  it('fails when its event is refused', () => {
    const { probe, subscriptions } = probeOf(({ done }) =>
      done({
        accepted: false,
        refusal: { code: 'overloaded', prefix: 'error', details: {}, says: '' },
      }),
    );
    expect(probe.last().passed).toBe(false);
    expect(probe.isWell()).toBe(true);
    expect(subscriptions.count()).toBe(0);
    probe.close();
  });

  it('runs as soon as a relay does, and is not counted as received', async () => {
    const relay = await startTestRelay();
    const client = await connect(relay.url);
    expect(await client.query({})).toEqual([]);
    const text = await (await fetch(`${relay.httpUrl}/metrics`)).text();
    expect(text).toMatch(/^nsm_probe_success 1$/m);
    expect(Number(/^nsm_probe_duration_seconds (.*)$/m.exec(text)?.[1])).toBeGreaterThan(0);
    expect(text).not.toMatch(/^nostr_events_total\{/m);
    await client.close();
    await relay.stop();
  });
});
