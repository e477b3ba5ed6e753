/**
 * An operator's libraries on the command line: `lint` and `simulate` with them, as whoever writes a
 * machine for that relay uses them, and a relay that cannot start with its own.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headkeeper } from './headkeeper.ts';

const LIBRARY = {
  ...{ name: '@acme/sizes', version: '1.2.0', v: 1 },
  guards: { isSmall: { '<=': [{ var: 'data.n' }, 3] } },
};
const GATE = {
  initial: 'open',
  states: {
    open: { on: { GO: { target: 'shut', guard: 'isSmall' } } },
    shut: { on: { GO: { target: 'open', guard: 'isSmall' } } },
  },
};
const SCRIPT = [
  { by: 'ann', type: 'GO', data: { n: 3 } },
  { by: 'ann', type: 'GO', data: { n: 4 }, expect: 'guard-denied' },
];

let folder: string;
let broken: string;
const at = (file: string): string => join(folder, file);
const write = (file: string, ...lines: readonly object[]): void =>
  writeFileSync(at(file), lines.map((line) => JSON.stringify(line)).join('\n'));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-tools-'));
  broken = mkdtempSync(join(tmpdir(), 'headkeeper-broken-'));
  write('sizes.json', LIBRARY);
  write('gate.config', GATE);
  write('script.jsonl', ...SCRIPT);
  writeFileSync(join(broken, 'sizes.json'), '{"name":"sizes"}');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(broken, { recursive: true });
});

describe('a definition that needs an operator’s library', () => {
  it('is refused by lint without it, and has no problem with it', async () => {
    const [without, within] = await Promise.all([
      headkeeper(['lint', at('gate.config')]),
      headkeeper(['lint', at('gate.config'), '--libraries', folder]),
    ]);
    expect(without).toMatchObject({ code: 1, stdout: expect.stringMatching(/unsupported-guard/) });
    expect(within).toMatchObject({ code: 0, stdout: expect.stringMatching(/problems: 0/) });
  });

  it('is simulated with it', async () => {
    const words = [at('gate.config'), at('script.jsonl'), '--libraries', folder];
    expect(await headkeeper(['simulate', ...words])).toMatchObject({ code: 0, stderr: '' });
  });

  it('cannot be looked at where the library is malformed: exit 2, with the place', async () => {
    const words = [at('gate.config'), at('script.jsonl'), '--libraries', broken];
    const { code, stderr } = await headkeeper(['simulate', ...words]);
    expect(code).toBe(2);
    expect(stderr).toBe(`headkeeper: ${broken}/sizes.json/version: not of the form 1.2.3\n`);
  });
});

describe('a relay whose library is malformed', () => {
  it('does not start, and says why like every problem with the configuration', async () => {
    const env = { HEADKEEPER_MACHINES_LIBRARIES: broken };
    const { code, stderr } = await headkeeper(['start', '--port', '0', '--data', folder], { env });
    expect(code).toBe(78);
    expect(stderr).toBe(
      'headkeeper: 1 problem with the configuration\n' +
        `  machines.libraries: ${broken}/sizes.json/version: not of the form 1.2.3\n`,
    );
  });
});
