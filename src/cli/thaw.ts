/**
 * `thaw`: the operator's decision about machines that a change of the rule set has frozen.
 *
 * Every decision is added to `decisions.jsonl` in the data folder, so that it can be told later why
 * a machine stands where it stands.
 */

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigFlags } from '../config/load.ts';
import { parseEventId } from '../http/ids.ts';
import type { MachineRow } from '../store/machine-rows.ts';
import type { Store } from '../store/store.ts';
import { type Decided, thaw } from '../thaw.ts';
import { inDataFolder, useStore } from './data-folder.ts';
import { Unable } from './outcome.ts';

/** What `thaw` is asked to do. */
export type ThawFlags = ConfigFlags & {
  readonly all?: boolean;
  readonly adopt?: boolean;
  readonly json?: boolean;
};

const DECISIONS_FILE = 'decisions.jsonl';
const PAGE = 500;

/** 0 when all machines that were named go on, 1 when one stays frozen, 2 when none was found. */
export function thawMachines(names: readonly string[], flags: ThawFlags): Promise<number> {
  const { all = false, adopt: adopts = false, json = false, ...rest } = flags;
  return inDataFolder(rest, (workplace) => {
    if (all === names.length > 0) throw new Unable('name machines, or say --all');
    const { rules, config } = workplace;
    const decided = useStore(workplace, (store) => {
      const rows = all ? frozenRows(store) : names.map((name) => namedRow(store, name));
      return rows.map((row) => store.transaction(() => thaw(store, rules, { row, adopts })));
    });
    for (const decision of decided) {
      if (decision.outcome !== 'kept') note(config.dataDir, decision, rules.hash);
      console.log(json ? JSON.stringify(decision) : inWords(decision));
    }
    return decided.some(({ outcome }) => outcome === 'kept') ? 1 : 0;
  });
}

function note(dataDir: string, decision: Decided, rules: string): void {
  const line = JSON.stringify({ at: new Date().toISOString(), rules, ...decision });
  appendFileSync(join(dataDir, DECISIONS_FILE), `${line}\n`);
}

function inWords({ machine, outcome, says, before, after, setAside }: Decided): string {
  const why = says === '' ? '' : ` (${says})`;
  if (outcome !== 'adopted') return `${machine} ${outcome}${why}`;
  const moved = `height ${before.height} to ${after.height}, ${setAside.length} set aside`;
  return `${machine} adopted: ${moved}${why}`;
}

function frozenRows({ machines }: Store): readonly MachineRow[] {
  const found: MachineRow[] = [];
  for (let page = machines.after(0, PAGE); page.length > 0; ) {
    found.push(...page.filter(({ frozen }) => frozen !== null && /"rules"/.test(frozen)));
    page = machines.after(page.at(-1)?.event ?? 0, PAGE);
  }
  return found;
}

function namedRow({ events, machines }: Store, name: string): MachineRow {
  const id = parseEventId(name);
  const found = id === undefined ? undefined : events.find(id);
  const row = found && machines.find(found.n);
  if (row === undefined) throw new Unable(`there is no machine ${name}`);
  return row;
}
