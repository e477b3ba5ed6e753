/**
 * Keeper snapshots are written a few in each turn, however many machines have moved.
 *
 * A read waits until those that were behind when it was asked are written; what moves meanwhile is
 * not for it to wait for. Nobody holds the thread for longer than a turn.
 */
import type { Keeper } from './keeper.ts';
import { WORK_PER_TURN } from './store/turn.ts';
import type { Portion, Turns } from './turns.ts';

/** The price of a snapshot, in rows of an index. */
const SNAPSHOT_WORK = 20;
/** How many snapshots a turn has room for. */
export const KEPT_PER_TURN = WORK_PER_TURN / SNAPSHOT_WORK;

type Parts = { readonly keeper: Keeper; readonly turns: Turns };

/** Brings the snapshots of some machines up to date, then calls back; at once if there is room. */
export function writeKept(parts: Parts, machines: readonly string[], then: () => void): void {
  if (machines.length === 0) return then();
  parts.turns.take(portion(parts, machines, then));
}

/** Writes a turn's worth, and goes on until nothing is left. */
function portion(parts: Parts, machines: readonly string[], then: () => void): Portion {
  return () => {
    const left = machines.slice(KEPT_PER_TURN);
    parts.keeper.write(machines.slice(0, KEPT_PER_TURN));
    if (left.length === 0) then();
    else parts.turns.later(portion(parts, left, then));
    return (machines.length - left.length) * SNAPSHOT_WORK;
  };
}

/** Resolves when every snapshot that is behind now is written. */
export function allKept(parts: Parts): Promise<void> {
  return new Promise((resolve) => writeKept(parts, parts.keeper.marked(), resolve));
}
