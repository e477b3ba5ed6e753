/**
 * A process that repeats an operation until it is killed: `operate.ts <operation> <folder>`.
 */

import { writeSync } from 'node:fs';
import { OPERATIONS } from './operations.ts';

const [name = '', folder = ''] = process.argv.slice(2);
const operation = OPERATIONS[name];
if (operation === undefined) throw new Error(`there is no operation ${name}`);
for (;;) {
  // Written at once, so that the last line tells where the process was killed.
  writeSync(1, 'begin\n');
  await operation.run(folder);
  writeSync(1, 'end\n');
}
