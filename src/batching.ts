/**
 * When a batch is committed: at the end of the turn, or a little later for a fuller one.
 *
 * The pages that a transaction touches are written once, however many events it has. So while more
 * signatures are being checked than events are due, the commit waits for them: but for so many
 * events, and for so long, at most. An event that comes alone waits for nothing.
 */

const ENOUGH = 128;
const PATIENCE_MS = 5;

/** What is counted, and what commits. */
type Batching = {
  /** Events that may be committed now. */
  readonly due: () => number;
  /** Events that may follow shortly. */
  readonly coming: () => number;
  readonly commit: () => void;
};

/** A function to be called whenever something has become due. */
export function createBatching({ due, coming, commit }: Batching): () => void {
  let isScheduled = false;
  let patience: NodeJS.Timeout | undefined;

  const commitNow = (): void => {
    clearTimeout(patience);
    patience = undefined;
    commit();
  };

  return () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      if (due() >= ENOUGH || coming() <= due()) return commitNow();
      // Whatever becomes due meanwhile asks again.
      patience ??= setTimeout(commitNow, PATIENCE_MS);
    });
  };
}
