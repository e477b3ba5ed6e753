/**
 * COUNT (NIP-45): how many stored events some filters want, of those that the asker may see.
 *
 * A count is no subscription: it is answered once, and nothing stays open. It walks the same
 * indexes as a REQ, in turns, and gives up at a bound, with what it has and `approximate`.
 */
import type { Filter } from './nostr/filter.ts';
import { hllOffset, hyperLogLog } from './nostr/hll.ts';
import { countFrame } from './nostr/message.ts';
import type { Relay } from './relay.ts';
import { fromHex } from './store/events.ts';
import type { Counting } from './store/query.ts';

/** The counts of one client. */
export type Counts = {
  /** Starts a count; returns the text for CLOSED when there are too many. */
  readonly start: (id: string, filters: readonly Filter[]) => string | undefined;
  readonly stop: (id: string) => void;
  readonly stopAll: () => void;
};

/** How a client is answered. */
export type Asker = {
  readonly authenticated: ReadonlySet<string>;
  readonly send: (frame: string) => void;
  readonly fail: (id: string, fault: unknown) => void;
};

type Begun = { readonly filters: readonly Filter[]; readonly counting: Counting };

/** How many counts of one connection run at a time. */
export const COUNTS_MAX = 8;
/** A count is given up after so much work: about a million rows of an index. */
export const COUNT_WORK_MAX = 1_200_000;

/** The counts of a client that has just connected. */
export function createCounts(relay: Relay, asker: Asker): Counts {
  const running = new Map<string, symbol>();

  const run = (id: string, filters: readonly Filter[]): void => {
    const token = Symbol(id);
    running.set(id, token);
    relay.count(filters, asker.authenticated, (counting) => {
      if (running.get(id) === token) count(id, token, { filters, counting });
    });
  };

  const count = (id: string, token: symbol, { filters, counting }: Begun): void => {
    const { next, resume, spent } = counting;
    const offset = hllOffset(filters);
    const hll = offset === undefined ? undefined : hyperLogLog(offset);
    let found = 0;
    let work = 0;

    const answer = (approximate: boolean): void => {
      running.delete(id);
      const extra = hll && !approximate ? { hll: hll.hex() } : {};
      asker.send(
        countFrame(id, { count: found, ...(approximate ? { approximate } : {}), ...extra }),
      );
    };
    const countOn = (): void => {
      for (;;) {
        const key = next();
        if (key === undefined) return answer(false);
        if (key === null) return work + spent() > COUNT_WORK_MAX ? answer(true) : goOn();
        found++;
        hll?.add(fromHex(relay.store.events.authors.pubkey(key.author)));
      }
    };
    const goOn = () => relay.turns.later(portion);
    const portion = (): number => {
      // Closed, or asked again under the same id.
      if (running.get(id) !== token) return 0;
      try {
        resume(relay.now());
        countOn();
      } catch (fault) {
        running.delete(id);
        asker.fail(id, fault);
      }
      work += spent();
      return spent();
    };
    relay.turns.take(portion);
  };

  return {
    start: (id, filters) => {
      if (running.size >= COUNTS_MAX && !running.has(id)) {
        return `rate-limited: at most ${COUNTS_MAX} counts at a time`;
      }
      run(id, filters);
      return undefined;
    },
    stop: (id) => void running.delete(id),
    stopAll: () => running.clear(),
  };
}
