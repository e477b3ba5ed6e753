/**
 * A process that repeats an operation until it is killed, or so many times: `operate.ts <operation>
 * <folder> [times]`.
 *
 * It says when it is inside the operation and when it is out of it, and ends at the first failure.
 */

import { writeSync } from 'node:fs';
import { OPERATIONS } from './operations.ts';

const [name = '', folder = '', times = 'Infinity'] = process.argv.slice(2);
const operation = OPERATIONS[name];
if (operation === undefined) throw new Error(`there is no operation ${name}`);

// Written at once, so that the last line tells where the process was when it was killed.
const say = (word: string): void => void writeSync(1, `${word}\n`);

try {
  for (let i = 0; i < Number(times); i++) {
    await operation.run(folder, async (work) => {
      say('begin');
      await work();
      say('end');
    });
  }
} catch (fault) {
  say(`failed ${(fault as Error).message}`);
}
process.exit();
