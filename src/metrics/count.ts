/**
 * Where the life of an event is counted: around the queue, the writer and the transaction, so that
 * none of them knows of metrics.
 */
import type { Intake, Submission } from '../intake.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { TRANSITION_KIND } from '../nsm/kinds.ts';
import type { Store } from '../store/store.ts';
import type { Outcome, Writer } from '../writer.ts';
import type { Metrics } from './registry.ts';

/** Kinds with a label of their own; every other one is `other`. */
const COMMON_KINDS: ReadonlySet<number> = new Set([
  ...[0, 1, 3, 4, 5, 6, 7, 13, 14, 16, 40, 41, 42, 62, 1059, 1111, 1984, 7500, 7501, 7502, 9734],
  ...[9735, 10_000, 10_002, 10_050, 22_242, 30_000, 30_023, 30_078, 37_500],
]);

/** The label of a kind. */
const kindLabel = (kind: number): string => (COMMON_KINDS.has(kind) ? `${kind}` : 'other');

/** The label of a client's verb. */
export const verbLabel = (verb: string): string => (verb === 'unknown' ? 'other' : verb);

/** Counts frames that this relay made, by their verbs. */
export function countSent(metrics: Metrics, frames: readonly string[]): void {
  for (const frame of frames) {
    metrics.count('nostr_relay_messages_total', frame.slice(2, frame.indexOf('"', 2)));
  }
}

/** The queue, with every event counted and timed from arrival to answer. */
export function countIntake(intake: Intake, metrics: Metrics): Intake {
  const counted = (submission: Submission): Submission => {
    const { event, done } = submission;
    const startedMs = performance.now();
    metrics.count('nostr_events_total', kindLabel(event.kind));
    return {
      ...submission,
      done: (outcome) => {
        metrics.observe('nsm_ok_duration_seconds', secondsSince(startedMs));
        countOutcome(metrics, event, outcome);
        done(outcome);
      },
    };
  };
  return {
    ...intake,
    openLane: () => {
      const { submit, ...lane } = intake.openLane();
      // What the relay itself submits was not received.
      return { ...lane, submit: (given) => submit(given.isChecked ? given : counted(given)) };
    },
  };
}

/** The writer, timed. */
export function timeWriter(write: Writer, metrics: Metrics): Writer {
  return (event, now) => {
    const startedMs = performance.now();
    try {
      return write(event, now);
    } finally {
      metrics.observe('nsm_validate_duration_seconds', secondsSince(startedMs));
    }
  };
}

/** The store, with its transactions timed. */
export function timeTransactions(store: Store, metrics: Metrics): Store {
  return {
    ...store,
    transaction: (work) => {
      const startedMs = performance.now();
      try {
        return store.transaction(work);
      } finally {
        metrics.observe('nsm_batch_duration_seconds', secondsSince(startedMs));
      }
    },
  };
}

/** Seconds since a moment that `performance.now` told. */
export const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1_000;

function countOutcome(metrics: Metrics, { kind }: NostrEvent, outcome: Outcome): void {
  const result = resultOf(outcome);
  metrics.count('nsm_events_total', result);
  const code = outcome.accepted ? '' : outcome.refusal.code;
  if (kind === TRANSITION_KIND) {
    metrics.count('nsm_transitions_total', result === 'stored' ? 'accepted' : result, code);
  }
  if (code === '') return;
  metrics.count('nsm_refusals_total', code);
  if (code === 'engine-timeout') metrics.count('nsm_engine_timeouts_total');
  if (code === 'snapshot-mismatch') metrics.count('nsm_snapshot_divergence_total');
}

function resultOf(outcome: Outcome): 'stored' | 'passed' | 'duplicate' | 'refused' {
  if (!outcome.accepted) return 'refused';
  if (outcome.n !== undefined) return 'stored';
  return outcome.message.startsWith('duplicate') ? 'duplicate' : 'passed';
}
