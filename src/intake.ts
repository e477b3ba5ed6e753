/**
 * From a parsed event to its OK: admission, id, signature, trial, and one transaction per batch.
 *
 * Events of one connection are written in the order they came (a lane), connections do not wait
 * for each other. A batch is whatever is ready when batching.ts says so; `OK true` is said only
 * after its commit, and subscribers hear of an event only after that too.
 */
import { commitBatch, type Written } from './batch.ts';
import { createBatching } from './batching.ts';
import type { Change } from './branches.ts';
import type { DefinitionTrial } from './definition-trial.ts';
import { DUPLICATE, knownEvent } from './known.ts';
import { createLanes, type LaneQueue } from './lanes.ts';
import type { Machines } from './machines.ts';
import { kindClass, type NostrEvent, serializeEvent } from './nostr/event.ts';
import { DEFINITION_KIND } from './nsm/kinds.ts';
import type { Admit } from './policy/admit.ts';
import type { KeyLimits } from './policy/rate.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Store } from './store/store.ts';
import { nodeEventId } from './verify/event-id.ts';
import type { VerifyPool } from './verify/pool.ts';
import type { Outcome, Writer } from './writer.ts';

/** An event that was committed, or, without `n`, only passed on (ephemeral kinds). */
export type Published = { readonly event: NostrEvent; readonly n?: number };

/** An event that was judged, and how that ended, after the commit. */
export type Judged = { readonly event: NostrEvent; readonly outcome: Outcome };

/** One event on its way in, with what admission needs to know about its sender. */
export type Submission = {
  readonly event: NostrEvent;
  /** Length of the event on the wire. */
  readonly bytes: number;
  readonly authenticated: ReadonlySet<string>;
  /** Admitted and verified before, or signed by this relay just now: only to be judged. */
  readonly isChecked?: boolean;
  /** Called once: after the commit, or as soon as the event is refused. */
  readonly done: (outcome: Outcome) => void;
};

/** One sender's events in their order. */
export type Lane = { readonly submit: (submission: Submission) => void };

/** The queue between connections and the storing transaction. */
export type Intake = {
  readonly openLane: () => Lane;
  /** Events between submission and answer. */
  readonly pending: () => number;
  /** Refuses what comes from now on, resolves when everything before was answered. */
  readonly stop: () => Promise<void>;
};

/** What an intake works with. */
export type IntakeParts = {
  readonly store: Store;
  readonly machines: Machines;
  readonly admit: Admit;
  readonly write: Writer;
  readonly pool: VerifyPool;
  readonly trial: DefinitionTrial;
  /** How many events a key may sign; none is counted without. */
  readonly keys?: Pick<KeyLimits, 'takeEvent'>;
  /** The relay's own key: who authenticates as that is the operator, and is not counted. */
  readonly self?: string;
  readonly pendingMax: number;
  /** Whether there is room on the disk. */
  readonly hasRoom: () => boolean;
  /** Unix seconds. */
  readonly now: () => number;
  /** Committed and passed-on events in commit order, and what they changed in machines. */
  readonly onPublished: (published: readonly Published[], changes: readonly Change[]) => void;
  /** Everything that was judged, in order, after `onPublished`. */
  readonly onJudged: (judged: readonly Judged[]) => void;
  readonly onFault: (fault: unknown) => void;
};

/** Most events in one transaction: bounds how long the first of them waits for its commit. */
const BATCH_MAX = 256;

/** An event that held the thread for longer than this has its lane rest so many times as long. */
const DEAR_MS = 20;
const REST_FACTOR = 20;

type Entry = {
  readonly submission: Submission;
  readonly lane: LaneQueue<Entry>;
  ready: boolean;
  refusal?: Refusal | undefined;
};

/** The one way in for events, whoever sends them. */
export function createIntake(parts: IntakeParts): Intake {
  let pending = 0;
  let stopping = false;
  let idle: (() => void) | undefined;

  const lanes = createLanes<Entry>(() => schedule());
  const schedule = createBatching({
    due: lanes.due,
    coming: () => parts.pool.pending,
    commit: () => drain(),
  });

  const answer = ({ submission }: Entry, outcome: Outcome) => {
    pending--;
    submission.done(outcome);
    if (pending === 0) idle?.();
  };

  /** Machines may cost what the rule set allows; who sends the dear ones waits, not everybody. */
  const charge = ({ lane }: Entry, milliseconds: number) => {
    if (milliseconds > DEAR_MS) lanes.rest(lane, milliseconds * REST_FACTOR);
  };

  const drain = () => {
    lanes.drain(BATCH_MAX, (next) => {
      const written = commitBatch(parts, { next, charge });
      for (const { entry, outcome } of written) answer(entry, outcome);
      const published = written.flatMap(publishedBy);
      try {
        const changes = written.flatMap(({ outcome }) => outcome.changes ?? []);
        if (published.length + changes.length > 0) parts.onPublished(published, changes);
        parts.onJudged(written.flatMap(judgedBy));
      } catch (fault) {
        parts.onFault(fault);
      }
    });
    if (lanes.due() > 0) schedule();
  };

  const openLane = (): Lane => {
    const lane = lanes.open();
    return {
      submit: (submission) => {
        const early = earlyOutcome(parts, submission, { pending, stopping });
        pending++;
        const entry: Entry = { submission, lane, ready: false };
        if (early) return answer(entry, early);
        lane.waiting.push(entry);
        const settle = (refusal?: Refusal) => {
          entry.ready = true;
          entry.refusal = refusal;
          lanes.release(lane);
        };
        if (submission.isChecked) return settle();
        checkSignature(parts, submission, settle);
      },
    };
  };

  return {
    openLane,
    pending: () => pending,
    stop: () => {
      stopping = true;
      lanes.wake();
      return new Promise((resolve) => {
        idle = resolve;
        if (pending === 0) resolve();
      });
    },
  };
}

/** What can be said without a signature: refusals of admission, a wrong id, a duplicate. */
function earlyOutcome(
  { admit, now, store, pendingMax, hasRoom }: IntakeParts,
  { event, bytes, authenticated, isChecked }: Submission,
  { pending, stopping }: { readonly pending: number; readonly stopping: boolean },
): Outcome | undefined {
  if (stopping) return { accepted: false, refusal: refuse('shutting-down') };
  // Those that make such events have bounds of their own.
  const fits = hasRoom() || kindClass(event.kind) === 'ephemeral';
  if (isChecked) return fits ? undefined : { accepted: false, refusal: refuse('storage') };
  if (pending >= pendingMax) return { accepted: false, refusal: refuse('overloaded') };
  const refusal = admit(event, { bytes, now: now(), authenticated });
  if (refusal) return { accepted: false, refusal };
  if (nodeEventId(serializeEvent(event)) !== event.id) {
    return { accepted: false, refusal: refuse('bad-id') };
  }
  // The id is the hash of everything but the signature, and that was checked the first time.
  const known = knownEvent(store, event);
  if (known === 'stored') return { accepted: true, message: DUPLICATE };
  if (known && known !== 'hollow') return { accepted: false, refusal: known };
  if (fits) return undefined;
  const says = 'the disk is full or read-only; reads go on';
  return { accepted: false, refusal: refuse('storage', {}, says) };
}

function checkSignature(
  { pool, trial, keys, self = '' }: IntakeParts,
  { event, authenticated }: Submission,
  settle: (refusal?: Refusal) => void,
): void {
  pool.verify(event.id, event.pubkey, event.sig, (valid) => {
    if (!valid) return settle(refuse('bad-signature'));
    const isCounted = !authenticated.has(self);
    if (isCounted && keys?.takeEvent(event.pubkey, performance.now()) === false) {
      return settle(refuse('rate-limited', { retry_after: 1 }, 'too many events by this author'));
    }
    if (event.kind !== DEFINITION_KIND) return settle();
    trial.run(event, settle);
  });
}

/** What a check before the verdict stopped was not judged. */
function judgedBy({ entry, outcome }: Written<Entry>): Judged[] {
  return entry.refusal ? [] : [{ event: entry.submission.event, outcome }];
}

function publishedBy({ entry, outcome }: Written<Entry>): Published[] {
  const { event } = entry.submission;
  if (!outcome.accepted) return [];
  const branch = outcome.branch ?? [];
  if (outcome.n !== undefined) return [...branch, { event, n: outcome.n }];
  if (branch.length > 0) return [...branch];
  return kindClass(event.kind) === 'ephemeral' ? [{ event }] : [];
}
