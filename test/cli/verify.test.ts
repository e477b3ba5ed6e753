/**
 * `headkeeper verify`: bundles in files, without any relay.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headerLine } from '../../src/nsm/proof-lines.ts';
import { makeRuleSet } from '../../src/nsm/rule-set.ts';
import { nameLibrary } from '../../src/rules/libraries.ts';
import {
  ANN,
  CUSTODIAN,
  chainOf,
  headerOf,
  linesOf,
  RELAY,
  signDefinition,
  signSnapshot,
  textOf,
} from '../nsm/proof-bundles.ts';
import { headkeeper } from './headkeeper.ts';

/** What somebody may write who wants to redraw another's terminal. */
const TITLE = 'Paid\u001b[2K\u202eforged\u009b1A';
const chain = chainOf(3, signDefinition({}, [['title', TITLE]]));
const endorsements = [signSnapshot(chain, chain.transitions[0]?.id ?? null)];
const lines = linesOf(chain, { endorsements });

let folder: string;
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('headkeeper verify', () => {
  it('says what a valid bundle proves, by whose word, and nothing to the terminal', async () => {
    const path = file('bundle.jsonl', textOf(lines));
    const { code, stdout } = await headkeeper(['verify', path, '--keeper', RELAY.pubkey]);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `${path}: valid`,
      `machine  ${chain.machine.id} "Paid\\u001b[2K\\u{202e}forged\\u{9b}1A"`,
      `author   ${ANN.pubkey}`,
      `head     ${chain.transitions[2]?.id} at height 3`,
      'state    active "öffen"',
      expect.stringMatching(/^context {2}\{.*"list":\[0,1,2\].*\}$/),
      expect.stringMatching(/^hash {5}[0-9a-f]{64}$/),
      expect.stringMatching(/^rules {4}headkeeper-\d+ [0-9a-f]{64}$/),
      `order    final up to height 1, by custodian ${CUSTODIAN.pubkey}`,
      `keeper   ${RELAY.pubkey} at 2023-11-14T22:14:50.000Z`,
      '',
    ]);
  });

  it('reads stdin, and answers in JSON', async () => {
    const { code, stdout } = await headkeeper(['verify', '-', '--json'], { stdin: textOf(lines) });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ verdict: 'valid', machine: chain.machine.id, height: 3, final_height: 1 },
      ...{ status: 'active', value: 'öffen', context: { list: [0, 1, 2] }, links: 'strict' },
    });
  });

  it('names line and reason of what does not hold', async () => {
    const bytes = Buffer.from(textOf(lines));
    const at = bytes.indexOf('ADD', bytes.indexOf('"role":"transition"'));
    bytes[at] = 0x42;
    const path = file('changed.jsonl', bytes);
    const { code, stdout } = await headkeeper(['verify', path]);
    expect(code).toBe(1);
    expect(stdout).toBe(`${path}:3: id: the id is not the hash of the event\n`);
  });

  it('cannot judge a bundle of other rules, and says which it has', async () => {
    const library = nameLibrary('@acme/sizes', [1], { v: 1, guards: { isBig: true } });
    if ('message' in library) throw new Error(library.message);
    const { name, hash, content } = makeRuleSet([library]);
    const header = { ...headerOf(chain, { endorsements }), rules: { name, hash, content } };
    const path = file('rules.jsonl', textOf([headerLine(header), ...lines.slice(1)]));
    const { code, stdout, stderr } = await headkeeper(['verify', path]);
    expect(code).toBe(2);
    expect(stdout).toContain('the states were not checked');
    expect(stderr).toContain(hash);
  });

  it('exits with 2 where there is nothing to read', async () => {
    expect((await headkeeper(['verify', join(folder, 'nothing')])).code).toBe(2);
  });
});
