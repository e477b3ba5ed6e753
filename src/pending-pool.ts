/**
 * The pending pool: signed events whose machine, prior or head has not come yet (PROTOCOL §10).
 *
 * A plain structure in memory, filed under the one id that has to come first. Every bound holds at
 * every moment. One that guards a neighbour (the same missing id, machine or author) turns the
 * newcomer away, so that nobody can push out what others wait with; the bounds on the whole let
 * the oldest go. Nothing here was promised to anybody: its sender has read OK false.
 */
import type { NostrEvent } from './nostr/event.ts';
import { eventJson } from './nostr/message.ts';
import { parseMachineRef } from './nsm/transition.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The bounds of a pool. */
export type PoolLimits = {
  /** Events that wait for the same id. */
  readonly perMissingMax: number;
  /** Events that name the same machine. */
  readonly perMachineMax: number;
  readonly perAuthorMax: number;
  /** Events altogether. */
  readonly eventsMax: number;
  /** UTF-8 bytes of their JSON altogether. */
  readonly bytesMax: number;
  /** How long an event waits. */
  readonly seconds: number;
};

/** Events that wait. Times are Unix seconds and never go back. */
export type PendingPool = {
  /**
   * Holds an event until an id comes, or says why it has no room. One that is held already starts
   * to wait anew.
   */
  readonly hold: (event: NostrEvent, missing: string, now: number) => Refusal | undefined;
  /** Removes and returns what waits for an id, in the order in which it came. */
  readonly take: (id: string, now: number) => readonly NostrEvent[];
  /** How many events wait, and the bytes of their JSON. */
  readonly size: () => { readonly events: number; readonly bytes: number };
};

type Held = {
  readonly event: NostrEvent;
  readonly missing: string;
  readonly machine: string;
  readonly bytes: number;
  readonly until: number;
};

/** An empty pool. */
export function createPendingPool(limits: PoolLimits): PendingPool {
  /** By id of the event, the one that came first in front: all wait equally long. */
  const held = new Map<string, Held>();
  const byMissing = new Map<string, Set<string>>();
  const perMachine = new Map<string, number>();
  const perAuthor = new Map<string, number>();
  let total = 0;

  const drop = (id: string, entry: Held): void => {
    held.delete(id);
    total -= entry.bytes;
    count(perMachine, entry.machine, -1);
    count(perAuthor, entry.event.pubkey, -1);
    const waiting = byMissing.get(entry.missing);
    waiting?.delete(id);
    if (waiting?.size === 0) byMissing.delete(entry.missing);
  };

  const dropWhile = (isTooMuch: (oldest: Held) => boolean): void => {
    for (const [id, entry] of held) {
      if (!isTooMuch(entry)) return;
      drop(id, entry);
    }
  };

  const add = (entry: Held): void => {
    const { event, missing, machine } = entry;
    held.set(event.id, entry);
    total += entry.bytes;
    count(perMachine, machine, 1);
    count(perAuthor, event.pubkey, 1);
    const waiting = byMissing.get(missing);
    if (waiting) waiting.add(event.id);
    else byMissing.set(missing, new Set([event.id]));
  };

  /** The bound that a newcomer would break, undefined when there is room. */
  const boundAgainst = ({ event, missing, machine, bytes: own }: Held): number | undefined => {
    const { perMissingMax, perMachineMax, perAuthorMax, bytesMax } = limits;
    if ((byMissing.get(missing)?.size ?? 0) >= perMissingMax) return perMissingMax;
    if ((perMachine.get(machine) ?? 0) >= perMachineMax) return perMachineMax;
    if ((perAuthor.get(event.pubkey) ?? 0) >= perAuthorMax) return perAuthorMax;
    return own > bytesMax ? bytesMax : undefined;
  };

  return {
    hold: (event, missing, now) => {
      dropWhile(({ until }) => until <= now);
      const before = held.get(event.id);
      if (before) drop(event.id, before);
      const bytes = Buffer.byteLength(eventJson(event));
      const machine = parseMachineRef(event) ?? '';
      const entry = { event, missing, machine, bytes, until: now + limits.seconds };
      const limit = boundAgainst(entry);
      if (limit !== undefined) return refuse('pool-full', { missing, limit });
      const { eventsMax, bytesMax } = limits;
      dropWhile(() => held.size >= eventsMax || total + entry.bytes > bytesMax);
      add(entry);
      return undefined;
    },

    take: (id, now) => {
      dropWhile(({ until }) => until <= now);
      const found = [...(byMissing.get(id) ?? [])].flatMap((waiting) => held.get(waiting) ?? []);
      for (const entry of found) drop(entry.event.id, entry);
      return found.map(({ event }) => event);
    },

    size: () => ({ events: held.size, bytes: total }),
  };
}

/** Counts up or down; what came to nothing is forgotten. */
function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now === 0) counts.delete(key);
  else counts.set(key, now);
}
