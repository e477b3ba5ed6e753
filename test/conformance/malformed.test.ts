/**
 * Twenty thousand frames that no client should send: each is answered or passed over, the sender
 * keeps its connection, and everybody else is served as before.
 *
 * Frames are good ones with something broken: bytes, brackets, types, sizes, depths. The seed is
 * fixed; HEADKEEPER_FUZZ_SEED sets another.
 */

import { describe, expect, it } from 'vitest';
import { type Client, connect } from '../support/client.ts';
import { NOW, note } from '../support/machines.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { setStage } from '../support/stage.ts';

const SEED = Number(process.env['HEADKEEPER_FUZZ_SEED'] ?? 20_261_125);
const FRAMES = 20_000;
const PER_ROUND = 500;

const stage = setStage({ rate: { enabled: false }, search: { enabled: true } });

const GOOD = note(1, 'good', {
  tags: [
    ['t', 'a'],
    ['e', 'ab'.repeat(32)],
  ],
});
const ODD: readonly unknown[] = [
  ...[null, true, -1, 1.5, 1e300, -0, 2 ** 53, '', 'x', '\ud800', 'é'.repeat(70), '__proto__'],
  ...[[], {}, [[]], [null], { constructor: 1 }, ['x', 'x'], { kinds: [1] }, { limit: -1 }],
];
const VERBS = ['EVENT', 'REQ', 'COUNT', 'CLOSE', 'AUTH', 'NEG-OPEN', 'NEG-MSG', 'EOSE', 'OK', ''];
const MEMBERS = ['ids', 'authors', 'kinds', 'since', 'until', 'limit', 'search', '#e', '#t', '#é'];

const oddObject = (random: Random, names: readonly string[]): object =>
  Object.fromEntries(names.filter(() => random.chance(40)).map((name) => [name, random.pick(ODD)]));

/** An event, filter or anything else, as text, with something wrong in it. */
function malformed(random: Random): string {
  const way = random.below(8);
  if (way === 0) return broken(JSON.stringify(['EVENT', GOOD]), random);
  if (way === 1) return broken(JSON.stringify(['REQ', 'a', { kinds: [1], '#t': ['a'] }]), random);
  if (way === 2) {
    const member = random.pick(Object.keys(GOOD));
    return JSON.stringify(['EVENT', { ...GOOD, [member]: random.pick(ODD) }]);
  }
  if (way === 3) return JSON.stringify(['REQ', random.pick(ODD), oddObject(random, MEMBERS)]);
  if (way === 4) return JSON.stringify(['COUNT', 'c', oddObject(random, MEMBERS)]);
  if (way === 5) {
    const depth = random.below(400);
    const start = random.pick(['["REQ","a",', '["EVENT",', '']);
    return `${start}${'['.repeat(depth)}${'{"a":'.repeat(random.below(50))}`;
  }
  if (way === 6)
    return JSON.stringify(['AUTH', { ...GOOD, kind: 22_242, ...oddObject(random, ['tags']) }]);
  return JSON.stringify([random.pick(VERBS), ...ODD.filter(() => random.chance(20))]);
}

/** A text with a few characters cut, doubled or replaced. */
function broken(text: string, random: Random): string {
  let result = text;
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(result.length);
    const put = random.pick(['', '"', ',', '[', ']', '{', '}', '\\', '\u0000', '9', 'e', '\ud83e']);
    result = result.slice(0, at) + put + result.slice(at + random.below(3));
  }
  return result;
}

/** True for texts that a socket can carry. */
const isSendable = (text: string) => text.isWellFormed() && text.trim() !== '';

describe(`with the seed ${SEED}`, () => {
  it('a client that sends nothing right is answered, and disturbs nobody', async () => {
    const random = randomFrom(SEED);
    const vandal: Client = await connect(stage.relay.url);
    const bystander = await stage.another();
    const feed = bystander.subscribe('live', { kinds: [9] });
    await feed.stored();
    let answers = 0;
    for (let sent = 0; sent < FRAMES; sent += PER_ROUND) {
      const frames = Array.from({ length: PER_ROUND }, () => malformed(random));
      for (const frame of frames) {
        if (random.chance(2)) vandal.send(Buffer.from(frame));
        else vandal.send(isSendable(frame) ? frame : frame.toWellFormed());
      }
      answers += (await vandal.unread()).length;
      const event = note(9, `${sent}`, { at: NOW });
      expect(await bystander.publish(event)).toEqual({ accepted: true, message: '' });
      expect(await feed.next()).toEqual(event);
      expect(await bystander.query({ ids: [event.id] })).toEqual([event]);
    }
    // Most are answered at once; some only after the signature check.
    expect(answers).toBeGreaterThan(FRAMES / 2);
    expect(vandal.socket.readyState).toBe(vandal.socket.OPEN);
    await vandal.close();
  }, 60_000);
});
