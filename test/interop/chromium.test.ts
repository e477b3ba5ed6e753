/**
 * A real browser: nostr-tools in Chromium, against a relay that then restarts.
 *
 * The browser is Debian's Chromium, or the one that CHROMIUM names. Its page is none of the
 * relay's, as it is with applications, and goes on running while the relay is away.
 */

import { fileURLToPath } from 'node:url';
import { bytesToHex } from '@noble/hashes/utils.js';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { note, X, Z } from '../support/machines.ts';
import type { TestRelay } from '../support/start-relay.ts';
import type * as application from './chromium-page.ts';
import { newDelivery } from './delivery.ts';
import { startFixedRelay } from './fixed-relay.ts';

const PAGE = fileURLToPath(new URL('chromium-page.ts', import.meta.url));
const NOW = Math.floor(Date.now() / 1_000);

let browser: Browser;
let script: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    ...{ bundle: true, write: false, format: 'iife', platform: 'browser' },
    ...{ entryPoints: [PAGE], globalName: 'application' },
  });
  script = outputFiles[0]?.text ?? '';
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  // Needed where the tests run as root, as in a container.
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(() => browser?.close());

/** A page from nowhere in particular on which the application runs, as X. */
async function openPage(relay: TestRelay): Promise<Page> {
  const page = await browser.newPage();
  await page.addScriptTag({ content: script });
  await inPage(page, 'open', relay.url, bytesToHex(X.secret));
  return page;
}

type Application = typeof application;

/** Calls a function of the application. */
function inPage<Name extends keyof Application>(
  page: Page,
  name: Name,
  ...given: Parameters<Application[Name]>
): Promise<Awaited<ReturnType<Application[Name]>>> {
  return page.evaluate(`application.${name}(...${JSON.stringify(given)})`);
}

describe('an application in Chromium', () => {
  let relay: TestRelay;
  let page: Page;

  beforeAll(async () => {
    relay = await startFixedRelay();
    page = await openPage(relay);
  });
  afterAll(() => relay.stop());

  it('publishes a machine, its steps, and what is refused; hears and finds the rest', async () => {
    const { machine, steps, stale } = newDelivery();
    const ofMachine = { kinds: [7501], '#e': [machine.id] };
    expect(await inPage(page, 'publish', machine)).toEqual({ accepted: true, message: '' });
    await inPage(page, 'listen', ofMachine);
    for (const step of steps) {
      expect(await inPage(page, 'publish', step)).toEqual({ accepted: true, message: '' });
    }
    const { accepted, message } = await inPage(page, 'publish', stale);
    expect([accepted, message]).toEqual([
      false,
      expect.stringContaining(`invalid: stale-head: head=${steps[1].id} height=2 — `),
    ]);
    await expect.poll(() => inPage(page, 'whatWasHeard')).toEqual([...steps]);
    expect(await inPage(page, 'query', { ids: [machine.id] })).toEqual([machine]);
    expect(await inPage(page, 'query', ofMachine)).toEqual([steps[1], steps[0]]);
  });

  it('signs what the relay takes', async () => {
    const { id, ...written } = await inPage(page, 'write', 'from a browser');
    expect(written).toMatchObject({ accepted: true, pubkey: X.pubkey });
    expect(await inPage(page, 'query', { ids: [id] })).toMatchObject([{ id, sig: written.sig }]);
  });

  it('reads the information document, though its page is not of the relay', async () => {
    const read = `fetch(${JSON.stringify(relay.httpUrl)}, {
      headers: { Accept: 'application/nostr+json' },
    }).then((response) => response.json())`;
    expect(await page.evaluate(read)).toMatchObject({ self: relay.self });
  });

  it('goes on by itself when the relay was away', async () => {
    await inPage(page, 'listen', { kinds: [9] });
    await publishElsewhere('before', NOW - 10);
    await relay.restart();
    await publishElsewhere('after', NOW);
    const contents = async () => (await inPage(page, 'whatWasHeard')).map(({ content }) => content);
    await expect.poll(contents, { timeout: 40_000 }).toContain('after');
    expect(await contents()).toContain('before');
    expect(await inPage(page, 'write', 'again')).toMatchObject({ accepted: true });
  }, 60_000);

  async function publishElsewhere(content: string, at: number): Promise<void> {
    const client = await connect(relay.url);
    expect(await client.publish(note(9, content, { by: Z, at }))).toMatchObject({ accepted: true });
    await client.close();
  }
});

describe('an application in Chromium, when a relay wants to know who it is', () => {
  it('authenticates, publishes and reads', async () => {
    const relay = await startFixedRelay({ access: { authRequired: true } });
    const page = await openPage(relay);
    const { machine } = newDelivery();
    expect(await inPage(page, 'publish', machine)).toMatchObject({ accepted: true });
    expect(await inPage(page, 'query', { ids: [machine.id] })).toEqual([machine]);
    await relay.stop();
  });
});
