/**
 * What may stand behind the question mark, path by path, and in the one body that is read.
 *
 * Each schema turns text into what the answer needs; unknown parameters are passed over, as
 * everywhere on the web. The descriptions are for people who write clients.
 */
import { z } from 'zod';
import { parseEventId, parsePubkey } from './ids.ts';

const HEX_64 = /^[0-9a-f]{64}$/;
/** Longer than any `nevent1…` that names a few relays. */
const ENTITY_MAX = 1_000;
/** Longer than any path of active states that is worth asking for. */
const PATH_MAX = 2_000;

/** The characters of NIP-19 (bech32). */
const ENTITY = '1[02-9ac-hj-np-z]+';

/** Text in hex, or of one of two kinds that NIP-19 knows. */
const idOrKey = (entities: string, expected: string) =>
  z.string().regex(new RegExp(`^([0-9a-fA-F]{64}|(${entities})${ENTITY})$`), expected);

const ID_EXPECTED = 'expected 64 hex digits, note1… or nevent1…';
const KEY_EXPECTED = 'expected 64 hex digits, npub1… or nprofile1…';

/** The id of an event: hex, `note1…` or `nevent1…`; hex in the end. */
export const eventIdText = idOrKey('note|nevent', ID_EXPECTED)
  .transform((text) => parseEventId(text) ?? '')
  .pipe(z.string().regex(HEX_64, ID_EXPECTED));

const pubkeyText = idOrKey('npub|nprofile', KEY_EXPECTED)
  .transform((text) => parsePubkey(text) ?? '')
  .pipe(z.string().regex(HEX_64, KEY_EXPECTED));

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

const seconds = z
  .string()
  .regex(/^\d{1,12}$/, 'expected Unix seconds')
  .transform(Number);

/** How many at most; more than the most there can be is lowered to it. */
const limit = (usual: number, most: number) =>
  z
    .string()
    .regex(/^0*[1-9]\d{0,8}$/, 'expected a positive number')
    .default(String(usual))
    .transform((text) => Math.min(Number(text), most))
    .describe(`How many at most: ${usual} if not said, never more than ${most}.`);

const cursor = z.string().max(200).optional().describe('next of the answer before.');

/** `GET /api/v1/machines`: all given conditions hold. */
export const machinesQuery = z.object({
  state: z.string().min(1).max(PATH_MAX).optional().describe('An active state: a or a.b.'),
  type: z.string().min(1).max(64).optional().describe('An event type that has a handler now.'),
  status: z.enum(['active', 'done', 'frozen', 'error']).optional().describe('How it stands.'),
  author: pubkeyText.optional().describe('Author of the definition.'),
  participant: pubkeyText.optional().describe('Author, named in the context, or sender.'),
  q: z
    .string()
    .min(1)
    .max(ENTITY_MAX)
    .transform((text) => parseEventId(text) ?? text)
    .pipe(z.string().max(100))
    .optional()
    .describe('Part of title, description or id; or a whole id as NIP-19 has it.'),
  limit: limit(50, 200),
  cursor,
});

/** `GET …/state`: of the head, or of one node by id or by time. */
export const stateQuery = z
  .object({
    at: eventIdText.optional().describe('An accepted transition; the machine: before the first.'),
    at_time: seconds.optional().describe('As it was then, by the times that authors signed.'),
    canonical: flag.describe('Whether to add the text that is hashed.'),
    projected: flag.describe('Whether to add the state as it is once due timers have fired.'),
  })
  .refine(({ at, at_time }) => at === undefined || at_time === undefined, {
    error: 'at and at_time exclude each other',
  });

/** `GET …/chart.svg`. */
export const chartQuery = z.object({
  at: eventIdText.optional().describe('An accepted transition; the machine: before the first.'),
});

/** `GET …/next`. */
export const nextQuery = z.object({
  as: pubkeyText.optional().describe('The key that would send.'),
});

/** `GET …/transitions`, in chain order. */
export const transitionsQuery = z.object({
  branch: z
    .enum(['canonical', 'all'])
    .default('canonical')
    .describe('The path to the head, or every accepted transition.'),
  limit: limit(100, 500),
  cursor,
});

/** `GET …/events`; the header `Last-Event-ID` comes before the parameter. */
export const eventsQuery = z.object({
  last_event_id: z
    .string()
    .max(100)
    .optional()
    .describe('The id of the last event that was seen, for clients that cannot set the header.'),
});

/** `GET …/dag`; the limit is one of heights, so that siblings stay together. */
export const dagQuery = z.object({ limit: limit(2_000, 2_000), cursor });

/** `GET /api/v1/refusals`, newest first. */
export const refusalsQuery = z.object({
  machine: eventIdText.optional().describe('Of one machine.'),
  code: z
    .string()
    .regex(/^[a-z-]{1,40}$/, 'expected a refusal code')
    .optional()
    .describe('With one code.'),
  limit: limit(50, 200),
  cursor,
});

/** The body of `POST /api/v1/validate`: an event, unsigned if it has no `sig`. */
export const validateBody = z.object({
  event: z.record(z.string(), z.unknown()).describe('Without `sig` it need not have an id either.'),
});
