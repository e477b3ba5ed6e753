/**
 * The pages on which something is done: examples that visitors drive, and what operators see.
 */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleTemplate } from '../../src/examples/example.ts';
import { headerOf, OPERATOR } from '../support/administer.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { openBrowser, watchedPage } from './explorer-stage.ts';

const LOOK = { colorScheme: 'dark', width: 390 } as const;

let relay: TestRelay;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
  const admin = { pubkeys: [OPERATOR.pubkey] };
  const rate = { enabled: false };
  relay = await startTestRelay({ rate, admin, explorer: { play: true } });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await relay?.stop();
});

/** Plays the next step of the story and gives its verdict. */
async function nextStep(page: Page, n: number): Promise<string> {
  await page.click('#step:enabled');
  const line = page.locator('#story > li').nth(n);
  const verdict = await line.locator('.verdict-line').textContent();
  await page.waitForSelector('#again:enabled');
  return verdict ?? '';
}

describe('an example that a visitor plays', () => {
  it.each(['delivery', 'vote', 'service-level'])(
    'goes as its script says, step by step: %s',
    async (name) => {
      const { page, complaints, close } = await watchedPage(browser, LOOK);
      await page.goto(`${relay.httpUrl}/play/${name}`);
      for (const [n, step] of exampleTemplate(name, 'script').steps.entries()) {
        const verdict = await nextStep(page, n);
        if ('state' in step) expect(verdict).toContain(`height ${step.state.height}`);
        else if (step.expect === 'ok') expect(verdict).toBe('OK true');
        else expect(verdict).toContain(`: ${step.expect}: `);
      }
      expect(await page.textContent('#state .badge')).toBe('done');
      expect(complaints).toEqual([]);
      await close();
    },
    60_000,
  );

  it('can go otherwise: buttons say what will be taken, and time passes', async () => {
    const { page, complaints, close } = await watchedPage(browser, LOOK);
    await page.goto(`${relay.httpUrl}/play/delivery`);
    await nextStep(page, 0);
    const move = (part: string, type: string) =>
      page.locator('.parts > div', { hasText: part }).locator('button', { hasText: type });
    expect(await move('stranger', 'ACCEPT').getAttribute('class')).toBe('yes');
    expect(await move('creator', 'ACCEPT').getAttribute('class')).toBe('no');
    await page.click('#clock button:text-is("+1 h")');
    await move('stranger', 'ACCEPT').click();
    await page.waitForSelector('#state code:has-text("accepted")');
    await move('receiver', 'START_TRANSIT').click();
    await page.waitForSelector('.verdict-line.no:has-text("guard-denied")');
    await page.click('#machine');
    await page.waitForSelector('.trail a:has-text("ACCEPT")');
    expect(complaints).toEqual([]);
    await close();
  }, 30_000);

  it('is there only where the operator says so', async () => {
    const other = await startTestRelay({});
    const paths = ['/play', '/play/vote', '/play/vote/example'];
    const statuses = await Promise.all(paths.map((path) => fetch(other.httpUrl + path)));
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await (await fetch(other.httpUrl)).text()).not.toContain('/play');
    await other.stop();
  });
});

describe('the status of a relay', () => {
  const PROXIED = { 'X-Forwarded-For': '203.0.113.9' };
  const status = (headers: Record<string, string>) =>
    fetch(`${relay.httpUrl}/status`, { headers }).then((answer) => answer.text());

  it('has figures and six curves for the machine it runs on', async () => {
    const { page, complaints, close } = await watchedPage(browser, LOOK);
    await page.goto(`${relay.httpUrl}/status`);
    await page.waitForSelector('.curve canvas');
    expect(await page.locator('.curve canvas').count()).toBe(6);
    expect(await page.textContent('.figures')).toContain('write-ahead log');
    expect(complaints).toEqual([]);
    await close();
  });

  it('is not told to who comes through a proxy, or has signed something else', async () => {
    const signed = (u: string, by = OPERATOR) => {
      const tags = [
        ['u', u],
        ['method', 'GET'],
      ];
      const created_at = Math.floor(Date.now() / 1_000);
      return headerOf(signEvent({ kind: 27_235, created_at, tags, content: '' }, by.secret));
    };
    const url = `${relay.httpUrl}/status`;
    const right = { ...PROXIED, Authorization: signed(url) };
    expect(await status(right)).toContain('write-ahead log');
    for (const authorization of [
      signed(`${relay.httpUrl}/other`),
      signed(url, testKey('nobody of importance')),
      headerOf({ kind: 27_235 }),
    ]) {
      const headers = { ...PROXIED, Authorization: authorization };
      expect(await status(headers)).not.toContain('write-ahead log');
    }
    expect(await status(PROXIED)).not.toContain('write-ahead log');
    const { headers } = await fetch(`${relay.httpUrl}/status`);
    expect(headers.get('access-control-allow-origin')).toBe(relay.httpUrl);
  });

  it('opens to an operator whose browser signs', async () => {
    const { page, complaints, close } = await watchedPage(browser, LOOK);
    await page.setExtraHTTPHeaders(PROXIED);
    await page.exposeFunction('signForTest', (event: Parameters<typeof signEvent>[0]) =>
      signEvent(event, OPERATOR.secret),
    );
    await page.addInitScript('window.nostr = { signEvent: (event) => window.signForTest(event) }');
    await page.goto(`${relay.httpUrl}/status`);
    expect(await page.locator('.figures').count()).toBe(0);
    await page.click('#sign');
    await page.waitForSelector('.curve canvas');
    expect(await page.textContent('.figures')).toContain('memory');
    expect(complaints).toEqual([]);
    await close();
  });
});
