/**
 * The page for people: complete without script, and safe whatever strangers wrote.
 */

import { afterAll, describe, expect, it } from 'vitest';
import { connect } from '../../support/client.ts';
import { startTestRelay } from '../../support/start-relay.ts';
import { ask, definition, NOW, publishAll, START } from '../job.ts';

const relay = await startTestRelay(
  {
    publicUrl: 'wss://relay.example.com',
    relay: { name: 'Jobs & more', description: 'For <us>.', contact: 'mailto:us@example.com' },
    pow: { minimumBits: 4 },
    kinds: { mode: 'strict', allow: [1] },
  },
  { now: () => NOW },
);
const open = await startTestRelay({}, { now: () => NOW });
afterAll(() => Promise.all([relay.stop(), open.stop()]));

const page = (path = '/') => ask(relay, path);

describe('the page of a relay', () => {
  it('is HTML for whoever does not ask for something else', async () => {
    const { status, headers } = await page();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html; charset=utf-8$/i);
  });

  it('says who it is, what it takes and how to reach it', async () => {
    const { text } = await page();
    expect(text).toContain('<h1>Jobs &amp; more</h1>');
    expect(text).toContain('<p class="lead">For &lt;us&gt;.</p>');
    expect(text).toMatch(/<pre[^>]*>wss:\/\/relay.example.com<\/pre>/);
    expect(text).toContain('curl &#39;https://relay.example.com/api/v1/machines&#39;');
    expect(text).toContain('only 7500, 7501, 30078, 5, 1');
    expect(text).toContain('4 bits (NIP-13)');
    expect(text).toContain('mailto:us@example.com');
    expect(text).toContain(relay.self);
  });

  it('says so when there is no machine yet', async () => {
    expect((await page()).text).toContain('None yet.');
  });

  it('runs only its own scripts, embeds nothing and is embedded nowhere', async () => {
    const { text, headers } = await page();
    expect(text).not.toMatch(/<script(?! type="module" src="\/assets\/\w+\.js"><)/);
    expect(text).not.toMatch(/<img(?! src="\/icon\.svg")|<iframe|style="|\bon\w+="/);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('has a stylesheet for light and for dark, from the relay itself', async () => {
    expect((await page()).text).toContain('<link rel="stylesheet" href="/style.css">');
    const { status, headers, text } = await page('/style.css');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(text).toContain('color-scheme: light dark');
    expect(text).not.toMatch(/url\(|@import/);
  });
});

describe('the newest machines on the page', () => {
  it('link to what is known of them, and nothing a stranger wrote is markup', async () => {
    const title = '<script>alert("1")</script>';
    const key = '<b>a</b>';
    const config = { initial: key, states: { [key]: { on: { GO: 'z' } }, z: { on: { GO: key } } } };
    const named = definition({ tags: [['title', title]], config });
    const unnamed = definition({ at: START + 1 });
    await publishAll(await connect(open.url), [named, unnamed]);
    const { text } = await ask(open, '/');
    expect(text).not.toMatch(/<script>|<b>/);
    expect(text).toContain(`<a href="/machines/${named.id}"><bdi>&lt;script&gt;`);
    expect(text).toContain('<code><bdi>&lt;b&gt;a&lt;/b&gt;</bdi></code>');
    expect(text).toContain(`<a href="/machines/${unnamed.id}">${unnamed.id.slice(0, 16)}</a>`);
    expect(text.indexOf(unnamed.id)).toBeLessThan(text.indexOf(named.id));
  });

  it('show no more of a long state than fits', async () => {
    // As long as a name may be, and one inside the other, so that the state's value is longer.
    const key = '🧱'.repeat(60);
    const inner = { initial: key, states: { [key]: { on: { GO: 'z' } }, z: {} } };
    const config = { initial: key, states: { [key]: inner } };
    await publishAll(await connect(open.url), [definition({ config, at: START + 2 })]);
    expect((await ask(open, '/')).text).toContain(
      `<code><bdi>${key}.${'🧱'.repeat(19)}…</bdi></code>`,
    );
  });
});
