/**
 * Every page, light and dark, wide and narrow: nothing is refused by its policy, nothing complains,
 * nothing has to be scrolled sideways, and no text of a chart touches another.
 */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleNames } from '../../src/examples/example.ts';
import {
  type ExplorerStage,
  LOOKS,
  openBrowser,
  playedRelay,
  watchedPage,
} from './explorer-stage.ts';
import { chartFaults, overflowing } from './geometry.ts';

let stage: ExplorerStage;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
  stage = await playedRelay(undefined, { explorer: { play: true } });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.relay.stop();
});

const idOf = (name: string): string => stage.machines.get(name) ?? '';

const PAGES: readonly (readonly [what: string, path: () => string])[] = [
  ['the landing page', () => '/'],
  ['the machines', () => '/machines'],
  ['a search', () => '/machines?status=done&q=vote'],
  ['a search without results', () => '/machines?q=nothing+is+called+that'],
  ['a machine', () => `/machines/${idOf('delivery')}`],
  ['a machine as it was', () => `/machines/${idOf('vote')}?height=2`],
  ['a wide machine', () => `/machines/${idOf('service-level')}?height=3`],
  ['refusals', () => '/refusals'],
  ['refusals of a machine', () => `/refusals?machine=${idOf('bet')}&code=guard-denied`],
  ['an explanation', () => '/problems/stale-head'],
  ['the status', () => '/status'],
  ['the examples', () => '/play'],
  ['an example', () => '/play/vote'],
];

describe.each(LOOKS)('in $colorScheme, $width px wide,', (look) => {
  it.each(PAGES)(
    '%s fits and nothing complains',
    async (_, path) => {
      const { page, complaints, close } = await watchedPage(browser, look);
      const answer = await page.goto(stage.relay.httpUrl + path());
      expect(answer?.status()).toBe(200);
      await page.waitForFunction(() => document.readyState === 'complete');
      expect(await page.evaluate(overflowing)).toEqual([]);
      expect(await page.locator('main h1').count()).toBe(1);
      expect(complaints).toEqual([]);
      await close();
    },
    30_000,
  );
});

describe('the chart of every example', () => {
  it.each(exampleNames())(
    'of %s has no text on another, at the start and in the end',
    async (name) => {
      const { page, complaints, close } = await watchedPage(browser, {
        colorScheme: 'light',
        width: 1_280,
      });
      for (const query of ['?height=0', '?height=1', '']) {
        await page.goto(`${stage.relay.httpUrl}/machines/${idOf(name)}${query}`);
        expect(await page.evaluate(chartFaults), query).toEqual([]);
        expect(await page.locator('g.state.active').count()).toBeGreaterThan(0);
      }
      expect(complaints).toEqual([]);
      await close();
    },
    30_000,
  );

  it('is measured so that a text on another, or beside its state, is found', async () => {
    const { page, close } = await watchedPage(browser, { colorScheme: 'light', width: 1_280 });
    await page.goto(`${stage.relay.httpUrl}/machines/${idOf('delivery')}`);
    await page.evaluate(() => {
      const [first, second] = document.querySelectorAll('svg.chart g.state text');
      for (const name of ['x', 'y']) first?.setAttribute(name, second?.getAttribute(name) ?? '');
    });
    const faults = await page.evaluate(chartFaults);
    expect(faults).toContain('created is outside');
    expect(faults).toContain('created on accepted');
    await close();
  });

  it('marks what may come, what was taken and where the machine is', async () => {
    const { page, close } = await watchedPage(browser, { colorScheme: 'dark', width: 1_280 });
    await page.goto(`${stage.relay.httpUrl}/machines/${idOf('delivery')}?height=2`);
    const paths = (kind: string) =>
      page
        .locator(`g.state.${kind}`)
        .evaluateAll((groups) => groups.map((group) => group.getAttribute('data-path')));
    expect(await paths('active')).toEqual(['in_transit']);
    expect(await paths('visited')).toEqual(['created', 'accepted']);
    expect(await page.locator('g.edge.taken').count()).toBe(2);
    const next = await page.locator('g.edge.enabled text.event').allTextContents();
    expect(next.sort()).toEqual(['DELIVER', 'DISPUTE']);
    await close();
  });
});

describe('with the keyboard alone', () => {
  it('the content is one step away, and every control shows that it has the focus', async () => {
    const { page, close } = await watchedPage(browser, { colorScheme: 'light', width: 1_280 });
    await page.goto(`${stage.relay.httpUrl}/machines/${idOf('delivery')}`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#main');
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const shown = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement as Element);
        return `${outlineStyle} ${outlineWidth}`;
      });
      expect(shown).toBe('solid 2px');
    }
    await close();
  });

  it('every part of a page has a name for those who only hear it', async () => {
    const { page, close } = await watchedPage(browser, { colorScheme: 'light', width: 1_280 });
    await page.goto(`${stage.relay.httpUrl}/machines/${idOf('delivery')}`);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('section.panel, [role=region], input, select, svg.chart')]
        .filter((element) => {
          const by = element.getAttribute('aria-labelledby');
          const isLabelled = by !== null && document.getElementById(by) !== null;
          const name = element.getAttribute('aria-label') ?? '';
          return !isLabelled && name === '' && element.closest('label') === null;
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(nameless).toEqual([]);
    await close();
  });
});
