/**
 * Senders' events in their order, merged into batches.
 *
 * An item goes into a batch when it is ready and everything its sender gave before has gone. A lane
 * whose items were dear rests: its sender waits, and nobody else.
 */

/** Something on its way; `ready` once it may go into a batch. */
export type LaneItem = { ready: boolean };

/** One sender's items that are in no batch yet. */
export type LaneQueue<Item> = {
  readonly waiting: Item[];
  resting: NodeJS.Timeout | undefined;
};

/** Items of many lanes, in the order in which they became due. */
export type Lanes<Item extends LaneItem> = {
  readonly open: () => LaneQueue<Item>;
  /** Moves what is ready at the front of a lane among the due items, unless the lane rests. */
  readonly release: (lane: LaneQueue<Item>) => void;
  /**
   * Gives `take` up to `most` due items, one by one; it has to ask until there are no more. Items
   * of a lane that was put to rest meanwhile go back to the front of that lane.
   */
  readonly drain: (most: number, take: (next: () => Item | undefined) => void) => void;
  /** Whether any item is due. */
  readonly isDue: () => boolean;
  /** Keeps a lane from batches for so many milliseconds. */
  readonly rest: (lane: LaneQueue<Item>, milliseconds: number) => void;
  /** Ends every rest, and allows none from now on. */
  readonly wake: () => void;
};

/** Lanes of items that know their lane; `onDue` is called whenever an item has become due. */
export function createLanes<Item extends LaneItem & { readonly lane: LaneQueue<Item> }>(
  onDue: () => void,
): Lanes<Item> {
  const due: Item[] = [];
  const resting = new Set<LaneQueue<Item>>();
  let isAwake = false;

  const release = (lane: LaneQueue<Item>) => {
    if (lane.resting) return;
    while (lane.waiting[0]?.ready) due.push(lane.waiting.shift() as Item);
    if (due.length > 0) onDue();
  };

  const end = (lane: LaneQueue<Item>) => {
    clearTimeout(lane.resting);
    lane.resting = undefined;
    resting.delete(lane);
    release(lane);
  };

  return {
    open: () => ({ waiting: [], resting: undefined }),
    release,
    isDue: () => due.length > 0,
    drain: (most, take) => {
      const batch = due.splice(0, most);
      const back: Item[] = [];
      let at = 0;
      take(() => {
        for (let item = batch[at++]; item; item = batch[at++]) {
          if (!item.lane.resting) return item;
          back.push(item);
        }
        return undefined;
      });
      // What did not fit into the batch comes after what goes back, or it would overtake.
      const late = due.filter(({ lane }) => lane.resting);
      if (late.length > 0) due.splice(0, due.length, ...due.filter(({ lane }) => !lane.resting));
      for (const item of [...back, ...late].reverse()) item.lane.waiting.unshift(item);
    },
    rest: (lane, milliseconds) => {
      if (isAwake) return;
      clearTimeout(lane.resting);
      lane.resting = setTimeout(end, milliseconds, lane);
      resting.add(lane);
    },
    wake: () => {
      isAwake = true;
      for (const lane of [...resting]) end(lane);
    },
  };
}
