/**
 * `GET /api/v1/machines/{id}/transitions`: what happened, in chain order, with the events.
 */
import type { Context } from 'hono';
import type { Relay } from '../relay.ts';
import { isHollow, rowToEvent } from '../store/events.ts';
import type { ChainRow } from '../store/machine-log.ts';
import { linkTo, makeCursor, readCursor } from './cursor.ts';
import { taggedJson } from './etag.ts';
import { isProblem } from './problem.ts';
import { transitionsQuery } from './queries.ts';
import { findMachine, isLeaving, type Reply, readAs } from './request.ts';

/** Answers with a page of accepted transitions; evidence is not among them. */
export function listTransitions(relay: Relay, context: Context): Reply {
  const query = readAs(transitionsQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const after = readCursor('transitions', query.cursor, [0, 0] as const);
  if (isProblem(after)) return after;
  const { branch, limit } = query;
  const { machineLog } = relay.store;
  const { rows, hasMore } = machineLog.chain(found.row.event, { branch, after, limit });
  const last = hasMore ? rows.at(-1) : undefined;
  const next = last ? makeCursor('transitions', [last.height, last.n]) : null;
  const transitions = rows.map((row) => ({ ...transitionAnswer(row), event: eventOf(relay, row) }));
  return taggedJson(context, { transitions, next }, linkTo(context, next));
}

/** Null where the body was removed; `author` is then the hash of the author's key. */
function eventOf(relay: Relay, row: ChainRow) {
  if (isHollow(row)) return null;
  const event = rowToEvent(row);
  return isLeaving(relay, event) ? null : event;
}

function transitionAnswer(row: ChainRow) {
  return {
    id: row.id.toString('hex'),
    prior: row.prior?.toString('hex') ?? null,
    height: row.height,
    type: row.type,
    author: row.pubkey.toString('hex'),
    created_at: row.created_at,
    first_seen: row.first_seen,
    canonical: row.canonical === 1,
    implied: row.implied === 1,
    state_hash: row.state_hash.toString('hex'),
    status: row.status,
    value: JSON.parse(row.value) as unknown,
  };
}
