/**
 * The tests by URL, run against a relay of ours: with everything at its default, then
 * the chapters about what is off by default with that switched on.
 *
 * Others run them with `npm run conformance -- <url>`. Here nothing may be declined but what says
 * why, and what is declined must really not be there: a reason that is outdated fails too. A
 * chapter about a NIP that the relay does not claim says nothing.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { judgeCase } from './suite/case.ts';
import { CHAPTERS } from './suite/chapters.ts';
import { claims, meet, type Peer } from './suite/peer.ts';
import { report } from './suite/report.ts';

/** What operators may switch on, and the chapters that are about it. */
const OPTIONS = {
  search: { enabled: true },
  vanish: { mode: 'redact' },
  answers: { eoseHints: true },
} as const;
const OPTIONAL_NIPS: readonly (number | undefined)[] = [50, 62, 67];

const SETUPS = [
  { name: 'by default', config: {}, chapters: CHAPTERS },
  {
    name: 'with all that is switched off by default',
    config: OPTIONS,
    chapters: CHAPTERS.filter(({ nip }) => OPTIONAL_NIPS.includes(nip)),
  },
];

describe.each(SETUPS)('$name', ({ config, chapters }) => {
  let relay: TestRelay;
  let peer: Peer;
  beforeAll(async () => {
    relay = await startTestRelay(config);
    peer = await meet(relay.url);
  });
  afterAll(async () => {
    await peer.close();
    await relay.stop();
  });

  describe.each(chapters)('$title: a relay', (chapter) => {
    it.each(chapter.cases.map((test) => [test.says, test] as const))('%s', async (_, test) => {
      const { verdict, reason } = await judgeCase(test, chapter, peer);
      const { nip } = chapter;
      const isDeclined = test.declined !== undefined || (nip !== undefined && !claims(peer, nip));
      expect([verdict, reason]).toEqual(
        isDeclined ? ['declined', expect.stringMatching(/./)] : ['passed', ''],
      );
    });
  });

  it('is what the chapters are told of', () => {
    const claimed = OPTIONAL_NIPS.filter((nip) => nip !== undefined && claims(peer, nip));
    expect(claimed).toEqual(config === OPTIONS ? OPTIONAL_NIPS : []);
  });
});

describe('the tests of relay-tester', () => {
  const cases = CHAPTERS.flatMap((chapter) => chapter.cases);
  const numbers = (need?: string) =>
    cases
      .filter((test) => need === undefined || test.need === need)
      .flatMap(({ tester }) => tester)
      .sort((a, b) => a - b);

  it('are here, each once', () => {
    expect(numbers()).toEqual(Array.from({ length: 81 }, (_, i) => i + 1));
  });

  it('are required where they are required there', () => {
    const between = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(numbers('required')).toEqual([
      ...[...between(16, 20), 22, ...between(27, 30), 33, 34],
      ...[...between(47, 58), ...between(61, 64), ...between(66, 80)],
    ]);
  });
});

describe('the report', () => {
  it('finds a relay out that takes everything and keeps nothing', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => socket.on('message', (data) => agree(socket, `${data}`)));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const gullible = await meet(`ws://127.0.0.1:${port}`, { patienceMs: 40 });
    const lines: string[] = [];
    const tally = await report(gullible, (line) => lines.push(line));
    await gullible.close();
    server.close();

    expect(tally.failed).toBeGreaterThan(70);
    expect(lines).toContain('  ✗ verifies signatures [relay-tester 28]: took it');
    expect(lines).toContain('  ✓ answers an event with OK [relay-tester 27]');
    expect(lines).toContain('  – claims NIP-11 [relay-tester 4]: it does not');
    expect(lines.at(-1)).toMatch(/^\n\d+ passed, \d+ failed, \d+ declined$/);
  });

  /** Says yes to every EVENT and REQ that can be read at a glance. */
  function agree(socket: WebSocket, text: string): void {
    const [, id] = /^\["EVENT",.*"id":"([0-9a-f]{64})"/.exec(text) ?? [];
    if (id !== undefined) socket.send(JSON.stringify(['OK', id, true, '']));
    const [, subscription] = /^\["REQ",("[^"]*")/.exec(text) ?? [];
    if (subscription !== undefined) socket.send(`["EOSE",${subscription}]`);
  }
});

describe('a test', () => {
  it('has a sentence of its own', () => {
    for (const { cases } of CHAPTERS) {
      const says = cases.map((test) => test.says);
      expect(new Set(says).size).toBe(says.length);
    }
  });
});
