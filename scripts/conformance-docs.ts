/**
 * `docs/conformance.md`: every test by URL, those that are declined with the reason, and the tests
 * of ours that need more than an address.
 */

import { readdirSync, readFileSync } from 'node:fs';
import type { Case, Chapter } from '../test/conformance/suite/case.ts';
import { CHAPTERS, declinedIn } from '../test/conformance/suite/chapters.ts';
import { cell, wrap } from './markdown.ts';

const INTEROP = new URL('../test/interop/package.json', import.meta.url);
const FOLDER = new URL('../test/conformance/', import.meta.url);

/** How client libraries behave: what reconnects by itself, and what AUTH does for them. */
const CLIENTS: readonly (readonly [name: string, pkg: string, back: string, auth: string])[] = [
  ['nostr-tools', 'nostr-tools', 'by itself, when told to reconnect', 'and sends again'],
  ['applesauce-relay 6', 'applesauce-relay', 'by itself', 'and sends again'],
  ['applesauce-relay 4', 'applesauce-relay-4', 'by itself', 'and sends again'],
  ['NDK', '@nostr-dev-kit/ndk', 'opened again', 'for what comes next'],
  ['rx-nostr', 'rx-nostr', 'by itself', 'and sends again'],
  ['Nostrify', '@nostrify/nostrify', 'by itself', 'and sends again'],
  ['Welshman', '@welshman/net', 'opened again', 'and sends again'],
  ['Rust SDK', '@rust-nostr/nostr-sdk', 'by itself', 'and sends again'],
  ['nostr-fetch', 'nostr-fetch', 'reads only', 'no'],
];

const INTRODUCTION = `# Conformance

What a relay has to do to be an ordinary relay, as tests that need nothing of it but its address.
Made by \`npm run docs\` from \`test/conformance/\`; do not edit.

    npm run conformance                          # a relay of ours, started for it
    npm run conformance -- wss://relay.example   # any relay
    npm run conformance -- wss://far.example 900 # one that answers slowly: waits 900 ms, not 400

Every line of the report is a test that passed (✓), failed (✗) or was declined (–), with what the
relay did instead. A required test fails; an optional one is declined, and so is one about something
that the relay does not offer: chapters about NIPs 40, 45, 50, 62, 67 and 70 say nothing of a relay
that does not claim them. The exit code is 1 when a test failed.

All 81 tests of [relay-tester](https://github.com/mikedilger/relay-tester) are here under their
numbers, required where they are required there; the others are what further suites look for, and
what none does. The relay must take events of everybody and of kinds it does not know; it keeps a
few thousand small ones. Keys are new in every run.

`;

const CLIENTS_INTRODUCTION = `
## Real clients

\`npm run test:interop\` installs client libraries in \`test/interop\`, a package of its own, and
drives a relay with each: a machine, its steps, a step that is refused, live and stored; AUTH; a
restart while events are being published, of which none that was acknowledged may be missing.
nostr-tools also runs in Chromium (Debian's, or the one that CHROMIUM names), and applesauce runs
the loaders of the AtoB web app with its filters.

| library | version | after a restart its subscriptions go on | it authenticates |
|---|---|---|---|
`;

/** The text of docs/conformance.md. */
export function conformancePage(): string {
  const declined = CHAPTERS.flatMap(declinedIn);
  return [
    INTRODUCTION,
    `## What Headkeeper declines\n\n`,
    'All required tests pass with the default configuration, and all optional ones but these:\n\n',
    '| test | relay-tester | reason |\n|---|---|---|\n',
    ...declined.map((test) => `| ${row(test)} | ${cell(test.declined ?? '')} |\n`),
    ...CHAPTERS.map(chapterText),
    clientsText(),
    `\n## Tests of ours alone\n\n`,
    wrap(`These set the clock, the configuration or the data folder of a relay, restart it, look at
its exact refusals, or are about machines. They run with \`npm test\`.`),
    '\n\n',
    ...oursOnly().map(
      ([name, says]) => `${wrap(`- \`${name}\`: ${says}`).replace(/\n/g, '\n  ')}\n`,
    ),
  ].join('');
}

const row = ({ says, tester }: Case): string => `${cell(says)} | ${tester.join(', ')}`;

function chapterText({ title, cases }: Chapter): string {
  const rows = cases.map((test) => `| ${row(test)} | ${test.need} |\n`);
  return `\n## ${title}\n\n| a relay | relay-tester | |\n|---|---|---|\n${rows.join('')}`;
}

function clientsText(): string {
  const { dependencies } = JSON.parse(readFileSync(INTEROP, 'utf8'));
  const rows = CLIENTS.map(([name, pkg, back, auth]) => {
    const version = String(dependencies[pkg]).replace(/^npm:.*@/, '');
    return `| ${name} | ${version} | ${back} | ${auth} |\n`;
  });
  return `${CLIENTS_INTRODUCTION}${rows.join('')}`;
}

/** Test files with the first sentence of their comment. */
function oursOnly(): readonly (readonly [string, string])[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.test.ts') && name !== 'suite.test.ts')
    .sort()
    .map((name) => {
      const [, comment = ''] = /^\/\*\*([\s\S]*?)(?:\n \*\n|\*\/)/.exec(sourceOf(name)) ?? [];
      const text = comment
        .replace(/^ \* ?/gm, '')
        .replace(/\s+/g, ' ')
        .trim();
      return [name, /^.*?[.!?](?= |$)/.exec(text)?.[0] ?? text];
    });
}

const sourceOf = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');
