/**
 * The probe: does an event that goes in come out to those who listen, and is what is stored found?
 *
 * A relay can look alive and have stopped doing its work. Every half minute an ephemeral event of
 * the relay's own goes through queue and transaction and is looked up among the live filters, and
 * the newest stored event is asked for by its id. Nobody else sees any of it.
 */
import type { Lane } from '../intake.ts';
import type { Logger } from '../log.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { type RelayKey, withId } from '../relay-key.ts';
import type { Store } from '../store/store.ts';
import type { Listener, Subscription, Subscriptions } from '../subscriptions.ts';

/** What the last probe found, and how long it took; all is well before the first. */
export type ProbeResult = { readonly passed: boolean; readonly seconds: number };

/** A running probe. */
export type Probe = {
  readonly last: () => ProbeResult;
  /** False after two failures in a row: whoever watches the relay should restart it. */
  readonly isWell: () => boolean;
  /** Whether an event is one of the probe's, which is for this listener alone. */
  readonly isOwn: (event: NostrEvent) => boolean;
  readonly listener: Listener;
  readonly close: () => void;
};

/** What is probed. */
export type Probed = {
  readonly lane: Lane;
  readonly key: RelayKey;
  readonly store: Store;
  readonly subscriptions: Subscriptions<Listener>;
  readonly log: Logger;
  /** Unix seconds. */
  readonly now: () => number;
};

/** An ephemeral kind, so that nothing of it is stored. */
const PROBE_KIND = 27_500;
const PROBE_EVERY_MS = 30_000;
const PATIENCE_MS = 10_000;
const FAILURES_MAX = 1;

/** Starts to probe, the first time at once. */
export function startProbe({ lane, key, store, subscriptions, log, now }: Probed): Probe {
  let last: ProbeResult = { passed: true, seconds: 0 };
  let failures = 0;
  let nonce = 0;
  let end: ((passed: boolean) => void) | undefined;

  const listener: Listener = { deliver: (_, { event }) => settle(event.content) };
  const subscription: Subscription<Listener> = {
    ...{ reader: listener, id: 'probe' },
    filters: [{ authors: new Set([key.pubkey]), kinds: new Set([PROBE_KIND]), tags: [] }],
  };

  const settle = (content: string): void => {
    if (content === String(nonce)) end?.(isNewestFound(store));
  };

  const run = (): void => {
    if (end !== undefined) return;
    const startedMs = performance.now();
    const timeout = setTimeout(() => end?.(false), PATIENCE_MS).unref();
    end = (passed) => {
      end = undefined;
      clearTimeout(timeout);
      subscriptions.remove(subscription);
      last = { passed, seconds: (performance.now() - startedMs) / 1_000 };
      failures = passed ? 0 : failures + 1;
      if (!passed) log.error({ ms: Math.round(last.seconds * 1_000) }, 'probe.failed');
    };
    subscriptions.add(subscription);
    const said = { kind: PROBE_KIND, created_at: now(), tags: [], content: String(++nonce) };
    const unsigned = withId({ pubkey: key.pubkey, ...said });
    lane.submit({
      event: { ...unsigned, sig: key.sign(unsigned.id) },
      ...{ bytes: 0, authenticated: new Set<string>(), isChecked: true },
      done: ({ accepted }) => {
        if (!accepted) end?.(false);
      },
    });
  };

  const timer = setInterval(run, PROBE_EVERY_MS).unref();
  run();
  return {
    last: () => last,
    isWell: () => failures <= FAILURES_MAX,
    isOwn: ({ kind, pubkey }) => kind === PROBE_KIND && pubkey === key.pubkey,
    listener,
    close: () => clearInterval(timer),
  };
}

/** The newest stored event is found by its id, as a client would find it. */
function isNewestFound(store: Store): boolean {
  const upTo = store.lastEvent();
  const newest = store.events.read(upTo);
  if (newest === undefined) return upTo === 0;
  const filter = { ids: new Set([newest.id]), tags: [] };
  const found = store.query.run([filter], { rows: [1], beyond: null }, { upTo, now: 0 });
  return found.next()?.id.toString('hex') === newest.id;
}
