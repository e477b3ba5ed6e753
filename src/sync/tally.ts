/**
 * What became of the events of an import or a sync, for people and for scripts.
 */
import type { Spool } from '../store/spool.ts';
import { ACCEPTED, DUPLICATE } from './deliver.ts';

/** How many events were taken, known already, and refused with which code. */
export type Tally = {
  readonly accepted: number;
  readonly duplicate: number;
  readonly refused: number;
  /** Codes, the most frequent first. */
  readonly codes: readonly (readonly [code: string, count: number])[];
};

/** A tally without events. */
export const NOTHING: Tally = { accepted: 0, duplicate: 0, refused: 0, codes: [] };

/** The tally of a spool that was delivered; `others` are refusals of what never got into it. */
export function tallyOf(spool: Spool, others: ReadonlyMap<string, number> = new Map()): Tally {
  const counts = new Map(spool.totals().map(({ outcome, count }) => [outcome, count]));
  for (const [code, count] of others) counts.set(code, (counts.get(code) ?? 0) + count);
  const { [ACCEPTED]: accepted = 0, [DUPLICATE]: duplicate = 0 } = Object.fromEntries(counts);
  counts.delete(ACCEPTED);
  counts.delete(DUPLICATE);
  const codes = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const refused = codes.reduce((sum, [, count]) => sum + count, 0);
  return { accepted, duplicate, refused, codes };
}

/** A line of totals, then one for each code. */
export function tallyLines({ accepted, duplicate, refused, codes }: Tally): readonly string[] {
  const totals = `accepted ${accepted}, duplicate ${duplicate}, refused ${refused}`;
  return [totals, ...codes.map(([code, count]) => `  ${code} ${count}`)];
}
