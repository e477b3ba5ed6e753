/**
 * What every answer begins with: the query, read by its schema, and the machine a path names.
 */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { NostrEvent } from '../nostr/event.ts';
import { DEFINITION_KIND } from '../nsm/kinds.ts';
import type { Relay } from '../relay.ts';
import type { MachineRow } from '../store/machine-rows.ts';
import { isProblem, type Problem, problem } from './problem.ts';
import { eventIdText } from './queries.ts';

/** What a request is answered with; a problem becomes its response in one place. */
export type Reply = Response | Problem;

/** Answers one path of a relay. */
export type Answer = (relay: Relay, context: Context) => Reply | Promise<Reply>;

/** A hosted machine as its path names it, not yet loaded. */
export type NamedMachine = { readonly id: string; readonly row: MachineRow };

/** A value in the form of a schema, or everything that is wrong with it as one sentence. */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> | Problem {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const issues = error.issues.map(({ path, message }) => [...path, message].join(': '));
  return problem('bad-request', issues.join('; '));
}

/** True for an event that its author has asked to have removed: stored still, and nobody's. */
export function isLeaving(
  { store }: Relay,
  { pubkey, created_at, kind }: Pick<NostrEvent, 'pubkey' | 'created_at' | 'kind'>,
): boolean {
  const author = store.events.authors.find(pubkey);
  return author !== undefined && store.vanished.isLeaving({ author, created_at, kind });
}

/** The machine of `/api/v1/machines/{id}…`. */
export function findMachine({ store, access }: Relay, context: Context): NamedMachine | Problem {
  const id = readAs(eventIdText, context.req.param('id'));
  if (isProblem(id)) return { ...id, detail: `machine: ${id.detail}` };
  const found = store.events.find(id);
  const row = found?.kind === DEFINITION_KIND ? store.machines.find(found.n) : undefined;
  const isShown = row !== undefined && !access.rules().isHidden(id);
  return isShown ? { id, row } : problem('not-found', `this relay hosts no machine ${id}`);
}
