/**
 * Every reason to refuse an event, heard over a socket (PROTOCOL §12).
 *
 * The table of codes in src/refusal.ts is complete here in both directions: a code is provoked by
 * real input, or it stands below with the reason why it cannot occur in this release.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compileMachine, initialState, step } from '../../src/nsm/engine.ts';
import { isRefusal, REFUSALS, type RefusalCode } from '../../src/refusal.ts';
import { verdictOf } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import { NOW } from '../support/machines.ts';
import type { Provocation, Scene } from '../support/provoke.ts';
import { EVENT_PROVOCATIONS, OPERATOR_PROVOCATIONS } from '../support/provoke-events.ts';
import { FAULT_PROVOCATIONS } from '../support/provoke-faults.ts';
import {
  DEFINITION_PROVOCATIONS,
  SNAPSHOT_PROVOCATIONS,
  TRANSITION_PROVOCATIONS,
} from '../support/provoke-machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const PROVOCATIONS: Readonly<Partial<Record<RefusalCode, Provocation>>> = {
  ...EVENT_PROVOCATIONS,
  ...OPERATOR_PROVOCATIONS,
  ...DEFINITION_PROVOCATIONS,
  ...TRANSITION_PROVOCATIONS,
  ...SNAPSHOT_PROVOCATIONS,
  ...FAULT_PROVOCATIONS,
};

/** Codes that no input can bring forth yet, and why. */
const NOT_YET: Readonly<Partial<Record<RefusalCode, string>>> = {
  'state-not-json': 'the rules language computes JSON and nothing else; see below for the engine',
};

const CODES = Object.keys(REFUSALS) as readonly RefusalCode[];

describe('the codes of refusals', () => {
  it('are each provoked here, or known not to occur yet', () => {
    const provoked = CODES.filter((code) => PROVOCATIONS[code] !== undefined);
    const notYet = CODES.filter((code) => NOT_YET[code] !== undefined);
    expect(notYet.filter((code) => provoked.includes(code))).toEqual([]);
    expect([...provoked, ...notYet].sort()).toEqual([...CODES].sort());
  });
});

describe('a client is refused with', () => {
  const opened: { readonly relay: TestRelay; readonly client: Client }[] = [];
  const open: Scene['open'] = async (deviations = {}, options = {}) => {
    const relay = await startTestRelay(deviations, { now: () => NOW, ...options });
    const client = await connect(relay.url);
    opened.push({ relay, client });
    return { relay, client };
  };
  let usual: Awaited<ReturnType<Scene['open']>>;

  beforeAll(async () => {
    usual = await open();
    opened.splice(0);
  });
  afterEach(async () => {
    for (const { relay, client } of opened.splice(0)) {
      await client.close();
      await relay.stop();
    }
  });
  afterAll(async () => {
    await usual.client.close();
    await usual.relay.stop();
  });

  const provocations = CODES.flatMap((code) => {
    const provoke = PROVOCATIONS[code];
    return provoke ? [[code, provoke] as const] : [];
  });
  it.each(provocations)('%s', async (code, provoke) => {
    const answer = await provoke({ client: usual.client, open });
    expect(answer.accepted).toBe(false);
    const { prefix } = REFUSALS[code];
    expect(verdictOf(answer)).toMatch(new RegExp(`^${prefix}: ${code}:( |$)`));
  });
});

describe('the engine', () => {
  it('refuses a state that JSON cannot say, which no rule can write (state-not-json)', () => {
    const nobody = { by: null, at: NOW, data: null, id: null, type: 'GO' };
    const input = { ...nobody, def: { id: '', pubkey: '', created_at: NOW } };
    const config = { context: { n: 0 }, on: { GO: { actions: 'write' } } };
    const write = () => ({ n: Number.NaN });
    const machine = compileMachine(config, {
      guards: new Map(),
      actions: new Map([['write', write]]),
    });
    const initial = initialState(machine, input);
    const after = isRefusal(initial) ? initial : step(machine, initial, input);
    expect(after).toMatchObject({ code: 'state-not-json' });
  });
});
