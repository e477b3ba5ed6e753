/**
 * `GET /api/v1/machines/{id}/next`: what can be sent now, by whoever or by one key.
 */
import type { Context } from 'hono';
import { nextTypes } from '../nsm/next.ts';
import type { Relay } from '../relay.ts';
import { taggedJson } from './etag.ts';
import { isProblem } from './problem.ts';
import { nextQuery } from './queries.ts';
import { findMachine, type Reply, readAs } from './request.ts';
import { loadMachine } from './state.ts';

/** Answers with the types that have a handler at the head; none when it has ended or is frozen. */
export function showNext(relay: Relay, context: Context): Reply {
  const query = readAs(nextQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const { definition, head, frozen } = loadMachine(relay, found);
  const by = query.as ?? null;
  // Nobody may sign a time before the head's.
  const sender = by === null ? null : { by, at: Math.max(relay.now(), head.createdAt) };
  return taggedJson(context, {
    machine: definition.id,
    head: head.id,
    as: by,
    next: frozen ? [] : nextTypes(definition, head, sender),
  });
}
