/**
 * Import and export of JSON lines: what comes out goes in again, in whatever order, and is judged
 * as what comes over a socket is.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { openStoreToRead } from '../../src/store/store.ts';
import { headkeeper } from '../cli/headkeeper.ts';
import { chainOf, siblingOf } from '../support/chains.ts';
import { connect } from '../support/client.ts';
import { C, claim, define, move, note, persisted, publishAll } from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** Before now, whenever that is: a process of its own has a clock of its own. */
const THEN = 1_700_000_000;

let folder: string;
let relay: TestRelay;
let lines: readonly string[];

const chains = [chainOf(20, THEN), chainOf(7, THEN)] as const;
const machine = define(undefined, { at: THEN });
const accept = move(machine, 'ACCEPT', { at: THEN + 2 });
const executor = { executorPubKey: accept.pubkey };
const endorsements = [
  claim(machine, persisted('created'), { by: C, at: THEN + 1 }),
  claim(machine, persisted('accepted', executor), { by: C, on: accept, at: THEN + 3 }),
];
const notes = Array.from({ length: 30 }, (_, i) => note(1, `${i}`, { at: THEN - 1_000 * i }));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-lines-'));
  relay = await startTestRelay();
  const client = await connect(relay.url);
  for (const { definition, transitions } of chains) {
    await publishAll(client, [definition, ...transitions]);
  }
  // The second endorsement supersedes the first, which stays on record.
  await publishAll(client, [machine, accept, ...endorsements, ...notes]);
  // Keeper snapshots are written when somebody asks.
  expect(await client.query({ kinds: [30_078], authors: [relay.self] })).toHaveLength(3);
  await client.close();
  const { code, stdout, stderr } = await headkeeper(['export', '--data', relay.dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  lines = stdout.split('\n').slice(0, -1);
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true });
});

const eventsIn = (texts: readonly string[]) => texts.map((line) => JSON.parse(line) as NostrEvent);
const at = (name: string): string => join(folder, name);
const importInto = (dataDir: string, texts: readonly string[]) =>
  headkeeper(['import', '-', '--data', dataDir], { stdin: texts.join('\n') });

/** What a folder holds, and where its machines stand. */
function standing(dataDir: string) {
  const store = openStoreToRead(dataDir);
  try {
    const rows = store.machines.after(0, 100);
    const states = rows.map(({ height, state, status }) =>
      JSON.stringify({ height, state, status }),
    );
    return { states: states.toSorted(), lines: [...store.export.all(THEN)].toSorted() };
  } finally {
    store.close();
  }
}

describe('export', () => {
  it('writes what every event builds on before it, and no keeper snapshot', () => {
    const seen = new Set<string>();
    for (const { id, tags, pubkey } of eventsIn(lines)) {
      expect(pubkey).not.toBe(relay.self);
      const links = tags.filter(([name]) => name === 'e' || name === 'transition');
      for (const [, link = ''] of links) expect(seen.has(link)).toBe(true);
      seen.add(id);
    }
  });

  it('writes everything, superseded endorsements included', () => {
    const [long, short] = chains;
    const all = [long, short].flatMap(({ definition, transitions }) => [
      definition,
      ...transitions,
    ]);
    const ids = [...all, machine, accept, ...endorsements, ...notes].map(({ id }) => id);
    expect(
      eventsIn(lines)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(ids.toSorted());
  });

  it('writes one machine alone when that is asked', async () => {
    const [{ definition, transitions }] = chains;
    const args = ['--data', relay.dataDir, '--machine', definition.id];
    const { stdout } = await headkeeper(['export', ...args]);
    expect(eventsIn(stdout.split('\n').slice(0, -1))).toEqual([definition, ...transitions]);
  });

  it('exits with 2 where there is no database', async () => {
    const { code, stderr } = await headkeeper(['export', '--data', at('nothing')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no database in ')]);
  });
});

describe('import', () => {
  it('takes what was exported, backwards, and then holds the same', async () => {
    const { code, stdout } = await importInto(at('new'), lines.toReversed());
    expect({ code, stdout }).toEqual({
      ...{ code: 0, stdout: `accepted ${lines.length}, duplicate 0, refused 0\n` },
    });
    expect(standing(at('new'))).toEqual(standing(relay.dataDir));
  });

  it('says how many it knew and how many were refused, with which codes', async () => {
    const [{ transitions }, other] = chains;
    const [first = ''] = transitions.map((event) => JSON.stringify(event));
    const { code, stdout } = await importInto(relay.dataDir, [
      ...[first, first, '', 'no JSON', '{"id":1}', JSON.stringify(siblingOf(other))],
      JSON.stringify({ ...note(1, 'x', { at: THEN }), sig: note(1, 'y').sig }),
      JSON.stringify(note(1, 'from the year 2286', { at: 9_999_999_999 })),
    ]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: [
        'accepted 0, duplicate 2, refused 5',
        ...['  bad-event 2', '  bad-signature 1', '  link-missing 1', '  time-out-of-range 1', ''],
      ].join('\n'),
    });
  });

  it('goes through the relay that runs, and may be older than clients may send', async () => {
    const strict = await startTestRelay({
      limits: { createdAtPastSeconds: 60 },
      machines: { transitionMaxAgeSeconds: 60 },
      rate: { eventsPerSecond: 1 },
    });
    const client = await connect(strict.url);
    expect((await client.publish(machine)).message).toMatch(/^invalid: backdated: /);
    expect(await importInto(strict.dataDir, lines)).toMatchObject({
      ...{ code: 0, stdout: `accepted ${lines.length}, duplicate 0, refused 0\n` },
    });
    expect(await client.query({ kinds: [7_500] })).toHaveLength(3);
    await client.close();
    await strict.stop();
  });

  it('exits with 2 when there is no such file', async () => {
    const { code, stderr } = await headkeeper(['import', at('none'), '--data', at('new')]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/ENOENT/)]);
  });
});
