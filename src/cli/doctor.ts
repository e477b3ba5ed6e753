/**
 * `doctor`: is everything in the data folder as it should be, and if not, can it be put right?
 *
 * Without `--repair` the folder is only read, also while a relay runs. Repairs write what follows
 * from the events, in one transaction, and never remove an event.
 */

import type { ConfigFlags } from '../config/load.ts';
import { examine, repair } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { inDataFolder, readStore, useStore } from './data-folder.ts';
import { progressLine } from './progress.ts';

/** What `doctor` is asked to do. */
export type DoctorFlags = ConfigFlags & { readonly repair?: boolean; readonly json?: boolean };

/** Findings that are printed one by one; of more there is the count. */
const LISTED_MAX = 50;

/** 0 when nothing is wrong, or not any more; 1 when something is; 2 when it cannot be found out. */
export function doctor({ repair: mends = false, json = false, ...flags }: DoctorFlags) {
  return inDataFolder(flags, (workplace) => {
    const progress = progressLine();
    const { rules } = workplace;
    const repaired = mends ? useStore(workplace, (store) => repair(store, rules)) : [];
    const { found, looked } = readStore(workplace, (store) => ({
      found: [...examine(store, rules, (events) => progress.show('events examined:', events))],
      looked: store.totals(0),
    }));
    progress.end();
    report({ repaired, found, looked }, json);
    return found.some(isProblem) ? 1 : 0;
  });
}

type Result = {
  readonly repaired: readonly Finding[];
  readonly found: readonly Finding[];
  readonly looked: { readonly events: number; readonly machines: number };
};

const isProblem = ({ isNote }: Finding): boolean => isNote !== true;

function report({ repaired, found, looked }: Result, json: boolean): void {
  const problems = found.filter(isProblem);
  const notes = found.filter((finding) => !isProblem(finding));
  if (json) {
    const lists = { repaired, problems, notes };
    const shown = Object.entries(lists).map(([name, list]) => [name, list.map(shownAs)]);
    return console.log(JSON.stringify({ ok: problems.length === 0, ...Object.fromEntries(shown) }));
  }
  list('repaired', repaired);
  list('problem', problems);
  list('note', notes);
  const { events, machines } = looked;
  const mendable = problems.filter(({ repair: mend }) => mend).length;
  const wrong = `problems: ${problems.length}, of which --repair puts right: ${mendable}`;
  console.log(
    `${problems.length === 0 ? 'nothing is wrong' : wrong}; looked at ${events} events, ` +
      `${machines} machines; notes: ${notes.length}, repaired: ${repaired.length}`,
  );
}

const shownAs = ({ where, says, repair: mend }: Finding) => ({
  ...{ where, says, repairable: mend !== undefined },
});

function list(word: string, findings: readonly Finding[]): void {
  for (const { where, says } of findings.slice(0, LISTED_MAX)) {
    console.log(`${word}: ${where}: ${says}`);
  }
  const more = findings.length - LISTED_MAX;
  if (more > 0) console.log(`${word}: and ${more} more`);
}
