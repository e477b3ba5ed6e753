/**
 * Hands events to a relay in causal order and notes what became of each.
 *
 * What a relay refused for want of something else is offered again as long as others were accepted:
 * an endorsement may have moved the head since, or the link have been there all the time. Nothing
 * is taken as accepted that was not answered with `OK true`.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { REFUSALS, type RefusalCode } from '../refusal.ts';
import type { Spool } from '../store/spool.ts';
import type { Ok } from './relay-socket.ts';

/** Where events are handed to: a relay's socket, or what stands for one. */
export type Taker = { readonly publish: (event: NostrEvent) => Promise<Ok> };

/** What is done with events besides. */
export type DeliverOptions = {
  /** Told after every answer how many of this pass were answered. */
  readonly onProgress?: (answered: number) => void;
};

/** How many events wait for their answers at a time; half of what a relay reads ahead. */
const WINDOW = 128;
const PASSES_MAX = 16;
/** Before what was refused for the moment is offered again. */
const PAUSE_MS = 1_000;
const PATIENT_PASSES = 5;

/** Codes after which the same bytes may be taken a moment later. */
const MOMENTARY: ReadonlySet<string> = new Set([
  'rate-limited',
  'pool-full',
  'overloaded',
  'engine-timeout',
  'storage',
  'internal',
  'error',
  'auth-required',
]);

/** The outcome of what is stored now. */
export const ACCEPTED = 'accepted';

/** The outcome of what was stored already. */
export const DUPLICATE = 'duplicate';

/** True when an event with this outcome may be accepted later, on another head. */
export function isProvisional(outcome: string): boolean {
  return isCode(outcome) && REFUSALS[outcome].scope === 'chain';
}

/** True when the outcome says nothing about the event. */
export function isMomentary(outcome: string): boolean {
  return MOMENTARY.has(outcome) || outcome === 'shutting-down' || outcome === 'from-future';
}

/** Delivers everything in a spool. Rejects with `RelayLost` when the relay is. */
export async function deliver(
  spool: Spool,
  taker: Taker,
  { onProgress = () => {} }: DeliverOptions = {},
): Promise<void> {
  for (let pass = 1; pass <= PASSES_MAX; pass++) {
    const accepted = await onePass(spool, taker, onProgress);
    const outcomes = spool.totals().map(({ outcome }) => outcome);
    const momentary = outcomes.filter((outcome) => MOMENTARY.has(outcome));
    const wait = momentary.length > 0 && pass < PATIENT_PASSES;
    const again = [
      ...(wait ? momentary : []),
      ...(accepted > 0 ? outcomes.filter(isProvisional) : []),
    ];
    if (again.length === 0) return;
    for (const outcome of again) spool.again(outcome);
    if (wait) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Offers once what has no outcome; says how many were accepted. */
async function onePass(
  spool: Spool,
  taker: Taker,
  onProgress: (answered: number) => void,
): Promise<number> {
  const flying = new Set<Promise<void>>();
  let accepted = 0;
  let answered = 0;
  let lost: unknown;
  for (const event of spool.inOrder()) {
    const flight = taker.publish(event).then(
      (ok) => {
        const outcome = outcomeOf(ok);
        spool.settle(event.id, outcome);
        if (outcome === ACCEPTED) accepted++;
        onProgress(++answered);
      },
      (fault: unknown) => {
        lost ??= fault;
      },
    );
    flying.add(flight);
    void flight.finally(() => flying.delete(flight));
    if (flying.size >= WINDOW) await Promise.race(flying);
    if (lost !== undefined) break;
  }
  await Promise.all(flying);
  if (lost !== undefined) throw lost;
  return accepted;
}

/** The outcome in a word: `accepted`, `duplicate`, a refusal code, or a foreign relay's prefix. */
export function outcomeOf({ accepted, message }: Ok): string {
  if (accepted) return message.startsWith(`${DUPLICATE}:`) ? DUPLICATE : ACCEPTED;
  const [, prefix = 'refused', code = ''] = /^([a-z-]+):(?: ([a-z-]+):)?/.exec(message) ?? [];
  if (isCode(code)) return code;
  return prefix === DUPLICATE ? 'have-newer' : prefix;
}

function isCode(word: string): word is RefusalCode {
  return Object.hasOwn(REFUSALS, word);
}
