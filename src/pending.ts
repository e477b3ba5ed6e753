/**
 * What waits for what: holds events that came too early, and hands them in again.
 *
 * An event is held when its verdict is that something is missing, and goes through the intake once
 * more as soon as that something was decided, whichever way: built on a transition that was
 * refused or lost a race, it has to be refused or kept as evidence itself. It is then judged like
 * any other, and told to subscribers when it is committed; its sender has had his answer.
 */
import type { Config } from './config.ts';
import type { Judged, Lane } from './intake.ts';
import type { NostrEvent } from './nostr/event.ts';
import { parseLink, parseMachineRef } from './nsm/transition.ts';
import { createPendingPool, type PendingPool, type PoolLimits } from './pending-pool.ts';
import { isPending, REFUSALS, type Refusal } from './refusal.ts';
import type { Outcome, Writer } from './writer.ts';

/** The pending pool at work. */
export type Pending = {
  /** The writer, with what it refuses as missing something held. */
  readonly around: (write: Writer) => Writer;
  /** Told what was judged and committed, in order. */
  readonly release: (judged: readonly Judged[]) => void;
  readonly size: PendingPool['size'];
};

/** Machines whose lane is remembered, so that the dear ones among them go on resting. */
const LANES_MAX = 256;
const NOBODY: ReadonlySet<string> = new Set();

/** The bounds of the pool in a configuration. */
export function poolLimits({ limits }: Config): PoolLimits {
  return {
    perMissingMax: limits.poolEventsPerMissingMax,
    perMachineMax: limits.poolEventsPerMachineMax,
    perAuthorMax: limits.poolEventsPerAuthorMax,
    eventsMax: limits.poolEventsMax,
    bytesMax: limits.poolBytesMax,
    seconds: limits.poolSeconds,
  };
}

/** A pool in front of an intake; `now` is in Unix seconds. */
export function createPending(parts: {
  readonly limits: PoolLimits;
  readonly now: () => number;
  readonly openLane: () => Lane;
}): Pending {
  const { limits, now, openLane } = parts;
  const pool = createPendingPool(limits);
  /** A lane for each machine, since what it costs is its own. */
  const lanes = new Map<string, Lane>();

  const laneOf = (machine: string): Lane => {
    const lane = lanes.get(machine) ?? openLane();
    lanes.delete(machine);
    lanes.set(machine, lane);
    if (lanes.size > LANES_MAX) lanes.delete(lanes.keys().next().value ?? '');
    return lane;
  };

  /** Events on their way in again, with the id they waited for. */
  const released = new Map<string, string>();

  const submit = (event: NostrEvent, awaited: string): void => {
    released.set(event.id, awaited);
    laneOf(parseMachineRef(event) ?? '').submit({
      ...{ event, bytes: 0, authenticated: NOBODY, isChecked: true },
      done: () => void released.delete(event.id),
    });
  };

  return {
    around: (write) => (event, time) => {
      const outcome = write(event, time);
      if (outcome.accepted || !isPending(outcome.refusal)) return outcome;
      const missing = missingTo(event, outcome.refusal);
      // What was decided and is missing all the same was dropped here: only its sender can help.
      if (missing === undefined || released.get(event.id) === missing) return outcome;
      return { accepted: false, refusal: pool.hold(event, missing, time) ?? outcome.refusal };
    },
    release: (judged) => {
      for (const { event, outcome } of judged) {
        if (!isDecided(outcome)) continue;
        for (const waiting of pool.take(event.id, now())) submit(waiting, event.id);
      }
    },
    size: pool.size,
  };
}

/**
 * What an event waits for: what its verdict says is missing. If that is the machine, the prior or
 * head that the event names comes after it, and waits itself.
 */
function missingTo(event: NostrEvent, { code, details }: Refusal): string | undefined {
  const link = code === 'unknown-machine' ? parseLink(event) : null;
  return link ?? details.missing;
}

/** False where the same bytes may fare otherwise later: then what waits goes on waiting. */
function isDecided(outcome: Outcome): boolean {
  return outcome.accepted || REFUSALS[outcome.refusal.code].remedy !== 'resend';
}
