/**
 * `docs/http-api.md`: the API for people, derived from the table that OpenAPI is made of.
 */

import { z } from 'zod';
import { REPLAY_MAX } from '../src/http/events.ts';
import { FEED_LIMITS, type NoticeName } from '../src/http/feed.ts';
import { OPERATIONS, type Operation, SHAPES } from '../src/http/openapi/operations.ts';
import { EXAMPLES } from '../src/http/openapi/recorded.ts';
import { PROBLEMS } from '../src/http/problem.ts';
import { cell, wrap } from './markdown.ts';

/** A JSON schema as far as the tables show it. */
type Schema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly default?: unknown;
};

/** The page: what holds for all of the API, a section for each operation, streams, problems. */
export function httpApiPage(): string {
  const all = Object.entries<Operation>(OPERATIONS);
  const paths = all.map(
    ([, { method, path, summary }]) => `| \`${method.toUpperCase()} ${path}\` | ${cell(summary)} |`,
  );
  const sections = all.map(([id, operation]) => section(id, operation));
  const problems = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${cell(title)} |`,
  );
  return [
    INTRODUCTION,
    `## Paths\n\n| path | answer |\n|---|---|\n${paths.join('\n')}\n`,
    ...sections,
    streamsSection(),
    `${PROBLEMS_HEAD}\n| code | status | says |\n|---|---|---|\n${problems.join('\n')}\n`,
  ].join('\n');
}

function section(id: string, operation: Operation): string {
  const { method, path, summary, says, query, body, shape } = operation;
  const example = EXAMPLES.find((one) => one.operation === id);
  const asked = [...parameterRows(query), ...(body ? bodyRows(body) : [])];
  const told = memberRows(inputSchema(SHAPES[shape]));
  return [
    `## ${summary}\n`,
    `\`${method.toUpperCase()} ${path}\`\n`,
    `${wrap(says)}\n`,
    ...(example && method === 'get' ? [`${curl(path, example.parameters)}\n`] : []),
    ...(asked.length > 0 ? [`${ASKED_HEAD}\n${asked.join('\n')}\n`] : []),
    ...(told.length > 0 ? [`${ANSWER_HEAD}\n${told.join('\n')}\n`] : []),
  ].join('\n');
}

const NOTICES = FEED_LIMITS.notices;
const KIB = FEED_LIMITS.bytes / 1_024;

const ASKED_HEAD = '| asked with | values | meaning |\n|---|---|---|';
const ANSWER_HEAD = '| answer | type | meaning |\n|---|---|---|';

function curl(path: string, parameters: Readonly<Record<string, string>>): string {
  const { id = '', ...rest } = parameters;
  const query = new URLSearchParams(rest).toString();
  const asked = path.replace('{id}', id) + (query === '' ? '' : `?${query}`);
  return `\`\`\`sh\ncurl 'http://127.0.0.1:7777${asked}'\n\`\`\``;
}

const inputSchema = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input' }) as Schema;

function parameterRows(query: z.ZodObject): readonly string[] {
  return Object.entries(inputSchema(query).properties ?? {}).map(([name, schema]) => {
    const usual = schema.default === undefined ? '' : `, \`${schema.default}\` if not said`;
    return `| \`${name}\` | ${valuesOf(schema)}${usual} | ${cell(schema.description ?? '')} |`;
  });
}

function bodyRows(body: z.ZodObject): readonly string[] {
  return Object.entries(inputSchema(body).properties ?? {}).map(
    ([name, { description = '' }]) =>
      `| \`${name}\` in the body | an event as JSON | ${cell(description)} |`,
  );
}

/** The most a pattern says to people is which of the two kinds of names it takes. */
function valuesOf({ enum: words, pattern = '' }: Schema): string {
  if (words) return words.map((word) => `\`${word}\``).join(', ');
  if (pattern.includes('npub')) return 'hex, `npub1…`, `nprofile1…`';
  if (pattern.includes('note')) return 'hex, `note1…`, `nevent1…`';
  return pattern.includes('\\d') ? 'a number' : 'text';
}

/** A row for each member, those of inner objects behind the name of the outer one. */
function memberRows(schema: Schema, before = ''): readonly string[] {
  const branches = schema.anyOf?.filter(({ properties }) => properties) ?? [];
  if (branches.length > 0) return branches.flatMap((branch) => memberRows(branch, before));
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = before + name;
    const says = cell(member.description ?? '');
    const row = `| \`${path}\` | ${typeOf(member)} | ${says} |`;
    return [row, ...innerRows(member, path)];
  });
}

/** An event is told by NIP-01, and a state has a section of its own. */
function innerRows(schema: Schema, path: string): readonly string[] {
  const inner = schema.items ?? schema.anyOf?.find(({ properties }) => properties) ?? schema;
  const isKnown = inner.properties?.['sig'] ?? inner.properties?.['state_hash'];
  if (!inner.properties || (isKnown && !schema.items)) return [];
  if (inner.properties['sig']) return [];
  return memberRows(inner, schema.items ? `${path}[].` : `${path}.`);
}

function typeOf(schema: Schema): string {
  const { type, enum: words, anyOf, items, properties, pattern } = schema;
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (words) return words.map((word) => `\`${word}\``).join(', ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (properties?.['sig']) return 'event';
  if (properties?.['state_hash'] && properties['revision']) return 'state';
  if (type === 'array') return `list of ${items ? typeOf(items) : 'anything'}`;
  if (pattern) return 'hex';
  return [type ?? 'JSON'].flat().join(' or ');
}

const INTRODUCTION = `# HTTP API

<!-- Written by \`npm run docs\` from src/http/openapi. -->

The port of the websocket answers HTTP too. \`GET /openapi.json\` is the same as this page for
programs (OpenAPI 3.1), with an example of every answer; the examples are tested.

- **Ids** are the lower-case hex of the answers, and in requests also \`note1…\` or \`nevent1…\`;
  keys are \`npub1…\` or \`nprofile1…\` (NIP-19). Times are Unix seconds.
- **ETag**: answers about machines and listings have one. With \`If-None-Match\` the relay says 304
  as long as nothing has changed; of a state that costs one row.
- **Pages**: \`next\` is the \`cursor\` of the page after this one, and the header \`Link\` has its
  address. A listing is that of the moment at which it began: nothing of it is left out or comes
  twice, whatever happens meanwhile, as long as not more than 10,000 machines move.
- **CORS**: every page may read everything; there are no cookies.
- **Limits**: \`rate.requestsPerSecond\` for each address, then status 429 with \`Retry-After\`.
  Streams count as connections. \`/healthz\` and \`/readyz\` always answer.
- With \`access.authRequired\` the API answers nobody: it cannot know who asks.
- Events that are for some readers only (kinds 7502, 1059, 21059) and machines that the operator
  hides are on no page.
`;

/** What happens on a stream, what that means, and the members it has besides those of all. */
const HAPPENINGS: readonly (readonly [NoticeName, string, ...(readonly string[])])[] = [
  ['head', 'the machine moved', 'transition', 'prior', 'type', 'author', 'created_at'],
  ['fork', 'with `reorganised`: the path to the head is another from `at` on', 'branch'],
  ['fork', 'else: a transition was stored beside the path', 'transition', 'at', 'type', 'author'],
  ['snapshot', 'a snapshot was stored, or made something final', 'snapshot', 'author', 'of'],
  ['frozen', 'it froze at `frozen.at` by `frozen.cause`, or was let go: null', 'frozen'],
  ['refusal', 'an event about it was refused: `id`, `code`, `message`, `omitted`', 'refusal'],
  ['dropped', 'the last event: `too-slow`, `not-shown` or `shutting-down`', 'reason'],
];

function streamsSection(): string {
  const rows = HAPPENINGS.map(
    ([event, what, ...besides]) =>
      `| \`${event}\` | ${what} | ${besides.map((name) => `\`${name}\``).join(', ')} |`,
  );
  const table = `| event | what happened | besides |\n|---|---|---|\n${rows.join('\n')}`;
  return `## Streams\n\n${table}\n\n${STREAMS}`;
}

const STREAMS = `A reorganisation is one \`fork\` and one \`head\`, with \`reorganised\`, however
long the new branch is. At most ten refusals a second are told; \`omitted\` counts those that were
not.

The id of an event says where its reader stands. Who comes back with it in \`Last-Event-ID\`, as
browsers do, or in \`last_event_id\`, goes on from there: the relay keeps the last ${NOTICES} events
of a machine (${KIB} KiB) for five minutes after the last reader has left. Beyond that, and after a
restart, the heads are told again from the record, at most ${REPLAY_MAX} of them, and then one
\`head\` that says where the machine stands, all marked \`missed\`. A reader who falls behind
further than that, or takes nothing for two heartbeats, is dropped; nobody else notices.
`;

const PROBLEMS_HEAD = `## Problems

Errors are \`application/problem+json\` (RFC 9457). \`type\` is \`/problems/<code>\`; where the
code is one of [refusals.md](refusals.md), \`remedy\` says what to do about it.
`;
