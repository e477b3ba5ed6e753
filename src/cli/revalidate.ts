/**
 * `revalidate`: judges what is stored again by the rules of this version, and reports differences.
 *
 * The database is opened for reading alone, so this can be run beside a relay, and before an
 * upgrade with the new version on the data of the old one.
 */

import type { ConfigFlags } from '../config/load.ts';
import { parseEventId } from '../http/ids.ts';
import type { RuleSet } from '../nsm/rule-set.ts';
import { type Revalidation, revalidateMachine } from '../revalidation.ts';
import type { MachineRow } from '../store/machine-rows.ts';
import type { Store } from '../store/store.ts';
import { inDataFolder, readStore } from './data-folder.ts';

const PAGE = 500;

/**
 * 0 when everything stored comes to what it came to; 1, and a line for each difference, when
 * something does not; 2 when it cannot be found out.
 */
export function revalidate({ machine, ...flags }: ConfigFlags & { readonly machine?: string }) {
  return inDataFolder(flags, (workplace) =>
    readStore(workplace, (store) => judgeAgain(store, workplace.rules, machine)),
  );
}

function judgeAgain(store: Store, rules: RuleSet, only: string | undefined): number {
  const total = { machines: 0, judged: 0, skipped: 0, differences: 0 };
  for (const row of only === undefined ? allRows(store) : [namedRow(store, only)]) {
    const result = revalidateMachine(store, row, rules);
    report(result);
    total.machines += 1;
    total.judged += result.judged;
    total.skipped += result.skipped;
    total.differences += result.differences.length;
  }
  console.log(
    `${rules.name} ${rules.hash}: machines ${total.machines}, transitions ${total.judged}, ` +
      `differences ${total.differences}, not judged ${total.skipped}`,
  );
  return total.differences === 0 ? 0 : 1;
}

function report({ machine, differences }: Revalidation): void {
  for (const { height, transition, was, is } of differences) {
    const what = transition === null ? '' : ` ${transition}`;
    console.log(`${machine} height ${height}${what}: was ${was}, is ${is}`);
  }
}

function* allRows({ machines }: Store): Generator<MachineRow> {
  for (let page = machines.after(0, PAGE); page.length > 0; ) {
    yield* page;
    page = machines.after(page.at(-1)?.event ?? 0, PAGE);
  }
}

function namedRow({ events, machines }: Store, name: string): MachineRow {
  const id = parseEventId(name);
  const found = id === undefined ? undefined : events.find(id);
  const row = found && machines.find(found.n);
  if (row === undefined) throw new Error(`there is no machine ${name}`);
  return row;
}
