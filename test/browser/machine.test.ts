/**
 * The page of a machine while it moves, as it was, and its proof.
 */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../../src/cli/play.ts';
import { connect } from '../support/client.ts';
import {
  C,
  claim,
  DELIVERY,
  define,
  ENGINE_TAG,
  move,
  persisted,
  publishAll,
  X,
} from '../support/machines.ts';
import {
  type ExplorerStage,
  openBrowser,
  playedRelay,
  type WatchedPage,
  watchedPage,
} from './explorer-stage.ts';

const LOOK = { colorScheme: 'light', width: 1_280 } as const;

let stage: ExplorerStage;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
  stage = await playedRelay(['vote', 'bet']);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.relay.stop();
});

const text = (page: Page, selector: string): Promise<string> =>
  page
    .locator(selector)
    .first()
    .textContent()
    .then((found) => found ?? '');

/** Opens a machine's page; it is live once its stream is there. */
async function openMachine(id: string, query = ''): Promise<WatchedPage> {
  const watched = await watchedPage(browser, LOOK);
  await watched.page.goto(`${stage.relay.httpUrl}/machines/${id}${query}`);
  await watched.page.waitForSelector('body[data-live]');
  return watched;
}

describe('a machine that is looked at while it moves', () => {
  it('is followed from its definition to its end, refusals too', async () => {
    const steps = play('delivery', stage.relay.url);
    const first = await steps.next();
    const { page, complaints, close } = await openMachine(first.value?.machine ?? '');
    let seen = 0;
    for await (const { step, reached, answers } of steps) {
      if ('state' in step) continue;
      if (reached) {
        const { value } = reached.computed.state;
        await page.waitForSelector(`code.now bdi:text-is("${value}")`);
        await page.waitForSelector(`.trail .shown[data-id="${reached.id}"]`);
        await page.waitForSelector(`g.state.active[data-path="${value}"]`);
        seen++;
      } else if ('type' in step && answers[0]?.startsWith('OK false')) {
        const code = /: ([a-z-]+):/.exec(answers[0])?.[1];
        await page.waitForSelector(`#news .refused:has-text("${step.type} was refused: ${code}")`);
      }
    }
    expect(seen).toBe(4);
    expect(await text(page, 'p.state')).toContain('done');
    expect(await text(page, 'section[data-part=next]')).toContain('the machine has ended');
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  it('keeps what is unfolded, and what a slider in hand shows', async () => {
    const definition = define(DELIVERY, { tags: [['title', 'In hand']] });
    const client = await connect(stage.relay.url);
    const accepted = move(definition, 'ACCEPT', { at: definition.created_at });
    await publishAll(client, [definition, accepted]);
    const { page, close } = await openMachine(definition.id);
    await page.click('summary');
    await page.focus('#travel input');
    await page.keyboard.press('Home');
    await page.waitForSelector('code.now bdi:text-is("created")');
    await publishAll(client, [move(definition, 'START_TRANSIT', { on: accepted })]);
    await page.waitForSelector('#travel .where:has-text("height 0 of 2")');
    expect(await page.getAttribute('#travel input', 'max')).toBe('2');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('height');
    expect(await page.evaluate(() => document.querySelector('details')?.open)).toBe(true);
    expect(await text(page, 'code.now')).toBe('created');
    await client.close();
    await close();
  });

  it('shows a reorganisation as one: the lost branch stays beside the path', async () => {
    const state = ['state', `30078:${C.pubkey}:explorer`];
    const definition = define(DELIVERY, { tags: [ENGINE_TAG, state, ['forks', 'dag']] });
    const at = definition.created_at;
    const first = move(definition, 'ACCEPT', { at });
    // Without a custodian's word the lower id counts, so what wins here needs that word.
    const notes = ['one', 'other'].map((note) => ({
      note,
      event: move(definition, 'NOTE', { on: first, at, data: { note } }),
    }));
    const [low, high] = notes.sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
    const [lost, won] = [low?.event ?? first, high?.event ?? first];
    const client = await connect(stage.relay.url);
    await publishAll(client, [definition, first, lost]);
    const { page, complaints, close } = await openMachine(definition.id);
    expect(await text(page, '.context')).toContain(low?.note);
    await client.publish(won);
    await page.waitForSelector(`.trail li.side[data-id="${won.id}"]`);
    const content = persisted('accepted', { executorPubKey: X.pubkey, notes: [high?.note] });
    await publishAll(client, [claim(definition, content, { on: won })]);
    await page.waitForSelector('#news .reorganised:has-text("another branch won")');
    await page.waitForSelector(`.trail li.shown[data-id="${won.id}"]`);
    expect(await text(page, '.context')).toContain(high?.note);
    expect(await page.getAttribute(`.trail li[data-id="${lost.id}"]`, 'class')).toContain('side');
    expect(await text(page, 'p.state')).toContain('final');
    expect(await text(page, 'section:has(#h-proof) table')).toContain('equal');
    expect(complaints).toEqual([]);
    await client.close();
    await close();
  });
});

describe('a machine as it was', () => {
  it('is at every height what the API says of that node', async () => {
    const id = stage.machines.get('bet') ?? '';
    const api = `${stage.relay.httpUrl}/api/v1/machines/${id}`;
    const { transitions } = await (await fetch(`${api}/transitions`)).json();
    const { page, close } = await openMachine(id);
    expect(transitions.length).toBeGreaterThan(2);
    for (const { id: at, height } of transitions) {
      await page.locator('#travel input').fill(String(height));
      const shown = page.locator(`#travel output:text-is("${height}")`);
      await shown.waitFor();
      await page.waitForSelector(`.trail .shown[data-id="${at}"]`);
      const answer = await (await fetch(`${api}/state?at=${at}`)).json();
      expect(await text(page, 'code.now')).toBe(answer.value);
      expect(await page.getAttribute('g.state.active', 'data-path')).toBe(answer.value);
      expect(await text(page, 'section[data-part=proof], div[data-part=proof]')).toContain(
        answer.state_hash,
      );
      const members = await page.locator('.context tbody tr td:first-child').allInnerTexts();
      expect(members).toEqual(Object.keys(answer.context));
      const types = await page.locator('.next code.event').allInnerTexts();
      expect(types).toEqual(answer.next.map(({ type }: { type: string }) => type));
    }
    await close();
  }, 60_000);

  it('has an address of its own, which shows the same without script', async () => {
    const id = stage.machines.get('bet') ?? '';
    const { page, close } = await openMachine(id);
    await page.click('#travel a[title=previous]');
    await page.waitForURL(/height=\d+$/);
    const live = await text(page, 'code.now');
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(page.url());
    expect(await text(plain, 'code.now')).toBe(live);
    expect(await text(plain, '.past-note')).toContain('As it was');
    await plain.locator('#travel input').fill('0');
    await plain.click('#travel button');
    expect(plain.url()).toContain('height=0');
    await context.close();
    await close();
  });
});

describe('a proof', () => {
  const report = (page: Page): Promise<string> =>
    page
      .locator('#verified.valid, #verified.invalid')
      .textContent({ timeout: 20_000 })
      .then((found) => found ?? '');

  it('is verified in the browser, to the hash that the relay states', async () => {
    const id = stage.machines.get('vote') ?? '';
    const { page, complaints, close } = await openMachine(id);
    const answer = await fetch(`${stage.relay.httpUrl}/api/v1/machines/${id}/state`);
    const { state_hash: hash, height } = await answer.json();
    await page.click('#verify');
    const says = await report(page);
    expect(says).toMatch(/^Valid: \d+ events checked/);
    expect(says).toContain(`replayed to height ${height}`);
    expect(says).toContain(`the hash that this relay states: ${hash}`);
    expect(complaints).toEqual([]);
    await close();
  }, 30_000);

  it('that was tampered with fails, and the event is named', async () => {
    const id = stage.machines.get('vote') ?? '';
    const { page, close } = await openMachine(id);
    let changed = '';
    await page.context().route('**/proof', async (route) => {
      const answer = await route.fetch();
      const lines = (await answer.text()).split('\n');
      changed = JSON.parse(lines[3] ?? '').event.id;
      // One digit of one signature.
      lines[3] = (lines[3] ?? '').replace(
        /("sig":"[0-9a-f]{9})(.)/,
        (_, start, digit) => `${start}${digit === 'a' ? 'b' : 'a'}`,
      );
      await route.fulfill({ response: answer, body: lines.join('\n') });
    });
    await page.click('#verify');
    const says = await report(page);
    expect(says).toMatch(/^Invalid: line 4, event [0-9a-f]{64}: /);
    expect(says).toContain(changed);
    await close();
  }, 30_000);
});
