/**
 * What the tests of the pages look at: a relay on which every example has been played, and a
 * browser that writes down whatever goes wrong on a page.
 */

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { play } from '../../src/cli/play.ts';
import type { ConfigInput } from '../../src/config.ts';
import { exampleNames } from '../../src/examples/example.ts';
import { NOW } from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** A relay with the machines of the examples, by the name of each; the last script's where many. */
export type ExplorerStage = {
  readonly relay: TestRelay;
  readonly machines: ReadonlyMap<string, string>;
};

/** Nothing on these pages may be kept waiting: tests ask more often than people do. */
const UNLIMITED = { rate: { enabled: false } } as const;

/** Starts a relay and plays examples on it, all if none is named. */
export async function playedRelay(
  names: readonly string[] = exampleNames(),
  config: ConfigInput = {},
): Promise<ExplorerStage> {
  const relay = await startTestRelay({ ...UNLIMITED, ...config }, { now: () => NOW });
  const machines = new Map<string, string>();
  for (const name of names) {
    for await (const { machine } of play(name, relay.url)) machines.set(name, machine);
  }
  return { relay, machines };
}

/** Debian's Chromium, or the one that CHROMIUM names. */
export function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  // Needed where the tests run as root, as in a container.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** How a page is looked at. */
export type Look = { readonly colorScheme: 'light' | 'dark'; readonly width: number };

/** The looks that every page has to stand. */
export const LOOKS: readonly Look[] = [
  { colorScheme: 'light', width: 1_280 },
  { colorScheme: 'dark', width: 1_280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390 },
];

/** A page, and what its console had to say: errors, warnings and breaches of its policy. */
export type WatchedPage = {
  readonly page: Page;
  readonly complaints: string[];
  readonly close: () => Promise<void>;
};

/** Opens a page in a context of its own. */
export async function watchedPage(browser: Browser, look: Look): Promise<WatchedPage> {
  const { colorScheme, width } = look;
  const context: BrowserContext = await browser.newContext({
    colorScheme,
    viewport: { width, height: 900 },
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    complaints.push(`${message.text()} ${message.location().url}`);
  });
  return { page, complaints, close: () => context.close() };
}
