/**
 * The reconciliations of one connection (NIP-77): NEG-OPEN, NEG-MSG and NEG-CLOSE.
 *
 * Ids are a name space of their own. Messages alternate; whoever speaks out of turn, falls silent
 * or never comes to an end is told NEG-ERR, after which the id is free. Encrypted kinds are in no
 * set, whoever asks.
 */
import { parseFilter } from '../nostr/filter.ts';
import { type NegentropyMessage, negErrFrame, negMsgFrame } from '../nostr/message.ts';
import { wantsOnlyGuarded } from '../policy/guarded.ts';
import type { Relay } from '../relay.ts';
import type { Answered, Reconciliation } from './reconciler.ts';

/** The reconciliations of a connection. */
export type NegentropySessions = {
  readonly receive: (message: NegentropyMessage) => void;
  /** Forgets all of them, since nobody is there any more. */
  readonly end: () => void;
};

/** The connection they belong to. */
export type NegentropyClient = {
  readonly relay: Relay;
  readonly authenticated: ReadonlySet<string>;
  readonly send: (frame: string) => void;
  /** Asks the client to authenticate, if that was not done yet. */
  readonly challenge: () => void;
};

/** How many reconciliations one connection may have. */
export const SESSIONS_PER_CONNECTION_MAX = 16;
const IDLE_MS = 60_000;
/** Far more than sets of a million need, fewer than a client that goes round in circles makes. */
const ROUNDS_MAX = 4_096;

type Session = {
  readonly reconciliation: Reconciliation;
  rounds: number;
  /** True until the last message is answered. */
  isBusy: boolean;
  idle: NodeJS.Timeout | undefined;
};

/** Reconciliations for a connection that has none yet. */
export function negentropySessions(client: NegentropyClient): NegentropySessions {
  const { relay, send } = client;
  const sessions = new Map<string, Session>();

  const close = (id: string): void => {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    clearTimeout(session.idle);
    session.reconciliation.close();
  };

  const refuse = (id: string, reason: string, max?: number): void => {
    close(id);
    if (reason.startsWith('auth-required')) client.challenge();
    send(negErrFrame(id, reason, max));
  };

  const hear = (id: string, session: Session | undefined, answer: Answered): void => {
    if (session === undefined || sessions.get(id) !== session) return;
    if ('problem' in answer) {
      const { recordsMax } = relay.config.negentropy;
      if (answer.problem === 'too-many')
        return refuse(id, `blocked: more than ${recordsMax} records match`, recordsMax);
      if (answer.problem === 'malformed') return refuse(id, 'invalid: not a negentropy message');
      return refuse(id, 'closed: the set of records is gone, open it again');
    }
    session.isBusy = false;
    session.idle = setTimeout(() => refuse(id, 'closed: nothing was heard for long'), IDLE_MS);
    session.idle.unref();
    send(negMsgFrame(id, answer.message));
  };

  const open = (id: string, { filter: value, message }: Opened): void => {
    close(id);
    const filter = parseFilter(value, relay.config.limits);
    if ('problem' in filter) return refuse(id, filter.problem);
    const problem = refuseReconciliation(client, wantsOnlyGuarded(filter), sessions.size);
    if (problem !== undefined) return refuse(id, problem);
    let session: Session | undefined;
    const answered = (answer: Answered) => hear(id, session, answer);
    const reconciliation = relay.reconciler.open({ filter, message, answered });
    if (reconciliation === undefined) return refuse(id, 'blocked: too many reconciliations');
    session = { reconciliation, rounds: 1, isBusy: true, idle: undefined };
    sessions.set(id, session);
  };

  const goOn = (id: string, message: string): void => {
    const session = sessions.get(id);
    if (session === undefined) return refuse(id, 'closed: no such reconciliation is open');
    if (session.isBusy) return refuse(id, 'closed: the last message is not answered yet');
    session.rounds++;
    if (session.rounds > ROUNDS_MAX) return refuse(id, 'closed: this does not come to an end');
    session.isBusy = true;
    clearTimeout(session.idle);
    session.reconciliation.ask(message);
  };

  return {
    receive: (message) => {
      if (message.verb === 'NEG-CLOSE') return close(message.id);
      if (message.verb === 'NEG-MSG') return goOn(message.id, message.message);
      open(message.id, message);
    },
    end: () => {
      for (const id of [...sessions.keys()]) close(id);
    },
  };
}

type Opened = { readonly filter: unknown; readonly message: string };

function refuseReconciliation(
  { relay: { config }, authenticated }: NegentropyClient,
  isGuarded: boolean,
  open: number,
): string | undefined {
  if (!config.negentropy.enabled) return 'blocked: reconciliation is switched off here';
  const isKnown = authenticated.size > 0;
  if (!isKnown && (isGuarded || config.access.authRequired)) {
    return 'auth-required: authenticate to read this';
  }
  if (isGuarded) return 'restricted: encrypted kinds are not reconciled';
  const limit = SESSIONS_PER_CONNECTION_MAX;
  return open >= limit ? `blocked: at most ${limit} reconciliations at a time` : undefined;
}
