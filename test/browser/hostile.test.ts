/**
 * Definitions by people who mean no good: nothing of theirs is markup, nothing of theirs breaks a
 * page, and nothing of theirs holds up the relay.
 */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Client, connect } from '../support/client.ts';
import { define, move, publishAll, X } from '../support/machines.ts';
import { signEvent } from '../support/sign.ts';
import {
  type ExplorerStage,
  LOOKS,
  openBrowser,
  playedRelay,
  watchedPage,
} from './explorer-stage.ts';
import { chartFaults, overflowing } from './geometry.ts';

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>&amp;"\'';
const LONG = 'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(5);
const ARABIC = '\u202Eمرحبا بالعالم\u202C';
const ODD = '</text><script>alert(3)</script>\n\t\u2028\u202E';
const HEBREW = 'שלום עולם';

const NASTY = {
  initial: MARKUP.slice(0, 60),
  context: { [MARKUP.slice(0, 40)]: MARKUP, [LONG.slice(0, 60)]: LONG, [ARABIC]: [HEBREW, MARKUP] },
  states: {
    [MARKUP.slice(0, 60)]: {
      on: { GO: HEBREW, [LONG.slice(0, 60)]: LONG.slice(0, 64) },
    },
    [HEBREW]: { on: { 'x.-:_': LONG.slice(0, 64), END: '𝔊𝔯𝔬𝔰𝔰 🧱🧱🧱', LOST: ODD } },
    [ODD]: { on: { BACK: HEBREW } },
    [LONG.slice(0, 64)]: { on: { BACK: HEBREW } },
    '𝔊𝔯𝔬𝔰𝔰 🧱🧱🧱': { type: 'final' },
  },
};

/** So many states in a circle, each with ways to others. */
function crowd(states: number) {
  const name = (n: number) => `state ${n % states}`;
  const ways = (n: number) => ({ NEXT: name(n + 1), JUMP: name(n * 7 + 3), BACK: name(0) });
  const entries = Array.from({ length: states }, (_, n) => [name(n), { on: ways(n) }] as const);
  return { initial: name(0), states: Object.fromEntries(entries) };
}

let stage: ExplorerStage;
let browser: Browser;
let client: Client;

const tags = [
  ['title', `${MARKUP} ${ARABIC} ${LONG}`],
  ['description', `${LONG} ${MARKUP} ${HEBREW}`],
];
const nasty = define(NASTY, { tags });
const large = define(crowd(300), { tags: [['title', 'A crowd']] });
const dense = define(crowd(50), { tags: [['title', 'Dense']] });
const PAGES = [
  ['its own', `/machines/${nasty.id}`],
  ['that of all', '/machines'],
  ['the landing page', '/'],
  ['that of refusals', `/refusals?machine=${nasty.id}`],
  ['that of a crowd', `/machines/${large.id}`],
] as const;

beforeAll(async () => {
  browser = await openBrowser();
  stage = await playedRelay([]);
  client = await connect(stage.relay.url);
  const name = { name: MARKUP, display_name: `${ARABIC}${LONG}` };
  const profile = {
    kind: 0,
    created_at: nasty.created_at,
    tags: [],
    content: JSON.stringify(name),
  };
  const step = move(nasty, LONG.slice(0, 60), { at: nasty.created_at, data: { text: MARKUP } });
  const events: NostrEvent[] = [signEvent(profile, X.secret), nasty, large, dense, step];
  await publishAll(client, events);
  await client.publish(move(nasty, MARKUP.slice(0, 60), { on: step, at: step.created_at }));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await client?.close();
  await stage?.relay.stop();
});

describe.each(LOOKS)('a hostile definition, in $colorScheme, $width px wide,', (look) => {
  it.each(PAGES)(
    'harms no page: %s',
    async (_, path) => {
      const { page, complaints, close } = await watchedPage(browser, look);
      page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
      await page.goto(stage.relay.httpUrl + path);
      expect(await page.evaluate(overflowing)).toEqual([]);
      const injected = 'main img, main script, main [onerror], svg.chart script';
      expect(await page.locator(injected).count()).toBe(0);
      expect(complaints).toEqual([]);
      await close();
    },
    30_000,
  );
});

describe('the page of a hostile definition', () => {
  it('shows what it says as text, each in its own direction', async () => {
    const { page, close } = await watchedPage(browser, { colorScheme: 'light', width: 1_280 });
    await page.goto(`${stage.relay.httpUrl}/machines/${nasty.id}`);
    expect(await page.textContent('h1 bdi')).toContain('<img src=x onerror=alert(1)>');
    expect(await page.title()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    expect(await page.evaluate(chartFaults)).toEqual([]);
    expect(await page.textContent('.trail .by')).not.toMatch(/[\u202A-\u202E]/);
    await close();
  });

  it('has a table where 300 states are too many to draw', async () => {
    const { page, close } = await watchedPage(browser, { colorScheme: 'light', width: 1_280 });
    await page.goto(`${stage.relay.httpUrl}/machines/${large.id}`);
    expect(await page.locator('svg.chart').count()).toBe(0);
    expect(await page.textContent('[data-part=chart]')).toContain('Not drawn: 300 states');
    expect(await page.locator('[data-part=chart] tbody tr').count()).toBe(400);
    const chart = await fetch(`${stage.relay.httpUrl}/api/v1/machines/${large.id}/chart.svg`);
    expect(chart.status).toBe(404);
    await close();
  });

  it('comes when its chart is laid out or given up; others are served meanwhile', async () => {
    const slow = fetch(`${stage.relay.httpUrl}/machines/${dense.id}`);
    let served = 0;
    let isDone = false;
    const page = slow.then(async (answer) => {
      const text = await answer.text();
      isDone = true;
      return text;
    });
    while (!isDone) {
      const answer = await fetch(`${stage.relay.httpUrl}/readyz`);
      expect(answer.status).toBe(200);
      served++;
    }
    expect(await page).toContain('state 49');
    expect(served).toBeGreaterThan(5);
  }, 30_000);
});
