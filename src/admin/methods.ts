/**
 * The table of management methods (NIP-86), and how one is called.
 *
 * A change, its place in the log and what follows from it are one transaction: what is not logged
 * was not done. After it the access rules are read again, so it is effective with the next event.
 */
import { EVENTS } from './events.ts';
import { MACHINES } from './machines.ts';
import { isFailure, type Methods, type Office, page, telling } from './method.ts';
import { grants, ROLES, WRITERS } from './people.ts';
import { ADDRESSES, KINDS, TEXTS } from './settings.ts';

/** A call by a key that proved to be what it says. */
export type Call = {
  readonly pubkey: string;
  readonly method: string;
  readonly params: readonly unknown[];
  /** The body as it came, and the event that covers it: what the log keeps. */
  readonly request: string;
  readonly auth: { readonly id: string; readonly json: string };
};

/** The answer of NIP-86: a result or an error. */
export type CallAnswer = { readonly result: unknown } | { readonly error: string };

const isGrantable = (name: string): boolean =>
  Object.hasOwn(METHODS, name) && METHODS[name]?.ownersOnly === false;

/** Every method but `supportedmethods`, whose answer depends on who asks. */
export const METHODS: Methods = {
  ...{ ...WRITERS, ...ROLES, ...grants(isGrantable) },
  ...{ ...EVENTS, ...TEXTS, ...KINDS, ...ADDRESSES, ...MACHINES },
  listlog: telling(page, ({ before, limit }, { store }) =>
    store.administration.log(before, limit).map(({ auth, ...entry }) => {
      const event = JSON.parse(auth) as { readonly pubkey: string };
      return { ...entry, pubkey: event.pubkey, auth: event };
    }),
  ),
};

/** Whether a key may call a method: an owner any, another what was granted to it. */
function mayCall({ store, config }: Office, pubkey: string, method: string): boolean {
  if (config.admin.pubkeys.includes(pubkey)) return true;
  if (METHODS[method]?.ownersOnly) return false;
  return store.administration
    .assignments('method')
    .some((grant) => grant.pubkey === pubkey && grant.name === method);
}

/** Whether a key may call anything at all. */
export function isOfficial({ store, config }: Office, pubkey: string): boolean {
  if (config.admin.pubkeys.includes(pubkey)) return true;
  return store.administration.assignments('method').some((grant) => grant.pubkey === pubkey);
}

/** Calls a method for who may, and makes what it changed effective. */
export function callMethod(office: Office, call: Call): CallAnswer {
  const { pubkey, method: name, params } = call;
  if (name === 'supportedmethods') {
    return { result: Object.keys(METHODS).filter((method) => mayCall(office, pubkey, method)) };
  }
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) return { error: 'this relay does not know that method' };
  if (!mayCall(office, pubkey, name)) return { error: 'this key may not call that method' };
  if (!method.changes) return answerOf(method.call(params, office));
  try {
    return office.store.transaction(() => {
      const answer = answerOf(office.store.isolated(() => method.call(params, office)));
      logCall(office, call, answer);
      return answer;
    });
  } catch (fault) {
    office.machines.forget();
    throw fault;
  } finally {
    office.access.reload();
  }
}

function logCall(
  { store, now }: Office,
  { method, request, auth }: Call,
  answer: CallAnswer,
): void {
  const error = 'error' in answer ? answer.error : null;
  const { id: authId, json } = auth;
  store.administration.addToLog({ at: now(), method, request, error, authId, auth: json });
}

function answerOf(given: unknown): CallAnswer {
  return isFailure(given) ? given : { result: given };
}
