/**
 * `npm run images`: pictures of the main pages, for the README.
 *
 * A relay of examples is started as anybody would start one, and looked at with Chromium (Debian's,
 * or the one that CHROMIUM names).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const FOLDER = at('docs/images');
/** Two samples of the curves, so that there is a line. */
const CURVES_MS = 45_000;

type Look = {
  readonly file: string;
  readonly path: string;
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** What to do before the picture is taken. */
  readonly first?: (page: Page) => Promise<void>;
};

const relay = spawn(
  process.execPath,
  [...process.execArgv, at('src/main.ts'), 'start', '--demo', '--port', '0'],
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
process.on('exit', () => relay.kill());

const url = await readyUrl(relay);
await said(relay, '"demo.ready"');
mkdirSync(FOLDER, { recursive: true });
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const look of await looks()) await take(browser, look);
await browser.close();
relay.kill();

async function readyUrl({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the relay says nothing');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  return /http:\S+/.exec(line)?.[0] ?? '';
}

async function said({ stderr }: ChildProcess, text: string): Promise<void> {
  if (stderr === null) return;
  for await (const line of createInterface(stderr)) if (line.includes(text)) return;
}

async function looks(): Promise<readonly Look[]> {
  const idOf = async (query: string): Promise<string> => {
    const answer = await fetch(`${url}/api/v1/machines?status=active&${query}`);
    const { machines } = (await answer.json()) as { machines: { machine: string }[] };
    return machines[0]?.machine ?? '';
  };
  const delivery = `/machines/${await idOf('q=delivery')}`;
  const level = `/machines/${await idOf('q=service')}`;
  return [
    { file: 'machine', path: delivery, height: 960 },
    { file: 'machine-dark', path: level, scheme: 'dark', height: 1_240 },
    { file: 'machine-phone', path: delivery, width: 390, height: 844 },
    { file: 'landing', path: '/' },
    { file: 'refusals', path: '/refusals' },
    { file: 'play', path: '/play/vote', first: playSteps },
    { file: 'status', path: '/status', height: 980, first: (page) => page.waitForTimeout(500) },
  ];
}

async function playSteps(page: Page): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await page.click('#step:enabled');
    await page.locator('.verdict-line').nth(i).waitFor();
    await page.locator('#step:enabled').waitFor();
  }
  await page.mouse.wheel(0, -9_999);
}

async function take(by: Browser, look: Look): Promise<void> {
  const { file, path, scheme = 'light', width = 1_280, height = 860, first } = look;
  if (file === 'status') await new Promise((resolve) => setTimeout(resolve, CURVES_MS));
  const viewport = { width, height };
  const page = await by.newPage({ viewport, colorScheme: scheme });
  await page.goto(url + path);
  await first?.(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${FOLDER}/${file}.png` });
  await page.close();
  console.log(`docs/images/${file}.png`);
}
