/**
 * `GET /api/v1/refusals`: what was refused lately, and why.
 */
import type { Context } from 'hono';
import type { Relay } from '../relay.ts';
import type { RefusalRow } from '../store/refusals.ts';
import { linkTo, makeCursor, readCursor } from './cursor.ts';
import { taggedJson } from './etag.ts';
import { isProblem } from './problem.ts';
import { refusalsQuery } from './queries.ts';
import { type Reply, readAs } from './request.ts';

/** Answers with a page of remembered refusals, newest first. */
export function listRefusals(relay: Relay, context: Context): Reply {
  const query = readAs(refusalsQuery, context.req.query());
  if (isProblem(query)) return query;
  const { limit, cursor, machine, code } = query;
  const start = readCursor('refusals', cursor, [Number.MAX_SAFE_INTEGER] as const);
  if (isProblem(start)) return start;
  const asked = { machine, code, before: start[0], limit: limit + 1 };
  const rows = relay.store.refusals.list(asked);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const { isHidden } = relay.access.rules();
  const page = rows
    .slice(0, limit)
    .filter((row) => row.machine === null || !isHidden(row.machine.toString('hex')));
  const next = last ? makeCursor('refusals', [last.n]) : null;
  return taggedJson(context, { refusals: page.map(refusalAnswer), next }, linkTo(context, next));
}

function refusalAnswer({ id, kind, machine, author, code, message, at }: RefusalRow) {
  return {
    id: id.toString('hex'),
    kind,
    machine: machine?.toString('hex') ?? null,
    author: author.toString('hex'),
    code,
    message,
    at,
  };
}
