/**
 * ETags (RFC 9110): who has an answer already is told so, in 304 and without the answer.
 *
 * A tag stands for every byte of the answer. Where the answer follows from less, its file makes the
 * tag of that and spares the rest of the work; everywhere else the tag is a hash of the body, which
 * is always right and spares the way.
 */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { Reply } from './request.ts';

/** The tag of what the given texts say, together. */
export function etagOf(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\n');
  return `"${hash.digest('base64url').slice(0, 22)}"`;
}

/** The answer to somebody who has what a tag stands for; undefined when he does not say so. */
export function notModified(context: Context, tag: string): Response | undefined {
  const known = context.req.header('if-none-match');
  if (known === undefined || !names(known, tag)) return undefined;
  return context.body(null, 304, { ETag: tag, 'Cache-Control': 'no-cache' });
}

/** Answers with JSON under the tag of its text, or that it is known; asked for anew each time. */
export function taggedJson(
  context: Context,
  answer: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const text = JSON.stringify(answer);
  const tag = etagOf(text);
  const known = notModified(context, tag);
  if (known) return known;
  const type = { 'Content-Type': 'application/json' };
  return context.body(text, 200, { ...headers, ...type, ETag: tag, 'Cache-Control': 'no-cache' });
}

/** True when an If-None-Match header names a tag; compared weakly (RFC 9110). */
function names(header: string, tag: string): boolean {
  const tags = header.split(',').map((name) => name.trim().replace(/^W\//, ''));
  return tags.includes(tag) || tags.includes('*');
}
