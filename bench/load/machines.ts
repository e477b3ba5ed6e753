/**
 * The machines that relays are measured with, as XState configs.
 *
 * The bet is the one in `examples/`; the vote is open and has no roster, because 500 sealed ballots
 * are more than a context may hold.
 */
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/rules/json.ts';

/** No guard, no context. */
export const PARCEL: JsonObject = {
  initial: 'idle',
  states: {
    idle: { on: { ORDER: 'ordered' } },
    ordered: { on: { SHIP: 'shipped', CANCEL: 'idle' } },
    shipped: { on: { DELIVER: 'delivered', LOSE: 'idle' } },
    delivered: { on: { RESET: 'idle' } },
  },
};

/** One way round. */
export const PARCEL_STEPS: readonly string[] = ['ORDER', 'SHIP', 'DELIVER', 'RESET'];

/** Guards, a context that is written, and a timer; its context is `betContext`. */
export const BET: JsonObject = JSON.parse(
  readFileSync(new URL('../../examples/bet/definition.json', import.meta.url), 'utf8'),
);

/** What two people bet; pubkeys of both, of the oracle and of the escrow. */
export function betContext(pubkeys: readonly string[], start: number): JsonObject {
  const [ann = '', bob = '', oraclePubkey = '', escrowPubkey = ''] = pubkeys;
  return {
    ...(BET['context'] as JsonObject),
    bettorPubkeys: [ann, bob],
    ...{ oraclePubkey, escrowPubkey },
    startsAt: start + 3_600,
    endsAt: start + 9_000,
    reportBy: start + 12_600,
  };
}

/** A context that grows by a vote a step. */
export const VOTE: JsonObject = {
  initial: 'open',
  context: { options: ['yes', 'no'], votes: {} },
  meta: {
    nsm: {
      v: 1,
      guards: {
        canCast: {
          and: [
            { '!': { in: [{ var: 'by' }, { var: 'ctx.votes' }] } },
            { in: [{ var: 'data.choice' }, { var: 'ctx.options' }] },
          ],
        },
      },
      actions: {
        cast: [{ set: [['votes', { var: 'by' }], { var: 'data.choice' }] }],
      },
    },
  },
  states: { open: { on: { CAST: { guard: 'canCast', actions: 'cast' } } } },
};
