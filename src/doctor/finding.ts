/**
 * What an examination of a store finds.
 *
 * A finding that can be put right carries what does so, and that writes derived rows alone. What
 * carries nothing is for the operator: a damaged log is replaced from a backup, never trimmed.
 */

/** Something that is not as it should be. */
export type Finding = {
  /** The part of the store: `file`, `event`, `tag`, `latest`, `machine`, `transition`… */
  readonly where: string;
  readonly says: string;
  /** A note is worth knowing and nothing is wrong: another rule set, for instance. */
  readonly isNote?: boolean;
  /** Writes the derived rows anew; only inside a transaction. */
  readonly repair?: () => void;
};
