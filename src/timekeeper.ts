/**
 * The timekeeper: signs and publishes the tick when a timer of a hosted machine is due
 * (PROTOCOL §5).
 *
 * What is due stands in the store, so a restart forgets nothing. Work is bounded however much is
 * due: so many ticks a turn, the next turn only when these were answered, and no machine twice in
 * a second. The machine that has not moved for longest comes first, so one whose timers never end
 * keeps nobody waiting.
 */
import type { Lane } from './intake.ts';
import type { NostrEvent } from './nostr/event.ts';
import { buildTransition } from './nsm/builders.ts';
import { TICK } from './nsm/kinds.ts';
import { type RelayKey, withId } from './relay-key.ts';
import type { DueMachine } from './store/machine-rows.ts';
import type { Store } from './store/store.ts';
import type { Outcome } from './writer.ts';

/** A running timekeeper. */
export type Timekeeper = {
  /** Told that machines moved: a timer may be due sooner than was thought. */
  readonly wake: () => void;
  readonly stop: () => void;
};

/** What a timekeeper works with. */
export type TimekeeperParts = {
  readonly store: Pick<Store, 'machines'>;
  readonly key: RelayKey;
  readonly lane: Lane;
  /** Unix seconds. */
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
};

/** Most ticks between two turns of the timekeeper, and how long these are apart at least. */
export const TICKS_PER_TURN = 64;
const PAUSE_MS = 50;

/** How long a machine is left alone, in seconds: after a tick, and after one that was refused. */
const TICKED_SECONDS = 1;
const REFUSED_SECONDS = 60;

/** Timers may become due unheard of, when an operator lifts a freeze: so it looks now and then. */
const SLEEP_MAX_MS = 60_000;

/** Starts to keep time. */
export function startTimekeeper({ store, key, lane, now, onFault }: TimekeeperParts): Timekeeper {
  /** Machines to leave alone, and from when on no longer. */
  const resting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let isSoon = false;
  let inFlight = 0;

  const sleep = (ms: number) => {
    clearTimeout(timer);
    isSoon = ms <= PAUSE_MS;
    if (!isStopped) timer = setTimeout(turn, Math.min(ms, SLEEP_MAX_MS)).unref();
  };

  const turn = () => {
    const time = now();
    try {
      const ticks = findDue(time).map((machine) => signTick(key, machine, time));
      inFlight = ticks.length;
      for (const tick of ticks) publish(tick, time);
      if (ticks.length === 0) sleep(untilNext(time));
    } catch (fault) {
      onFault(fault);
      sleep(SLEEP_MAX_MS);
    }
  };

  const findDue = (time: number): readonly DueMachine[] => {
    for (const [id, until] of resting) if (until <= time) resting.delete(id);
    const due = store.machines.due(time, TICKS_PER_TURN + resting.size);
    return due.filter(({ id }) => !resting.has(id)).slice(0, TICKS_PER_TURN);
  };

  const untilNext = (time: number): number => {
    let next = store.machines.nextDueAfter(time) ?? Number.POSITIVE_INFINITY;
    for (const until of resting.values()) next = Math.min(next, until);
    return (next - time) * 1_000;
  };

  const publish = ({ id, event }: Tick, time: number) => {
    const done = ({ accepted }: Outcome) => {
      const seconds = accepted ? TICKED_SECONDS : REFUSED_SECONDS;
      resting.set(id, time + seconds);
      inFlight--;
      if (inFlight === 0) sleep(PAUSE_MS);
    };
    lane.submit({ event, bytes: 0, authenticated: new Set<string>(), isChecked: true, done });
  };

  sleep(0);
  return {
    wake: () => {
      // What is about to happen anyway is not put off: on a busy relay it never would happen.
      if (inFlight === 0 && !isSoon) sleep(PAUSE_MS);
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

type Tick = { readonly id: string; readonly event: NostrEvent };

function signTick(key: RelayKey, { id, head, headTime }: DueMachine, time: number): Tick {
  const signer = { pubkey: key.pubkey, createdAt: time };
  const onto = { id: head, createdAt: headTime };
  const event = withId(buildTransition(signer, { machine: id, head: onto, type: TICK }));
  return { id, event: { ...event, sig: key.sign(event.id) } };
}
