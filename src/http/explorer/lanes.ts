/**
 * Lanes beside a log of transitions, newest first, as logs of commits have them: the canonical path
 * straight down on the left, what went otherwise beside it, back into the node it left.
 */

/** What a lane needs to know of a node. */
export type Commit = {
  readonly id: string;
  /** Id of the node below; the root's own id stands for the initial state. */
  readonly prior: string;
  readonly canonical: boolean;
};

/** A row of the log: where its node is, and which lines cross or meet it. */
export type LaneRow = {
  readonly lane: number;
  /** Lanes whose line goes through to the next row. */
  readonly through: readonly number[];
  /** Lanes whose line comes from above and ends in the node. */
  readonly into: readonly number[];
  /** False for a node with nothing below. */
  readonly goesOn: boolean;
};

/** The lanes of commits, newest first; `root` is the id below all of them. */
export function lanesOf(commits: readonly Commit[], root: string): readonly LaneRow[] {
  const waiting: (string | undefined)[] = [];
  return commits.map(({ id, prior, canonical }) => {
    const into = waiting.flatMap((wanted, lane) => (wanted === id ? [lane] : []));
    const lane = canonical ? 0 : (into.find((at) => at > 0) ?? freeLane(waiting));
    for (const at of into) waiting[at] = undefined;
    const through = waiting.flatMap((wanted, at) => (wanted === undefined ? [] : [at]));
    const goesOn = id !== root;
    if (goesOn) waiting[lane] = prior;
    return { lane, through, into, goesOn };
  });
}

/** The first lane beside the canonical one that no line uses. */
function freeLane(waiting: readonly (string | undefined)[]): number {
  let lane = 1;
  while (waiting[lane] !== undefined) lane++;
  return lane;
}
