/**
 * `npm run docs`: writes every file that is derived from the code.
 *
 * `test/docs.test.ts` fails when one of them differs from what stands here; run this then.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DOCUMENTS } from './documents.ts';

const root = new URL('../', import.meta.url);

for (const [path, make] of Object.entries(DOCUMENTS)) {
  const file = new URL(path, root);
  mkdirSync(dirname(file.pathname), { recursive: true });
  writeFileSync(file, make());
  console.log(path);
}
