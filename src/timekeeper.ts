/**
 * The timekeeper: signs and publishes the tick when a timer of a hosted machine is due
 * (PROTOCOL §5).
 *
 * What is due stands in the store, so a restart forgets nothing. Work is bounded: so many ticks a
 * turn, the next turn only when these were answered, thousands due at once are worked off in
 * order. A tick that is refused is not repeated until its machine has moved.
 */
import type { Lane } from './intake.ts';
import type { Machines } from './machines.ts';
import { TICK, TRANSITION_KIND } from './nsm/kinds.ts';
import { type RelayKey, withId } from './relay-key.ts';
import type { Store } from './store/store.ts';

/** A running timekeeper. */
export type Timekeeper = {
  /** Told that machines moved: a timer may be due sooner than was thought. */
  readonly wake: () => void;
  readonly stop: () => void;
};

const TICKS_PER_TURN = 64;
const SLEEP_MAX_MS = 60_000;
const REFUSED_MAX = 10_000;

/** Starts to keep time; `now` is in Unix seconds. */
export function startTimekeeper(parts: {
  readonly store: Store;
  readonly machines: Machines;
  readonly key: RelayKey;
  readonly lane: Lane;
  readonly now: () => number;
}): Timekeeper {
  const { store, machines, key, lane, now } = parts;
  /** Machine → the head on which a tick was refused. */
  const refused = new Map<string, string | null>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let inFlight = 0;

  const sleep = (ms: number) => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(turn, Math.min(ms, SLEEP_MAX_MS)).unref();
  };

  const turn = () => {
    if (inFlight > 0 || isStopped) return;
    const time = now();
    const due = findDue(time);
    inFlight = due.length;
    for (const id of due) tick(id, time);
    if (due.length > 0) return;
    const next = store.machines.nextDueAfter(time);
    sleep(next === undefined ? SLEEP_MAX_MS : (next - time) * 1_000);
  };

  /** Machines whose tick was refused stay due; they are stepped over. */
  const findDue = (time: number): string[] => {
    const found: string[] = [];
    for (let offset = 0; found.length < TICKS_PER_TURN; offset += TICKS_PER_TURN) {
      const page = store.machines.due(time, { limit: TICKS_PER_TURN, offset });
      found.push(...page.filter((id) => refused.get(id) !== headOf(id)));
      if (page.length < TICKS_PER_TURN) break;
    }
    return found.slice(0, TICKS_PER_TURN);
  };

  const headOf = (id: string): string | null => machines.machine(id)?.head.id ?? null;

  const tick = (id: string, time: number) => {
    const machine = machines.machine(id);
    const head = machine?.head;
    if (!head) return settle();
    const unsigned = withId({
      pubkey: key.pubkey,
      created_at: Math.max(time, head.createdAt),
      kind: TRANSITION_KIND,
      tags: [['e', id], ['t', TICK], ...(head.id === null ? [] : [['transition', head.id]])],
      content: '',
    });
    const event = { ...unsigned, sig: key.sign(unsigned.id) };
    lane.submit({
      ...{ event, bytes: 0, authenticated: new Set<string>(), isChecked: true },
      done: (outcome) => {
        if (refused.size >= REFUSED_MAX) refused.clear();
        if (!outcome.accepted) refused.set(id, head.id);
        settle();
      },
    });
  };

  const settle = () => {
    inFlight--;
    if (inFlight === 0) sleep(0);
  };

  sleep(0);
  return {
    wake: () => {
      if (inFlight === 0) sleep(0);
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
