/**
 * What EOSE says about the rest (NIP-67), and answers that end with a whole second.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Client, FilterJson } from '../support/client.ts';
import { NOW, note, publishAll, X } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage({ answers: { eoseHints: true } });
const silent = setStage();
let client: Client;
let kind = 2_000;

beforeEach(async () => {
  client = await stage.another();
  kind++;
});

/** One event for each time, so many seconds ago. */
const ago = (...seconds: readonly number[]): NostrEvent[] =>
  seconds.map((at, i) => note(kind, `${i}`, { at: NOW - at }));

/** How many events come before EOSE, and what EOSE says. */
async function ask(...filters: readonly FilterJson[]): Promise<unknown> {
  client.send(['REQ', 'a', ...filters]);
  let events = 0;
  for (;;) {
    const [verb, , ...hints] = await client.nextFrame();
    if (verb === 'EOSE') return [events, ...hints];
    events++;
  }
}

describe('EOSE', () => {
  it('says when everything was sent', async () => {
    await publishAll(client, ago(1, 2, 3));
    expect(await ask({ kinds: [kind] })).toEqual([3, ['finish']]);
    expect(await ask({ kinds: [kind], limit: 3 })).toEqual([3, ['finish']]);
    expect(await ask({ kinds: [kind + 1] }, { ids: [] })).toEqual([0, ['finish']]);
  });

  it('says when some filter has more', async () => {
    await publishAll(client, ago(1, 2, 3));
    expect(await ask({ kinds: [kind], limit: 2 })).toEqual([2, ['more']]);
    expect(await ask({ kinds: [kind] }, { kinds: [kind], limit: 1 })).toEqual([3, ['more']]);
  });

  it('says nothing where nobody looked', async () => {
    await publishAll(client, ago(1));
    expect(await ask({ kinds: [kind], limit: 0 })).toEqual([0]);
    expect(await ask({ kinds: [kind], limit: 0 }, { kinds: [kind] })).toEqual([1]);
  });

  it('does not look for ever behind a limit', async () => {
    const others = Array.from({ length: 450 }, (_, i) => note(kind, `${i}`, { at: NOW - 9 - i }));
    await publishAll(client, [...ago(1), ...others]);
    const mine = note(kind, 'mine', {
      by: X,
      at: NOW,
      tags: [
        ['t', 'rare'],
        ['t', `${kind}`],
      ],
    });
    const far = note(kind, 'far', { by: X, at: NOW - 5_000, tags: [['t', 'rare']] });
    await publishAll(client, [mine, far]);
    // Along the kind every event is looked at; the tag leads straight to the second one.
    expect(await ask({ kinds: [kind], '#t': ['rare'], limit: 1 })).toEqual([1, ['more']]);
  });

  it('counts nothing that its reader may not see', async () => {
    await publishAll(client, ago(1, 2));
    const wrap = note(1059, `${kind}`, { by: X, at: NOW - 3, tags: [['p', X.pubkey]] });
    await publishAll(client, [wrap]);
    expect(await ask({ ids: [wrap.id] }, { kinds: [kind] })).toEqual([2, ['finish']]);
  });

  it('says nothing when hints are switched off', async () => {
    client = await silent.another();
    await publishAll(client, ago(1, 2));
    expect(await ask({ kinds: [kind], limit: 1 })).toEqual([1]);
    expect(await ask({ kinds: [kind] })).toEqual([2]);
  });
});

describe('an answer at its limit', () => {
  it('runs to the end of its last second, so that paging loses nothing', async () => {
    const events = ago(1, 1, 2, 2, 2, 2, 3, 4, 4);
    await publishAll(client, events);
    const seen = new Set<string>();
    let until = NOW;
    for (let page = 0; page < 9; page++) {
      const found = await client.query({ kinds: [kind], limit: 3, until });
      for (const { id } of found) seen.add(id);
      until = (found.at(-1)?.created_at ?? 1) - 1;
    }
    expect([...seen].sort()).toEqual(events.map(({ id }) => id).sort());
    expect(await ask({ kinds: [kind], limit: 3 })).toEqual([6, ['more']]);
    expect(await ask({ kinds: [kind], limit: 7 })).toEqual([7, ['more']]);
    expect(await ask({ kinds: [kind], limit: 8 })).toEqual([9, ['finish']]);
  });
});
