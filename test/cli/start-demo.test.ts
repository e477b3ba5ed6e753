/**
 * `headkeeper start --demo`: a relay with machines to look at, which leaves nothing behind.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { commandLine } from '../support/compiled.ts';

const TMPDIR = mkdtempSync(join(tmpdir(), 'headkeeper-start-demo-'));
afterAll(() => rmSync(TMPDIR, { recursive: true }));

it('starts a relay whose examples can be played, and takes its folder with it', async () => {
  const args = ['start', '--demo', '--port', '0'];
  const env = { TMPDIR, HEADKEEPER_LOG_LEVEL: 'silent' };
  const child = spawn(process.execPath, commandLine(args), { cwd: TMPDIR, env });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = /http:\S+/.exec(line)?.[0] ?? '';
  expect(readdirSync(TMPDIR).filter((name) => name.startsWith('headkeeper-demo-'))).toHaveLength(1);
  expect((await fetch(`${url}/play/vote`)).status).toBe(200);
  const machines = async (): Promise<readonly { title: string }[]> => {
    const answer = await fetch(`${url}/api/v1/machines`);
    return ((await answer.json()) as { machines: { title: string }[] }).machines;
  };
  while ((await machines()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await machines()).map(({ title }) => title)).toContain('Two of three');
  expect(await (await fetch(`${url}/machines`)).text()).toContain('<bdi>ann</bdi>');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(readdirSync(TMPDIR).filter((name) => name.startsWith('headkeeper-demo-'))).toEqual([]);
}, 30_000);
