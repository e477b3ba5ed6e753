/**
 * `backup`: a checked copy of the database, taken while the relay runs.
 */

import type { ConfigFlags } from '../config/load.ts';
import { takeBackup } from '../upkeep/backup.ts';
import { inDataFolder } from './data-folder.ts';
import { Unable } from './outcome.ts';
import { progressLine } from './progress.ts';

/** What `backup` is asked to do. */
export type BackupFlags = ConfigFlags & { readonly keep?: string; readonly json?: boolean };

/** 0 when there is a new backup that passed its examination; else there is none, and 2. */
export function backup(target: string, { keep, json = false, ...flags }: BackupFlags) {
  return inDataFolder(flags, async ({ config: { dataDir }, rules }) => {
    const progress = progressLine();
    const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) =>
      progress.show(`pages of ${total} copied:`, done);
    const onExamined = (events: number) => progress.show('events of the copy examined:', events);
    const order = { dataDir, target, keep: readKeep(keep), rules, onProgress, onExamined };
    const { folder, manifest, repairable } = await takeBackup(order);
    progress.end();
    if (json) console.log(JSON.stringify({ folder, ...manifest, repairable }));
    else {
      const { events, machines, bytes } = manifest;
      console.log(`${folder}: ${events} events, ${machines} machines, ${bytes} bytes; checked`);
    }
    if (repairable > 0) {
      console.error(`headkeeper: ${repairable} derived rows differ: run \`doctor --repair\``);
    }
    return 0;
  });
}

function readKeep(keep: string | undefined): number | undefined {
  if (keep === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(keep)) throw new Unable('--keep takes a number from 1 on');
  return Number(keep);
}
