/**
 * Progress on a terminal, and where there is none.
 */

import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';

function sinkOf(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  it('is one line on a terminal, written over ten times a second and cleared at the end', () => {
    const sink = sinkOf(true);
    let now = 0;
    const progress = progressLine(sink, () => now);
    for (now = 50; now <= 250; now += 50) progress.show('at', now);
    progress.end();
    const clear = '\r\u001b[K';
    expect(sink.written).toEqual([...[100, 200].map((at) => `${clear}at ${at}`), clear]);
  });

  it('is a plain line every five seconds elsewhere, and nothing for what is short', () => {
    const sink = sinkOf(false);
    let now = 0;
    const progress = progressLine(sink, () => now);
    for (now = 0; now <= 11_000; now += 1_000) progress.show('at', now);
    progress.end();
    expect(sink.written).toEqual(['at 5000\n', 'at 10000\n']);
  });
});
