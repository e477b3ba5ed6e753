/**
 * Node and a browser come to the same: for random rules, for the published vectors, and for the
 * machines on record.
 *
 * The browser is Debian's Chromium, or the one that CHROMIUM names. It gets a bundle of the sources
 * and nothing else, so this also shows that they need nothing of Node.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as fc from 'fast-check';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainOf, linesOf, signSnapshot, textOf } from '../nsm/proof-bundles.ts';
import {
  contextArbitrary,
  expressionArbitrary,
  nearlyRulesArbitrary,
  operationArbitrary,
  testArbitrary,
  valueArbitrary,
} from '../rules/arbitraries.ts';
import * as subject from './subject.ts';

const SUBJECT = fileURLToPath(new URL('subject.ts', import.meta.url));
const SEED = 20_230_101;

let browser: Browser;
let page: Page;

beforeAll(async () => {
  const options = { bundle: true, format: 'iife', platform: 'browser', write: false } as const;
  const { outputFiles } = await build({
    ...options,
    entryPoints: [SUBJECT],
    globalName: 'subject',
  });
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  // Needed where the tests run as root, as in a container.
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  page = await browser.newPage();
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
});
afterAll(() => browser?.close());

/** What a function of the subject gives in the browser. */
function inBrowser(name: keyof typeof subject, argument?: unknown): Promise<unknown> {
  const given = argument === undefined ? '' : JSON.stringify(argument);
  return page.evaluate(`JSON.stringify(subject.${name}(${given}))`).then((text) => {
    return JSON.parse(String(text));
  });
}

/** A value as the other side of a JSON text sees it. */
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

/** Drawn cases, the same in every run. */
const drawn = <Case>(cases: fc.Arbitrary<Case>, numRuns: number): Case[] =>
  plain(fc.sample(cases, { seed: SEED, numRuns }));

const environment = fc.record({
  by: fc.constantFrom('a', 'b'.repeat(64)),
  at: fc.constant(1_700_000_600),
  data: valueArbitrary,
});

const RECORD = '../../test/fixtures/golden-machines.json';
const VECTORS = '../../docs/fuel-vectors.json';
const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

describe('a browser', () => {
  it('evaluates random expressions to the same values and errors, with the same fuel', async () => {
    const cases = drawn(
      fc.record({
        expression: fc.oneof(expressionArbitrary, testArbitrary),
        context: contextArbitrary,
        environment,
      }),
      4_000,
    );
    const here = plain(subject.evaluateAll(cases));
    expect(here.filter((outcome) => 'value' in outcome).length).toBeGreaterThan(800);
    expect(here.filter((outcome) => 'error' in outcome).length).toBeGreaterThan(400);
    expect(await inBrowser('evaluateAll', cases)).toEqual(here);
  });

  it('writes the same contexts by random operations', async () => {
    const cases = drawn(
      fc.record({
        operations: fc.array(operationArbitrary, { minLength: 1, maxLength: 4 }),
        context: contextArbitrary,
        environment,
      }),
      2_000,
    );
    expect(await inBrowser('actAll', cases)).toEqual(plain(subject.actAll(cases)));
  });

  it('refuses the same rules at the same places', async () => {
    const sources = drawn(nearlyRulesArbitrary, 2_000);
    expect(await inBrowser('compileAll', sources)).toEqual(plain(subject.compileAll(sources)));
  });

  it('agrees with the published fuel vectors', async () => {
    const { expressions, actions, environment } = read(VECTORS);
    const withEnvironment = (cases: readonly object[]) =>
      cases.map((vector) => ({ ...vector, environment }));
    const outcomes = await inBrowser('evaluateAll', withEnvironment(expressions));
    const ends = await inBrowser('actAll', withEnvironment(actions));
    expect(outcomes).toMatchObject(
      expressions.map(
        ({ fuel, error, result }: { fuel: number; error?: string; result: unknown }) =>
          error === undefined ? { value: result, fuel } : { error, fuel },
      ),
    );
    expect(ends).toEqual(
      actions.map(({ fuel, error, result }: { fuel: number; error?: string; result: unknown }) => [
        error ?? result,
        fuel,
      ]),
    );
  });

  it('verifies proof bundles, and finds changed bytes where Node finds them', async () => {
    const chain = chainOf(3);
    const endorsements = [signSnapshot(chain, chain.transitions[1]?.id ?? null)];
    const honest = [...Buffer.from(textOf(linesOf(chain, { endorsements })))];
    const changed = Array.from({ length: 200 }, (_, i) => {
      const at = Math.floor((i * honest.length) / 200);
      return honest.with(at, (honest[at] ?? 0) ^ (1 + i));
    });
    const here = plain(subject.verifyAll([honest, ...changed]));
    expect(here[0]).toMatchObject({ verdict: 'valid', height: 3, final_height: 2 });
    expect(here.slice(1).filter((report) => !('problem' in report))).toEqual([]);
    expect(await inBrowser('verifyAll', [honest, ...changed])).toEqual(here);
  });

  it('comes to the states on record with the machines on record', async () => {
    expect(await inBrowser('walkAll')).toEqual(read(RECORD).machines);
  });
});
