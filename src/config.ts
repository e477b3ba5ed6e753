/**
 * The one definition of every option: name, bounds, default and what it does.
 *
 * The loader, the environment names, `config.example.json`, `docs/configuration.md` and the JSON
 * schema are all derived from `configSchema`, so nothing can be configured that is not documented.
 * Names carry their unit last (`messageBytesMax`). An option stands here only while it has an
 * effect; a configuration, once made, is deeply frozen and passed on as an argument.
 */

import { z } from 'zod';
import { FRAME_BYTES, limits, quotas, rate } from './config/limits.ts';
import { backup, storage } from './config/storage.ts';
import {
  address,
  group,
  integer,
  key,
  keys,
  kindList,
  oneOf,
  ranges,
  text,
  yes,
} from './config/values.ts';

/** Longest subscription id of a client, in characters: fixed by NIP-01, so not an option. */
export const SUBSCRIPTION_ID_MAX = 64;

const listen = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; 0.0.0.0 or :: takes connections from everywhere.'),
  port: integer(
    { min: 0, max: 65_535, default: 7_777 },
    'TCP port for websockets and HTTP alike; 0 takes a free one, named in the line printed at ' +
      'start.',
  ),
  trustedProxies: ranges(
    'Addresses, or ranges such as 10.0.0.0/8, of proxies whose header is believed; clients that ' +
      'connect from elsewhere are known by the address they connect from.',
  ),
  proxyHeader: oneOf(
    ['none', 'x-forwarded-for', 'forwarded'],
    'Header in which trusted proxies name the client; read from the right, the first address ' +
      'that is not a trusted proxy counts.',
  ),
});

const relay = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(29)
    .default('Headkeeper')
    .describe('Name in the NIP-11 document, fewer than 30 characters.'),
  description: text(2_000, 'What this relay is for, in the NIP-11 document.'),
  contact: text(200, 'How to reach the operator: a URI such as mailto:ops@example.com (NIP-11).'),
  pubkey: key('npub', 'Public key of the operator, hex or npub (NIP-11).'),
  icon: address(['http', 'https'], 'URL of a square picture that stands for this relay (NIP-11).'),
  secretKey: key(
    'nsec',
    "The relay's own key, hex or nsec, with which it signs keeper snapshots; without it the key " +
      'in <dataDir>/relay.key is used, which is made on the first start.',
  ).meta({ secret: true }),
});

const kinds = z.strictObject({
  mode: oneOf(
    ['open', 'strict'],
    'open takes every kind and judges those of machines; strict takes only machines, ' +
      'transitions, snapshots and deletions (7500, 7501, 30078, 5) and what kinds.allow names.',
  ),
  allow: kindList('Further kinds that strict mode takes; without effect in open mode.'),
  deny: kindList('Kinds that are refused in either mode, even if allowed above.'),
});

const forkModes = ['head-only', 'dag', 'void'] as const;

const machines = z.strictObject({
  publishers: oneOf(
    ['any', 'designated'],
    'Whose snapshots of a machine are taken: those of anybody, as long as they are right, or ' +
      'only those of the custodian its definition names.',
  ),
  transitionMaxAgeSeconds: integer(
    { min: 0, max: 31_536_000, default: 0 },
    'Oldest created_at, in seconds before now, of a definition or transition sent by a client; ' +
      'older ones are refused as backdated. 0 is no bound; 300 suits contracts with deadlines.',
  ),
  forks: oneOf(forkModes, 'Fork mode of a machine whose definition has no forks tag.'),
  allowedForks: z
    .array(z.enum(forkModes))
    .min(1)
    .default([...forkModes])
    .readonly()
    .describe('Fork modes a definition may ask for; with another one it is refused.'),
  custodian: oneOf(
    ['accept', 'refuse'],
    'Whether definitions may name the key of this relay as their custodian: the order it holds ' +
      'is then final at once, and it publishes its snapshot at their coordinate too.',
  ),
  links: oneOf(
    ['strict', 'infer'],
    'What becomes of a transition that does not name the one before it: strict refuses it once a ' +
      'machine has begun; infer takes it as built on the head, for clients that never write that ' +
      'link, and marks the machine for good as one whose order nobody signed.',
  ),
  timekeeper: yes(
    false,
    'Whether the relay itself publishes the tick, under its own key, when a timer of a hosted ' +
      'machine is due.',
  ),
  libraries: text(
    1_000,
    'Folder of JSON libraries that definitions may name in an engine tag, besides the bundled ' +
      'ones; they become part of the rule set. Empty is none.',
  ),
  cachedMax: integer(
    { min: 16, max: 1_000_000, default: 2_000 },
    'Machines kept compiled in memory; the least recently used gives way and is compiled again ' +
      'when needed.',
  ),
  cachedBytesMax: integer(
    { min: 1_048_576, max: 17_179_869_184, default: 268_435_456 },
    'Memory for compiled machines, in bytes, estimated from above by what their definitions and ' +
      'states hold.',
  ),
});

const access = z.strictObject({
  allowAuthors: keys(
    'Authors, hex or npub, whose events are taken; an empty list means everybody.',
  ),
  denyAuthors: keys('Authors, hex or npub, whose events are refused, even if allowed above.'),
  onlyAllowed: yes(
    false,
    'Whether only allowed authors may write even while access.allowAuthors is empty: then those ' +
      'who are allowed over NIP-86.',
  ),
  authRequired: yes(false, 'Whether a client must authenticate (NIP-42) to read or write.'),
  authToWrite: yes(false, 'Whether a client must authenticate (NIP-42) to write.'),
});

const admin = z.strictObject({
  pubkeys: keys(
    'Keys, hex or npub, that may manage the relay over HTTP (NIP-86); none switches that off.',
  ),
});

const pow = z.strictObject({
  minimumBits: integer(
    { min: 0, max: 64, default: 0 },
    'Leading zero bits an event id must have (NIP-13); 0 asks for no work.',
  ),
});

const verify = z.strictObject({
  workers: integer(
    { min: -1, max: 256, default: -1 },
    'Threads that check signatures; -1 is one fewer than there are cores, but at least 1. 0 ' +
      'checks on the main thread.',
  ),
  backend: z
    .enum(['', 'libsecp256k1', 'secp256k1', 'wasm', 'noble'])
    .default('')
    .describe(
      'What checks signatures; empty takes the fastest that passes the BIP-340 vectors. A named ' +
        'one that does not work stops the start.',
    ),
});

const search = z.strictObject({
  enabled: yes(
    false,
    'Whether filters may search in contents (NIP-50). Switched on, stored events are indexed in ' +
      'the background; switched off, the index is dropped at the next start.',
  ),
});

const answers = z.strictObject({
  eoseHints: yes(
    false,
    'Whether EOSE says if that was all (NIP-67); an answer at its limit then runs to the end of ' +
      'its last second. Some clients wait for ever when EOSE says more than NIP-01 has it say.',
  ),
});

const vanish = z.strictObject({
  mode: oneOf(
    ['refuse', 'redact'],
    'What becomes of a request to vanish (NIP-62): refuse takes none, redact removes what its ' +
      'author published and leaves tombstones in the record of machines, which can then no ' +
      'longer be replayed from the start.',
  ),
});

const negentropy = z.strictObject({
  enabled: yes(true, 'Whether other relays may reconcile their events with ours (NIP-77).'),
  recordsMax: integer(
    { min: 1, max: 100_000_000, default: 1_000_000 },
    'Most events in one reconciliation, at 41 bytes each; all of them together hold at most four ' +
      'times as many.',
  ),
  sessionsMax: integer(
    { min: 1, max: 10_000, default: 64 },
    'Most reconciliations at a time; a further one is refused.',
  ),
});

const log = z.strictObject({
  level: z
    .enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'])
    .default('info')
    .describe('Least severe level that is logged, to stderr; refused events are at debug.'),
  format: oneOf(['json', 'pretty'], 'json is one object a line; pretty is for people.'),
});

const metrics = z.strictObject({
  public: yes(
    false,
    'Whether /metrics answers everybody; else it answers this machine alone, and nothing that a ' +
      'proxy passed on.',
  ),
});

const explorer = z.strictObject({
  play: yes(
    false,
    'Whether the page /play lets visitors drive the examples on this relay, with throw-away keys ' +
      'made in their browsers; what they send is judged and stored like everything else.',
  ),
});

/** All options in their groups. Parsing fills in defaults, and freezes what it returns. */
export const configSchema = z
  .strictObject({
    listen: group(listen),
    publicUrl: address(
      ['ws', 'wss'],
      'The address clients use, such as wss://relay.example.com: NIP-42 answers must name it. ' +
        'Empty is ws://<host>:<port>.',
    ),
    dataDir: z
      .string()
      .min(1)
      .default('./data')
      .describe('Folder of the database and the relay key, seen from the working directory.'),
    relay: group(relay),
    kinds: group(kinds),
    machines: group(machines),
    access: group(access),
    admin: group(admin),
    limits: group(limits),
    rate: group(rate),
    quotas: group(quotas),
    pow: group(pow),
    storage: group(storage),
    search: group(search),
    answers: group(answers),
    vanish: group(vanish),
    backup: group(backup),
    verify: group(verify),
    negentropy: group(negentropy),
    log: group(log),
    metrics: group(metrics),
    explorer: group(explorer),
  })
  .superRefine(({ limits, machines }, context) => {
    const refuse = (path: string, input: unknown, message: string): void =>
      context.addIssue({ code: 'custom', path: path.split('.'), input, message });
    const { messageBytesMax, eventBytesMax, limitDefault, limitMax } = limits;
    if (messageBytesMax < eventBytesMax + FRAME_BYTES)
      refuse(
        'limits.messageBytesMax',
        messageBytesMax,
        `must exceed limits.eventBytesMax by ${FRAME_BYTES}`,
      );
    if (limitDefault > limitMax)
      refuse('limits.limitDefault', limitDefault, 'must not exceed limits.limitMax');
    if (!machines.allowedForks.includes(machines.forks))
      refuse('machines.forks', machines.forks, 'must be one of machines.allowedForks');
  })
  .readonly();

/** What the relay runs by: every option with its effective value, deeply frozen. */
export type Config = z.output<typeof configSchema>;

/** What may be written: any part of a configuration; keys in hex or as NIP-19 has them. */
export type ConfigInput = z.input<typeof configSchema>;

/** A configuration from its deviations; throws a ZodError when one is unknown or out of bounds. */
export function makeConfig(deviations: ConfigInput = {}): Config {
  return configSchema.parse(deviations);
}
