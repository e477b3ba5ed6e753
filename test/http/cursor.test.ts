/**
 * Cursors: what was handed out is read back, and nothing else is.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCursor, readCursor } from '../../src/http/cursor.ts';
import { isProblem } from '../../src/http/problem.ts';

const START = [0, 0] as const;
const place = fc.tuple(fc.maxSafeNat(), fc.maxSafeNat());

describe('a cursor', () => {
  it('leads back to its place', () => {
    fc.assert(
      fc.property(place, (at) => {
        expect(readCursor('transitions', makeCursor('transitions', at), START)).toEqual(at);
      }),
    );
  });

  it('is safe to put into a URL as it is', () => {
    fc.assert(
      fc.property(place, (at) => {
        expect(makeCursor('transitions', at)).toMatch(/^[\w-]+$/);
      }),
    );
  });

  it('leads to the start when there is none', () => {
    expect(readCursor('transitions', undefined, START)).toBe(START);
  });

  it.each([
    ['of another listing', makeCursor('machines', [1, 2])],
    ['with too few numbers', makeCursor('transitions', [1])],
    ['with a number that is not safe', makeCursor('transitions', [2 ** 53, 1])],
    ['with something else than numbers', Buffer.from('transitions:a:b').toString('base64url')],
    ['that is padded', `${makeCursor('transitions', [1, 2])}=`],
    ['that is empty', ''],
  ])('is refused as bad-cursor when it is one %s', (_, cursor) => {
    expect(readCursor('transitions', cursor, START)).toMatchObject({ problem: 'bad-cursor' });
  });

  it('is never read from text that nobody handed out', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = readCursor('transitions', text, START);
        if (!isProblem(read)) expect(makeCursor('transitions', read)).toBe(text);
      }),
    );
  });
});
