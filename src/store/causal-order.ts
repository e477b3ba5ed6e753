/**
 * Transitions in an order in which each can be judged: after the one it builds on.
 *
 * Otherwise they stay in the order they are given in. Links are what strangers wrote: they may lead
 * out of the list, and even in a circle where ids are not yet known to be hashes.
 */

/** A transition's id, and that of its prior if it names one. */
export type Linked = { readonly id: string; readonly prior: string | null };

/** The same items, every prior that is among them before what names it. */
export function causalOrder<Item extends Linked>(items: readonly Item[]): readonly Item[] {
  const waiting = new Map(items.map((item) => [item.id, item]));
  const ordered: Item[] = [];
  for (const item of items) {
    const chain: Item[] = [];
    // Taken out of the map at once, so that a circle ends where it began.
    for (let at: Item | undefined = item; at !== undefined && waiting.delete(at.id); ) {
      chain.push(at);
      at = at.prior === null ? undefined : waiting.get(at.prior);
    }
    ordered.push(...chain.reverse());
  }
  return ordered;
}
