/**
 * Where reorganisations, new final prefixes and freezes are made known.
 *
 * A client of NIP-01 hears of them by the events of the new branch, which are broadcast like
 * others, and by the keeper snapshot, which is marked here. Whoever follows machines in another way
 * adds itself to `changed`. After the commit only.
 */
import type { Change } from './branches.ts';
import type { Keeper } from './keeper.ts';
import type { Logger } from './log.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Who hears of changes. */
type Audience = {
  readonly keeper: Keeper;
  readonly log: Logger;
  readonly subscriptions: Pick<Subscriptions<unknown>, 'mayWant'>;
  readonly changed: ReadonlySet<(change: Change) => void>;
};

/** Tells whoever wants to know that machines were reorganised, made final or frozen. */
export function announce(relay: Audience, changes: readonly Change[]): void {
  const { keeper, subscriptions, log } = relay;
  const isWanted = changes.length > 0 && subscriptions.mayWant(keeper.pubkey, SNAPSHOT_KIND);
  for (const change of changes) {
    keeper.mark(change.machine, isWanted);
    const { kind, ...about } = change;
    if (kind !== 'final') log.warn(about, `machine.${kind}`);
    for (const hear of relay.changed) hear(change);
  }
}
