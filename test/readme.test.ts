/**
 * The README against a relay: its frames get the answers it shows, its machine is hosted, what it
 * says of the relay is so.
 */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createRelay, type RunningRelay } from '../src/index.ts';
import type { NostrEvent } from '../src/nostr/event.ts';
import { parseDefinition } from '../src/nsm/definition.ts';
import { signEvent, testKey } from './support/sign.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const LINES = README.split('\n');

/** The frames as shown, from clients (→) and from the relay (←), in order. */
const FRAMES = [...README.matchAll(/^([→←]) (\[[\s\S]*?\])(?=\n(?:[→←]|```))/gm)].map(
  ([, arrow, json = '']) => ({ isAsked: arrow === '→', frame: JSON.parse(json) }),
);
const EVENTS = FRAMES.filter(({ isAsked }) => isAsked).map(({ frame }) => frame[1] as NostrEvent);

let dataDir: string;
let relay: RunningRelay;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-readme-'));
  const now = () => EVENTS.at(-1)?.created_at ?? 0;
  relay = await createRelay({ listen: { port: 0 }, dataDir }, { now });
});
afterAll(async () => {
  await relay.stop();
  rmSync(dataDir, { recursive: true });
});

describe('the README', () => {
  it('shows code by line 12 and is no longer than 200 lines', () => {
    expect(LINES.findIndex((line) => /^( {4}|```)/.test(line))).toBeLessThan(12);
    expect(LINES.length).toBeLessThanOrEqual(201);
  });

  it('shows frames as a relay answers them', async () => {
    const socket = new WebSocket(relay.url);
    await once(socket, 'open');
    expect(FRAMES).toHaveLength(6);
    for (const { isAsked, frame } of FRAMES) {
      if (isAsked) socket.send(JSON.stringify(frame));
      else expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual(frame);
    }
    socket.terminate();
  });

  it('shows the state as HTTP answers it', async () => {
    const [, path = ''] = /curl http:\/\/127\.0\.0\.1:7777(\S+)/.exec(README) ?? [];
    const [shown = '{}'] = blocksOf('json');
    const response = await fetch(relay.httpUrl + path);
    expect(await response.json()).toMatchObject(JSON.parse(shown));
  });

  it('shows a machine that is hosted without a warning', () => {
    const content = blocksOf('json')[1] ?? '';
    const template = { kind: 7500, created_at: 0, tags: [['engine', 'xstate@5']], content };
    const definition = parseDefinition(signEvent(template, testKey('readme').secret));
    expect(definition).toMatchObject({ warnings: [] });
  });

  it('lists the NIPs that the relay does', async () => {
    const response = await fetch(relay.httpUrl, { headers: { Accept: 'application/nostr+json' } });
    const { supported_nips: nips } = (await response.json()) as { supported_nips: number[] };
    expect(README).toContain(`NIPs: ${nips.join(', ')}.`);
  });
});

function blocksOf(language: string): readonly string[] {
  const blocks = README.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'));
  return [...blocks].map(([, code = '']) => code);
}
