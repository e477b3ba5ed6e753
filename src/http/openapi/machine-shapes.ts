/**
 * What answers about machines and their states look like, member by member.
 *
 * The document at `/openapi.json` and the page about the API are made of these; a test holds what
 * the relay answers against them. Members may be added, never renamed.
 */
import { z } from 'zod';

const HEX_64 = /^[0-9a-f]{64}$/;

/** The id of an event, in answers. */
export const eventId = z.string().regex(HEX_64);
/** A public key, in answers. */
export const pubkey = z.string().regex(HEX_64);
/** A SHA-256 in hex. */
export const hash = z.string().regex(HEX_64);
/** Unix seconds. */
export const time = z.int().min(0);
/** How many, or how high. */
export const count = z.int().min(0);
/** Where a listing goes on. */
export const next = z.string().nullable().describe('Cursor of the next page; null on the last.');
/** Active states as XState writes them: `"a"` or `{"a":"b"}`. */
export const value = z.unknown().describe('Active states, as XState writes them.');
/** What can be the matter with a machine. */
export const status = z.enum(['active', 'done', 'frozen', 'error']);
/** `yes`: with an empty payload. `depends`: on the payload, or on who sends. */
export const enabled = z.enum(['yes', 'no', 'depends']);

const context = z.unknown().describe('Context of the machine.');
const head = eventId.nullable().describe('The head: a transition; null before the first.');
const height = count.describe('Transitions from the start to here.');

/** A signed event (NIP-01). */
export const event = z.object({
  id: eventId,
  pubkey,
  created_at: time,
  kind: count,
  tags: z.array(z.array(z.string())),
  content: z.string(),
  sig: z.string().regex(/^[0-9a-f]{128}$/),
});

/** `…/state`. */
export const state = z.object({
  machine: eventId,
  head,
  height,
  status: status.describe('`frozen` when the machine takes nothing more; else as in the engine.'),
  value,
  context,
  output: z.unknown().describe('Output of a machine that is done, else null.'),
  history: z.unknown().describe('What history states remember.'),
  timers: z.array(z.object({ event: z.string(), due: time })).describe('Running timers.'),
  state_hash: hash.describe('SHA-256 of the canonical state.'),
  finality: z.enum(['final', 'provisional', 'local']).describe('Whether a custodian endorsed it.'),
  final_height: count.nullable().describe('How far the chain is final; null without endorsement.'),
  revision: count.describe('Changes of head, finality and freeze so far.'),
  rules: z.object({ name: z.string(), hash }).describe('The rule set that computed it.'),
  engine_status: z.enum(['active', 'done', 'error']),
  links: z.enum(['strict', 'inferred']).describe('`inferred`: the order is not all signed.'),
  next: z
    .array(z.object({ type: z.string(), guarded: z.boolean() }))
    .describe('Types that have a handler now; guards are not asked.'),
  canonical: z.string().optional().describe('With `canonical`: the text that was hashed.'),
  projected: z
    .object({ at: time, status, value, context, more_due: z.boolean() })
    .optional()
    .describe('With `projected`: the state once the timers that are due have fired.'),
});

/** `…/{id}`. */
export const machine = z.object({
  machine: eventId,
  definition: event.nullable().describe('Null when its body was removed.'),
  title: z.string().nullable(),
  description: z.string().nullable(),
  author: pubkey.nullable(),
  created_at: time,
  first_seen: time.describe('When this relay got it.'),
  content_hash: hash.describe('The same for all machines with this content.'),
  custodian: z
    .object({ pubkey, d: z.string(), status: z.enum(['silent', 'active', 'equivocated']) })
    .nullable()
    .describe('Who makes the order final.'),
  forks: z.enum(['head-only', 'dag', 'void']),
  participants: z.array(pubkey),
  warnings: z.array(z.object({ code: z.string(), path: z.string(), message: z.string() })),
  replayable: z.boolean().describe('False when something of it was removed.'),
  counts: z.object({ transitions: count, evidence: count, snapshots: count }),
  state,
});

/** `/api/v1/machines`. */
export const machines = z.object({
  machines: z.array(
    z.object({
      machine: eventId,
      title: z.string().nullable(),
      author: pubkey.nullable(),
      status,
      value,
      height,
      head,
      forks: z.enum(['head-only', 'dag', 'void']),
      participants: z.array(pubkey).describe('The first of them.'),
      updated_at: time.describe('When it moved, by the clock of the relay.'),
    }),
  ),
  next,
});

/** The data of each event of a stream, whatever it is about. */
export const notice = z.object({
  machine: eventId,
  revision: count,
  head,
  height,
  status,
  value,
  final_height: count.nullable().optional(),
  missed: z.boolean().optional().describe('Told again from the record.'),
});
