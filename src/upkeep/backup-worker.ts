/**
 * Worker entry: takes one scheduled backup, beside the thread that has the sockets.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { loadLibraries } from '../libraries.ts';
import { makeRuleSet } from '../nsm/rule-set.ts';
import { takeBackup } from './backup.ts';

/** What the worker is told. */
export type BackupTask = {
  readonly dataDir: string;
  readonly target: string;
  readonly keep: number;
  readonly libraries: string;
};

const { libraries, ...task } = workerData as BackupTask;
const backup = await takeBackup({ ...task, rules: makeRuleSet(loadLibraries(libraries)) });
parentPort?.postMessage(backup);
