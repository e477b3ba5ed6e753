/**
 * What the other answers look like: chains, trees, dry runs, refusals, figures, problems.
 *
 * As with `machine-shapes.ts`, a test holds what the relay answers against them.
 */
import { z } from 'zod';
import {
  count,
  enabled,
  event,
  eventId,
  hash,
  next,
  pubkey,
  status,
  time,
  value,
} from './machine-shapes.ts';

const author = pubkey.nullable().describe('Null, or a hash of the key, when the body was removed.');
const prior = eventId.nullable().describe('The transition it builds on; null for a first one.');

/** `…/next`. */
export const nextTypes = z.object({
  machine: eventId,
  head: eventId.nullable(),
  as: pubkey.nullable(),
  next: z.array(
    z.object({
      type: z.string(),
      enabled: enabled.describe('`depends`: on the payload, or on who sends it.'),
      guards: z.array(z.string()).describe('Names of the guards that decide.'),
    }),
  ),
});

/** `…/transitions`. */
export const transitions = z.object({
  transitions: z.array(
    z.object({
      id: eventId,
      prior,
      height: count,
      type: z.string(),
      author,
      created_at: time,
      first_seen: time,
      canonical: z.boolean().describe('On the path to the head.'),
      implied: z.boolean().describe('It does not name the one before it.'),
      state_hash: hash,
      status: z.enum(['active', 'done', 'error']),
      value,
      event: event.nullable().describe('Null when its body was removed.'),
    }),
  ),
  next,
});

/** `…/dag`. */
export const dag = z.object({
  machine: eventId,
  head: eventId.nullable(),
  nodes: z.array(
    z.object({
      id: eventId,
      prior,
      height: count,
      type: z.string(),
      author,
      created_at: time,
      canonical: z.boolean(),
      final: z.boolean(),
      evidence: z.boolean().describe('Refused, and kept because it contradicts the chain.'),
      implied: z.boolean(),
      equivocation: z.boolean().describe('Its author signed another one on the same prior.'),
    }),
  ),
  endorsements: z.array(
    z.object({ snapshot: eventId, head: eventId.nullable(), pubkey, created_at: time }),
  ),
  frozen: z
    .object({ at: eventId.nullable(), cause: z.string(), proof: z.array(event) })
    .nullable()
    .describe('Where and why it froze, with the events that prove it.'),
  next,
});

const role = z.enum(['definition', 'transition', 'endorsement', 'keeper']);

/** What `…/chart.svg` answers. */
export const chart = z.string().describe('An SVG image.');

/** A line of `…/proof`: one header, then events in causal order. */
export const proofLine = z.union([
  z.object({
    type: z.literal('header'),
    machine: eventId,
    head: eventId.nullable(),
    height: count,
    state_hash: hash,
    rules: z.object({ name: z.string(), hash }),
  }),
  z.object({ type: z.literal('event'), role, event }),
]);

/** `/api/v1/validate`. */
export const verdict = z.object({
  verdict: z.enum(['accept', 'refuse', 'pending', 'known']),
  code: z.string().nullable().describe('Why it is refused: a code of docs/refusals.md.'),
  prefix: z.string().nullable().describe('The prefix that OK would have (NIP-01).'),
  remedy: z.string().nullable().describe('What its author can do.'),
  message: z.string().describe('What OK would say.'),
  head: eventId.nullable(),
  height: count.nullable(),
  state: z
    .object({ status, value, context: z.unknown(), state_hash: hash })
    .nullable()
    .describe('What an accepted event leads to.'),
});

/** `/api/v1/refusals`. */
export const refusals = z.object({
  refusals: z.array(
    z.object({
      id: eventId,
      kind: count,
      machine: eventId.nullable(),
      author: pubkey,
      code: z.string(),
      message: z.string(),
      at: time,
    }),
  ),
  next,
});

/** `/api/v1/stats`. */
export const stats = z.object({
  version: z.string(),
  uptime_seconds: count,
  events: count,
  machines: count,
  transitions: count,
  database_bytes: count,
  connections: count,
  streams: count,
  subscriptions: count,
  pending: count.describe('Events between arrival and answer.'),
  held: count.describe('Events that wait for what they build on.'),
  frames: count,
  accepted: count,
  refused: z.record(z.string(), count).describe('By the code of the refusal.'),
  verify: z.string().describe('What checks signatures.'),
});

/** A problem (RFC 9457). */
export const problemShape = z.object({
  type: z.string().describe('`/problems/` and the code.'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  remedy: z.string().optional().describe('Where the code is that of a refusal.'),
});
