/**
 * `docs/limits.md`: every bound, its default, and what happens at it.
 *
 * Bounds and defaults come from the configuration and from the constants of the code; what happens
 * is written here. An option that bounds something and has no row is an error, and so is a row
 * without an option, so the page cannot fall behind.
 */

import { FORK_LIMITS } from '../src/branches.ts';
import { OPTIONS, type Option } from '../src/config/options.ts';
import { SUBSCRIPTION_ID_MAX } from '../src/config.ts';
import { COUNT_WORK_MAX, COUNTS_MAX } from '../src/counts.ts';
import { TRIAL_LIMITS } from '../src/definition-trial.ts';
import { REPLAY_MAX } from '../src/http/events.ts';
import { CHART_MAX } from '../src/http/explorer/chart-graph.ts';
import { LAYOUT_LIMITS } from '../src/http/explorer/chart-layout.ts';
import { FEED_LIMITS } from '../src/http/feed.ts';
import { FEEDS_LIMITS } from '../src/http/feeds.ts';
import { PENDING_MAX } from '../src/http/validate.ts';
import { HTTP_AUTH_WINDOW } from '../src/nostr/http-auth.ts';
import { BUCKETS_MAX } from '../src/policy/rate.ts';
import { EVIDENCE_LIMITS } from '../src/store/evidence.ts';
import { LIST_BOUNDS } from '../src/store/machine-list.ts';
import { RANKED_MAX } from '../src/store/ranked.ts';
import { REFUSALS_MAX } from '../src/store/refusals.ts';
import { REFUSED_MAX } from '../src/store/refused-memory.ts';
import { SESSIONS_PER_CONNECTION_MAX } from '../src/sync/negentropy-sessions.ts';
import { TICKS_PER_TURN } from '../src/timekeeper.ts';
import { cell } from './markdown.ts';

type Row = readonly [bound: string, beyond: string];
type Section = { readonly title: string; readonly says: string; readonly rows: readonly Row[] };

/** Whole numbers that bound nothing a client does. */
const NO_BOUNDS: readonly string[] = ['listen.port', 'verify.workers'];

const SECTIONS: readonly Section[] = [
  {
    title: 'A frame and an event',
    says: 'Looked at first, since it costs least. The NIP-11 document tells clients of these.',
    rows: [
      ['limits.messageBytesMax', 'the connection is closed (1009)'],
      ['limits.eventBytesMax', '`event-too-large`'],
      ['limits.contentCharactersMax', '`event-too-large`'],
      ['limits.tagsMax', '`too-many-tags`'],
      ['limits.createdAtFutureSeconds', '`time-out-of-range`'],
      ['limits.createdAtPastSeconds', '`time-out-of-range`'],
      ['machines.transitionMaxAgeSeconds', '`backdated`'],
      ['pow.minimumBits', '`pow`'],
    ],
  },
  {
    title: 'A connection',
    says:
      'A client that is closed is closed without a close frame: libraries then connect again by ' +
      'themselves.',
    rows: [
      ['limits.pendingEventsPerConnectionMax', 'nothing more is read until half is answered'],
      ['limits.keysPerConnectionMax', 'AUTH is answered with OK false, `rate-limited:`'],
      [
        'limits.sendQueueBytesMax',
        'the connection is closed; stored events wait instead, at 1 MiB',
      ],
      ['limits.heartbeatSeconds', 'the connection is closed when a whole interval was missed'],
      ['limits.idleSeconds', 'the connection is closed'],
    ],
  },
  {
    title: 'What a connection asks for',
    says: 'A filter may still be dear to answer: queries pause after a slice of work.',
    rows: [
      ['limits.subscriptionsMax', 'CLOSED, `rate-limited:`'],
      ['limits.filtersMax', 'CLOSED, `invalid:`'],
      ['limits.filterValuesMax', 'CLOSED, `invalid:`'],
      ['limits.subscribedValuesMax', 'CLOSED, `rate-limited:`'],
      ['limits.limitMax', 'the limit is lowered'],
      ['limits.limitDefault', 'the answer ends'],
      ['limits.httpBodyBytesMax', 'HTTP 413, and the connection ends'],
    ],
  },
  {
    title: 'An address and a key',
    says:
      'All of these are switched off with `rate.enabled`. Buckets are kept by address, not by ' +
      'connection: to come back does not fill one. Of IPv6 a /64 counts as one address. Behind a ' +
      'proxy set `listen.proxyHeader` and `listen.trustedProxies`, else all clients share one.',
    rows: [
      ['limits.connectionsPerAddressMax', 'HTTP 429 instead of a websocket'],
      ['limits.connectionsPerKeyMax', 'AUTH is answered with OK false, `rate-limited:`'],
      ['rate.eventsPerSecond', '`rate-limited`'],
      ['rate.eventsPerSecondPerAuthor', '`rate-limited`; only what the author signed counts'],
      [
        'rate.requestsPerSecond',
        'CLOSED, NOTICE or OK false with `rate-limited:`, over HTTP 429; CLOSE and health are free',
      ],
    ],
  },
  {
    title: 'Machines and their authors',
    says:
      'Quotas are kept over a restart. They never refuse a snapshot, a tick, anything by a ' +
      "machine's designated custodian, or what is reserved for its participants: nobody is kept " +
      'from disputing.',
    rows: [
      ['limits.chainMax', '`quota`'],
      ['quotas.definitionsPerDay', '`quota` with `retry_after`'],
      ['quotas.transitionsPerHour', '`quota` with `retry_after`'],
      ['quotas.machineTransitionsPerHour', '`quota` with `retry_after`'],
      ['quotas.reservedPerHour', 'the quotas above count'],
      ['limits.poolEventsPerMissingMax', '`pool-full`'],
      ['limits.poolEventsPerMachineMax', '`pool-full`'],
      ['limits.poolEventsPerAuthorMax', '`pool-full`'],
      ['limits.poolEventsMax', 'those that wait longest are forgotten'],
      ['limits.poolBytesMax', 'those that wait longest are forgotten'],
      ['limits.poolSeconds', 'an event that waited so long is forgotten'],
      ['machines.cachedMax', 'the machine used longest ago is compiled again when it is needed'],
      ['machines.cachedBytesMax', 'likewise'],
      ['storage.cachedBytesMax', 'an event that nobody asked for again is read anew'],
    ],
  },
  {
    title: 'The relay as a whole',
    says: 'What protects the process when everybody comes at once.',
    rows: [
      ['negentropy.sessionsMax', 'NEG-ERR, `blocked:`'],
      ['negentropy.recordsMax', 'NEG-ERR, `blocked:`'],
      ['storage.freeBytesMin', '`storage` until there is room again; reads go on'],
      ['backup.intervalHours', 'a backup is taken, if `backup.folder` is set'],
      ['backup.keep', 'the oldest backup is removed once a new one has passed its check'],
      ['limits.connectionsMax', 'HTTP 503 instead of a websocket'],
      ['limits.pendingEventsMax', '`overloaded`, and `/readyz` says busy'],
      ['limits.sendQueuesBytesMax', 'the connection for which most is waiting is closed'],
    ],
  },
];

/** Bounds that are no options. */
const FIXED: readonly (readonly [what: string, most: string, beyond: string])[] = [
  ['subscription id, in characters', count(SUBSCRIPTION_ID_MAX), 'CLOSED or NOTICE, `invalid:`'],
  ['created\\_at of a machine’s event ahead of the clock', '60 s', '`from-future`'],
  [
    'addresses, and keys, with a bucket',
    count(BUCKETS_MAX),
    'those used longest ago are forgotten',
  ],
  ['definitions that wait for their trial', count(TRIAL_LIMITS.waiting), '`overloaded`'],
  ['time of a trial', `${count(TRIAL_LIMITS.milliseconds)} ms`, '`engine-timeout`'],
  ['evidence for one prior, of each kind', count(EVIDENCE_LIMITS.siblings), 'refused, not kept'],
  ['evidence of a machine, of each kind', count(EVIDENCE_LIMITS.total), 'refused, not kept'],
  ['side branches of one node, in dag mode', count(FORK_LIMITS.siblings), '`fork-limit`'],
  ['nodes on side branches of a machine', count(FORK_LIMITS.total), '`fork-limit`'],
  [
    'ticks of the timekeeper in a turn, one a second for each machine',
    count(TICKS_PER_TURN),
    'the next turn',
  ],
  ['counts of a connection at a time', count(COUNTS_MAX), 'CLOSED, `rate-limited:`'],
  [
    'work of a count, about rows of an index',
    count(COUNT_WORK_MAX),
    'the number is said to be approximate',
  ],
  ['newest matches among which relevance decides', count(RANKED_MAX), 'older ones are not found'],
  ['reconciliations of a connection', count(SESSIONS_PER_CONNECTION_MAX), 'NEG-ERR, `blocked:`'],
  ['events another relay refused in a sync', count(REFUSED_MAX), 'the oldest are offered again'],
  ['remembered refusals', count(REFUSALS_MAX), 'the oldest are forgotten'],
  ['events of a machine kept for its streams', count(FEED_LIMITS.notices), 'the oldest go'],
  ['size of these, in bytes', count(FEED_LIMITS.bytes), 'the oldest go'],
  ['size of those of all machines, in bytes', count(FEEDS_LIMITS.bytes), 'all of one machine go'],
  ['refusals told on a stream in a second', count(FEEDS_LIMITS.refusalsPerSecond), 'counted'],
  ['heads told again from the record', count(REPLAY_MAX), 'only the last one is told'],
  [
    'machines that move while a listing is read',
    count(LIST_BOUNDS.lookedAt),
    'the last are left out',
  ],
  ['states of a machine that is drawn', count(CHART_MAX.nodes), 'there is a table'],
  ['arrows of a machine that is drawn', count(CHART_MAX.edges), 'there is a table'],
  [
    'time in which a chart is laid out',
    `${count(LAYOUT_LIMITS.milliseconds)} ms`,
    'there is a table',
  ],
  ['charts that wait', count(LAYOUT_LIMITS.waiting), 'there is a table'],
  ['dry runs that wait', count(PENDING_MAX), 'HTTP 429'],
  ['age of a NIP-98 authorisation, either way', `${HTTP_AUTH_WINDOW} s`, 'HTTP 401'],
];

/** `docs/limits.md`. */
export function limitsPage(): string {
  const rows = SECTIONS.flatMap((section) => section.rows.map(([path]) => path));
  const bounds = OPTIONS.filter(isBound).map(({ path }) => path);
  const missing = bounds.filter((path) => !rows.includes(path));
  const unknown = rows.filter((path) => !bounds.includes(path));
  if (missing.length + unknown.length > 0) {
    throw new Error(`bounds without a row or the other way round: ${[...missing, ...unknown]}`);
  }
  const fixed = FIXED.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return [INTRODUCTION, ...SECTIONS.map(sectionText), `${FIXED_HEAD}\n${fixed}\n`, PUBLIC].join(
    '\n',
  );
}

const isBound = ({ path, schema }: Option): boolean =>
  schema.type === 'integer' && !NO_BOUNDS.includes(path);

const INTRODUCTION = `# Limits

<!-- Written by \`npm run docs\` from the configuration; see scripts/limits-docs.ts. -->

Every bound of a relay, its default, and what happens at it. Words like \`quota\` are
[codes of refusals](refusals.md): the text of an OK false. How to set an option is in
[configuration.md](configuration.md).
`;

const FIXED_HEAD = `## Fixed

Not for the operator to change. What a definition, a payload and a state may be is part of the
protocol: [writing machines](writing-machines.md#fuel-and-limits).

| what | most | beyond it |
|---|---|---|`;

const PUBLIC = `## A relay for everybody

The defaults suit a relay whose writers are known, and load tests. One that is open to strangers is
better off with less; this is a place to begin:

\`\`\`json
{
  "limits": { "connectionsPerAddressMax": 20, "subscriptionsMax": 50 },
  "rate": { "eventsPerSecond": 20, "eventsPerSecondPerAuthor": 10, "requestsPerSecond": 50 },
  "quotas": {
    "definitionsPerDay": 10,
    "transitionsPerHour": 600,
    "machineTransitionsPerHour": 600
  }
}
\`\`\`
`;

function sectionText({ title, says, rows }: Section): string {
  const lines = rows.map(([path, beyond]) => {
    const { schema } = OPTIONS.find((option) => option.path === path) as Option;
    const standard = count(Number(schema.default));
    return `| \`${path}\` | ${standard} | ${cell(schema.description)} | ${beyond} |`;
  });
  const head = '| option | default | meaning | beyond it |\n|---|---|---|---|';
  return `## ${title}\n\n${says}\n\n${head}\n${lines.join('\n')}\n`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
