/**
 * A delivery of the present: the machine of the conformance tests, with times that libraries which
 * know the clock believe.
 */

import type { Event } from 'nostr-tools/core';
import { define, move, X } from '../support/machines.ts';
import { plain } from './library.ts';

/** A machine and what is sent to it, as libraries take it. */
export type Delivery = {
  readonly machine: Event;
  /** Two steps that it takes, one after the other. */
  readonly steps: readonly [Event, Event];
  /** A step on the wrong prior, after those two. */
  readonly stale: Event;
};

/** A new machine of now. */
export function newDelivery(): Delivery {
  const now = Math.floor(Date.now() / 1_000);
  const machine = define(undefined, { at: now - 60 });
  const first = move(machine, 'ACCEPT', { at: now - 50 });
  const second = move(machine, 'START_TRANSIT', { on: first, at: now - 40, by: X });
  const stale = move(machine, 'PING', { on: first, at: now - 30, by: X });
  return { machine: plain(machine), steps: [plain(first), plain(second)], stale: plain(stale) };
}
