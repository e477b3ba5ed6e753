/**
 * The ring of notices behind all streams of a machine: what it holds, and what is gone.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFeed,
  FEED_LIMITS,
  type Feed,
  noticeId,
  parseNoticeId,
} from '../../src/http/feed.ts';

const decoder = new TextDecoder();
const notice = (about: unknown = null) => ({
  ...{ machine: 'm', revision: 1, head: null, height: 0, status: 'active', value: 'a' },
  about,
});

/** The numbers that a reader of a feed hears of from a place on; undefined when it is lost. */
function readAll(feed: Feed, from: number): readonly number[] | undefined {
  const heard: number[] = [];
  for (let at = from; ; ) {
    const slice = feed.after(at);
    if (slice === undefined) return undefined;
    if (slice.frames.length === 0) return heard;
    heard.push(...slice.frames.map((frame) => Number(decoder.decode(frame).split('.')[1])));
    at = slice.upTo;
  }
}

describe('a feed', () => {
  it('gives each reader all notices after its place, in order, or says that some are gone', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.nat(70), (lengths, from) => {
        const feed = createFeed('s');
        for (const length of lengths) feed.add('head', notice('x'.repeat(length)));
        const heard = readAll(feed, from);
        const count = Math.max(0, lengths.length - from);
        if (heard === undefined) expect(feed.holds(from)).toBe(false);
        else expect(heard).toEqual(Array.from({ length: count }, (_, i) => from + i + 1));
        expect(readAll(feed, feed.last())).toEqual([]);
        expect(feed.bytes()).toBeLessThanOrEqual(FEED_LIMITS.bytes);
      }),
    );
  });

  it('keeps the newest of many notices', () => {
    const feed = createFeed('s');
    for (let i = 0; i < FEED_LIMITS.notices + 10; i++) feed.add('head', notice());
    expect(feed.holds(10)).toBe(true);
    expect(feed.holds(9)).toBe(false);
  });

  it('keeps not even one that is longer than the bound', () => {
    const feed = createFeed('s');
    feed.add('head', notice('x'.repeat(FEED_LIMITS.bytes)));
    expect([feed.bytes(), feed.holds(0), feed.holds(1)]).toEqual([0, false, true]);
  });

  it('wakes its readers for what is new, and when all is forgotten', () => {
    const feed = createFeed('s');
    const seen: boolean[] = [];
    feed.readers.add(() => seen.push(feed.holds(0)));
    feed.add('head', notice());
    feed.clear();
    expect(seen).toEqual([true, false]);
  });

  it('knows no place that is still to come', () => {
    expect(createFeed('s').after(1)).toBeUndefined();
  });
});

describe('the id of a notice', () => {
  it('is read as the place it was made of', () => {
    const number = fc.nat({ max: 999_999_999_999_999 });
    const place = fc.record({
      stamp: fc.stringMatching(/^[a-z0-9]{1,32}$/),
      ...{ number, revision: number, height: number },
    });
    fc.assert(
      fc.property(place, (made) => {
        expect(parseNoticeId(noticeId(made))).toEqual(made);
      }),
    );
  });

  it('is none of ours when it is anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const place = parseNoticeId(text);
        expect(place === undefined || noticeId(place).length <= text.length).toBe(true);
      }),
    );
  });
});
