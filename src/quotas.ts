/**
 * Quotas: how many definitions a day one author may bring, and how many transitions an hour one
 * author and one machine may take.
 *
 * A quota protects the relay from those who write much, and must never become a weapon of one party
 * against another. So these are never refused: snapshots, whoever publishes them; ticks, which only
 * move time; whatever a machine's designated custodian sends; and of each participant of a machine
 * a number of transitions an hour, however much others have sent and he himself elsewhere. Buckets
 * are rows of the store, drawn on in the transaction that stores the event: a restart fills none.
 */
import type { Config } from './config.ts';
import type { Verdict } from './nsm/judge.ts';
import { TICK } from './nsm/kinds.ts';
import { type BucketSize, fullAfterTaking, waitFor } from './policy/buckets.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { QuotaSubject } from './store/quotas.ts';
import type { Store } from './store/store.ts';

/** The quotas of a relay. Times are Unix seconds. */
export type Quotas = {
  /** Why a verdict is over a quota; undefined when it is not, or when it may not be refused. */
  readonly objection: (pubkey: string, verdict: Verdict, now: number) => Refusal | undefined;
  /** Draws on the buckets of an event, after its row was written. */
  readonly charge: (pubkey: string, verdict: Verdict, now: number) => void;
};

type Draw = { readonly subject: QuotaSubject; readonly size: BucketSize; readonly says: string };

/** What an event draws on: it passes with room in `reserve`, or with room in all of `shared`. */
type Bill = { readonly reserve: Draw | undefined; readonly shared: readonly Draw[] };

const HOUR_MS = 3_600_000;
const NOTHING: Bill = { reserve: undefined, shared: [] };

/** Quotas over the rows of a store; those that are 0 in the configuration do not exist. */
export function createQuotas(store: Store, config: Config['quotas']): Quotas {
  const bill = (pubkey: string, verdict: Verdict): Bill => {
    if (verdict.verdict === 'definition') return billForDefinition(store, config, pubkey);
    if (verdict.verdict === 'transition') return billForTransition(store, config, verdict);
    return NOTHING;
  };
  const wait = ({ subject, size }: Draw, nowMs: number): number =>
    waitFor(store.quotas.fullAt(subject), nowMs, size);

  return {
    objection: (pubkey, verdict, now) => {
      const { reserve, shared } = bill(pubkey, verdict);
      if (reserve && wait(reserve, now * 1_000) === 0) return undefined;
      for (const draw of shared) {
        const ms = wait(draw, now * 1_000);
        if (ms === 0) continue;
        const { capacity: limit } = draw.size;
        return refuse('quota', { limit, retry_after: Math.ceil(ms / 1_000) }, draw.says);
      }
      return undefined;
    },
    charge: (pubkey, verdict, now) => {
      const nowMs = now * 1_000;
      const { reserve, shared } = bill(pubkey, verdict);
      for (const draw of reserve ? [reserve, ...shared] : shared) {
        // What passed on a reserve may find the others empty; they do not go below that.
        if (wait(draw, nowMs) > 0) continue;
        const { subject, size } = draw;
        store.quotas.put(
          subject,
          fullAfterTaking(store.quotas.fullAt(subject), nowMs, size),
          nowMs,
        );
      }
    },
  };
}

/** An author of whom nothing is stored has drawn on nothing: no row has this number. */
const numberOf = ({ authors }: Store['events'], pubkey: string): number =>
  authors.find(pubkey) ?? -1;

function billForDefinition(
  { events }: Store,
  { definitionsPerDay }: Config['quotas'],
  pubkey: string,
): Bill {
  if (definitionsPerDay === 0) return NOTHING;
  const subject = { name: 'definitions', machine: 0, author: numberOf(events, pubkey) };
  const says = `this relay takes ${definitionsPerDay} definitions a day of one author`;
  const size = {
    capacity: definitionsPerDay,
    unitMs: Math.floor((24 * HOUR_MS) / definitionsPerDay),
  };
  return { reserve: undefined, shared: [{ subject, size, says }] };
}

function billForTransition(
  { events, machines }: Store,
  { transitionsPerHour, machineTransitionsPerHour, reservedPerHour }: Config['quotas'],
  { machine: { definition }, transition }: Extract<Verdict, { verdict: 'transition' }>,
): Bill {
  if (transitionsPerHour === 0 && machineTransitionsPerHour === 0) return NOTHING;
  const { author: pubkey, type } = transition;
  if (type === TICK || definition.custodian?.pubkey === pubkey) return NOTHING;
  const machine = events.find(definition.id)?.n ?? 0;
  const author = numberOf(events, pubkey);
  const isParticipant = machines.isParticipant(machine, pubkey);
  const reserve = drawOn({ machine, author }, reservedPerHour, 'of a participant');
  return {
    reserve: isParticipant ? reserve : undefined,
    shared: [
      drawOn({ machine: 0, author }, transitionsPerHour, 'of one author'),
      drawOn({ machine, author: 0 }, machineTransitionsPerHour, 'in one machine'),
    ].filter(({ size }) => size.capacity > 0),
  };
}

function drawOn(of: Omit<QuotaSubject, 'name'>, count: number, whose: string): Draw {
  const size = { capacity: count, unitMs: Math.floor(HOUR_MS / Math.max(1, count)) };
  const says = `this relay takes ${count} transitions an hour ${whose}`;
  return { subject: { name: 'transitions', ...of }, size, says };
}
