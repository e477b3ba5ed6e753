/**
 * `GET /api/v1/machines/{id}/events`: what happens to a machine, as server-sent events.
 *
 * Frames are handed over when the client takes them, and not before: who reads slowly costs a place
 * in the machine's feed and nothing else. With `Last-Event-ID` the answer begins with what was
 * missed: from the feed, or, when that is gone, from the record of the machine, which has the heads
 * and where it stands now, marked `missed` since refusals and side branches are not told again.
 */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Relay } from '../relay.ts';
import type { ChainRow } from '../store/machine-log.ts';
import { addressReader } from './client-address.ts';
import { noticeFrame, noticeId, type Place, parseNoticeId } from './feed.ts';
import type { Followed } from './feeds.ts';
import { standingOf } from './notices.ts';
import { isProblem, type Problem, problem } from './problem.ts';
import { eventsQuery } from './queries.ts';
import { findMachine, type NamedMachine, type Reply, readAs } from './request.ts';
import { openStream } from './streams.ts';

/** At most so many heads are told again from the record; of more, only the last. */
export const REPLAY_MAX = 500;
const REPLAYED_AT_ONCE = 20;

/** Clients come back after so many milliseconds. */
const RETRY_MS = 2_000;

/** Answers with a stream that does not end by itself. */
export function followMachine(relay: Relay, context: Context): Reply {
  const query = readAs(eventsQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  };
  if (context.req.method === 'HEAD') return context.body(null, 200, headers);
  const { incoming, outgoing } = context.env as HttpBindings;
  const address = addressReader(relay.config.listen)(incoming);
  const full = takePlace(relay, address);
  if (full) return full;
  const followed = relay.feeds.follow(found.id, found.row.event);
  const missed = readMissed(context.req.header('last-event-id') ?? query.last_event_id);
  const { from, past } = start(relay, found, { followed, missed });
  const { machine, feed } = followed;
  const end = (): void => void incoming.socket.destroy();
  const { body, leave } = openStream(relay, { machine, feed, from, past, address, end });
  outgoing.once('close', leave);
  // Who is gone by now has left before anybody listened.
  if (outgoing.closed) leave();
  return context.body(body, 200, headers);
}

/** A stream is a connection like a websocket, and has its place among them. */
function takePlace(relay: Relay, address: string): Problem | undefined {
  const { connections, streams, config, addresses } = relay;
  if (connections.size + streams.size >= config.limits.connectionsMax) {
    const headers = { 'Retry-After': '10' };
    return problem('overloaded', 'this relay has as many connections as it takes', { headers });
  }
  if (addresses.connect(address)) return undefined;
  const headers = { 'Retry-After': '10' };
  return problem('rate-limited', 'too many connections from this address', { headers });
}

/** What a client says it has seen last; `'unknown'` when it cannot be told what that was. */
function readMissed(id: string | undefined): Place | 'unknown' | undefined {
  return id === undefined || id === '' ? undefined : (parseNoticeId(id) ?? 'unknown');
}

type Start = {
  /** The number in the feed to go on from. */
  readonly from: number;
  /** What goes before. */
  readonly past: Iterator<Uint8Array>;
};

type Coming = {
  readonly followed: Followed;
  readonly missed: Place | 'unknown' | undefined;
};

function start(relay: Relay, found: NamedMachine, { followed, missed }: Coming): Start {
  const { stamp, feed } = followed;
  const isInFeed = typeof missed === 'object' && missed.stamp === stamp;
  if (isInFeed && feed.after(missed.number)) return { from: missed.number, past: opening() };
  const { data } = standingOf(relay.store, found.id, found.row.event);
  const from = feed.last();
  const { revision, height } = data;
  const id = noticeId({ stamp, number: from, revision, height });
  const isCurrent = missed === undefined || (missed !== 'unknown' && missed.revision === revision);
  if (isCurrent) return { from, past: opening(id) };
  const since = missed === 'unknown' ? height : missed.height;
  const last = noticeFrame('head', { ...data, missed: true }, id);
  return { from, past: retold(relay, found, { since, upTo: height, last }) };
}

/** An id without data makes a client that breaks off at once come back to here. */
function* opening(id?: string): Generator<Uint8Array> {
  const said = id === undefined ? '' : `id: ${id}\n`;
  yield new TextEncoder().encode(`${said}retry: ${RETRY_MS}\n\n`);
}

type Retold = { readonly since: number; readonly upTo: number; readonly last: Uint8Array };

/** Canonical heads above a height, as the record has them, and then where the machine stands. */
function* retold(
  { store }: Relay,
  { id: machine, row }: NamedMachine,
  { since, upTo, last }: Retold,
): Generator<Uint8Array> {
  yield* opening();
  const revision = store.machines.find(row.event)?.revision ?? 0;
  const end = upTo - since > REPLAY_MAX ? since : upTo;
  const branch = 'canonical';
  for (let height = since; height < end; ) {
    const after = [height, Number.MAX_SAFE_INTEGER] as const;
    const { rows } = store.machineLog.chain(row.event, { branch, after, limit: REPLAYED_AT_ONCE });
    const wanted = rows.filter((each) => each.height <= end);
    for (const each of wanted) yield retoldHead(each, { machine, revision });
    const reached = wanted.at(-1)?.height;
    if (reached === undefined) break;
    height = reached;
  }
  yield last;
}

function retoldHead(row: ChainRow, known: { machine: string; revision: number }): Uint8Array {
  const { height, status, type, created_at } = row;
  const head = row.id.toString('hex');
  const data = {
    ...{ ...known, head, height, status, value: JSON.parse(row.value) as unknown },
    ...{ transition: head, prior: row.prior?.toString('hex') ?? null, type },
    ...{ author: row.pubkey.toString('hex'), created_at },
    ...{ state_hash: row.state_hash.toString('hex'), missed: true },
  };
  // Who breaks off here comes back with this height, whatever has become of the feed.
  return noticeFrame('head', data, noticeId({ stamp: '0', number: 0, revision: 0, height }));
}
