/**
 * The demo as a shell sees it: what it prints, how it ends, what it leaves behind.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleNames } from '../../src/examples/example.ts';
import { compiledFile } from '../support/compiled.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-demo-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the demo with a temporary folder of its own; asks it to stop once it says `until`. */
async function demo(words: readonly string[], until?: string) {
  const child = spawn(process.execPath, [compiledFile('cli/demo.js'), ...words], {
    env: { TMPDIR: folder },
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (until !== undefined && stdout.includes(until)) child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr, left: readdirSync(folder).filter((name) => /^headk/.test(name)) };
}

describe('npm run demo', () => {
  it('plays a delivery and a vote against a relay, and with --once ends there', async () => {
    const { code, stdout, stderr, left } = await demo(['--once']);
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] });
    expect(stdout).toMatch(/^Headkeeper at ws:\/\/127\.0\.0\.1:\d+\n/);
    for (const line of [
      'examples/delivery',
      'examples/vote',
      'OK true',
      'invalid: stale-head: head=',
    ])
      expect(stdout).toContain(line);
    expect(stdout).not.toContain('\u001b');
  });

  it('leaves the relay running until it is asked to stop, and nothing behind', async () => {
    const { code, stdout, stderr, left } = await demo(['counter'], 'until Ctrl-C');
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] });
    const url = /curl (http:\S+\/state)/.exec(stdout)?.[1];
    await expect(fetch(url ?? '')).rejects.toThrow();
  });

  it('names the examples when there is none of that name', async () => {
    const { code, stderr } = await demo(['chess']);
    expect(code).toBe(1);
    expect(stderr).toContain(`examples: ${exampleNames().join(', ')}`);
  });
});
