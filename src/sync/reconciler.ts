/**
 * Reconciliations of all connections, and the one thread that does their work.
 *
 * Bounded by how many there are and by how many records they hold together. The thread is started
 * by the first of them; when it dies, all of them end and the next one starts another.
 */
import type { Worker } from 'node:worker_threads';
import type { Config } from '../config.ts';
import type { Filter } from '../nostr/filter.ts';
import { startWorker } from '../worker.ts';
import type { Question, ReconcilerData, Reply } from './reconciler-worker.ts';

/** How a message was answered, in hex; `closed` when the set is gone for another reason. */
export type Answered =
  | { readonly message: string }
  | { readonly problem: 'too-many' | 'malformed' | 'closed' };

/** One reconciliation. Asked again only after it has answered; `answered` is not called then. */
export type Reconciliation = {
  readonly ask: (message: string) => void;
  readonly close: () => void;
};

/** What a reconciliation begins with: which events, and the first message in hex. */
export type Opening = {
  readonly filter: Filter;
  readonly message: string;
  readonly answered: (answer: Answered) => void;
};

/** The reconciliations of a relay. */
export type Reconciler = {
  /** Begins one; undefined when no more can be held. */
  readonly open: (opening: Opening) => Reconciliation | undefined;
  readonly close: () => Promise<void>;
};

/** What a reconciler works with. */
export type ReconcilerParts = {
  readonly config: Config;
  /** The relay's own pubkey. */
  readonly keeper: string;
  /** Unix seconds. */
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
};

/** Longest message, in bytes; in hex twice that, which fits the frames of common relays. */
export const MESSAGE_BYTES_MAX = 60_000;

/** Together they hold so many times the records that one may have. */
const SETS_AT_THEIR_MOST = 4;

/** `records` is what it holds or may come to hold; 0 as long as it waits for its turn. */
type Session = { readonly opening: Opening; records: number };

/** The reconciler of a relay. */
export function createReconciler({ config, keeper, now, onFault }: ReconcilerParts): Reconciler {
  const { dataDir, negentropy } = config;
  const { recordsMax, sessionsMax } = negentropy;
  const sessions = new Map<number, Session>();
  let worker: Worker | undefined;
  let last = 0;

  const end = (id: number): boolean => {
    const existed = sessions.delete(id);
    if (existed) startWaiting();
    return existed;
  };

  const hear = (reply: Reply) => {
    const session = sessions.get(reply.session);
    if (session === undefined) return;
    if ('message' in reply) session.records = Math.max(1, reply.size);
    else sessions.delete(reply.session);
    session.opening.answered(reply);
    startWaiting();
  };

  const start = (): Worker => {
    const url = new URL('./reconciler-worker.ts', import.meta.url);
    const workerData: ReconcilerData = { dataDir, keeper, frameBytesMax: MESSAGE_BYTES_MAX };
    const started = startWorker(url, { workerData });
    started.unref();
    started.on('message', hear);
    started.on('error', (fault) => {
      worker = undefined;
      onFault(fault);
      const ended = [...sessions.values()];
      sessions.clear();
      for (const { opening } of ended) opening.answered({ problem: 'closed' });
    });
    return started;
  };

  const ask = (question: Question) => {
    worker ??= start();
    worker.postMessage(question);
  };

  /** Until its set is there, a session that has begun counts as one of the largest. */
  const startWaiting = () => {
    let held = [...sessions.values()].reduce((sum, { records }) => sum + records, 0);
    for (const [id, session] of sessions) {
      if (session.records > 0) continue;
      held += recordsMax;
      if (held > SETS_AT_THEIR_MOST * recordsMax) return;
      session.records = recordsMax;
      const { filter, message } = session.opening;
      ask({ ask: 'open', session: id, filter, now: now(), recordsMax, message });
    }
  };

  return {
    open: (opening) => {
      if (sessions.size >= sessionsMax) return undefined;
      const id = ++last;
      sessions.set(id, { opening, records: 0 });
      startWaiting();
      return {
        ask: (message) => {
          if (sessions.has(id)) ask({ ask: 'answer', session: id, message });
        },
        close: () => {
          if (end(id)) ask({ ask: 'close', session: id });
        },
      };
    },
    close: async () => void (await worker?.terminate()),
  };
}
