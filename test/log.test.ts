/** The log: one line for each fact, as JSON for machines or in words for people. */

import { describe, expect, it } from 'vitest';
import { createLogger } from '../src/log.ts';

function logged(format: 'json' | 'pretty', level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  const log = createLogger({ level, format }, { write: (line) => lines.push(line) });
  return { log, lines };
}

describe('the log', () => {
  it('writes a fact as one JSON object with its level in words', () => {
    const { log, lines } = logged('json');
    log.info({ code: 'stale-head', ms: 3 }, 'event.refused');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      code: 'stale-head',
      ms: 3,
      msg: 'event.refused',
    });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = logged('json');
    log.debug('event.refused');
    expect(lines).toEqual([]);
  });

  it('writes a fact in words for people', () => {
    const { log, lines } = logged('pretty', 'debug');
    log.debug({ code: 'stale-head', kinds: [1] }, 'event.refused');
    expect(lines.join('')).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} debug event\.refused code=stale-head kinds=\[1\]\n$/,
    );
  });

  it('shows people the stack of a fault below its line', () => {
    const { log, lines } = logged('pretty');
    log.error({ err: new Error('the disk is gone') }, 'batch.failed');
    expect(lines.join('')).toMatch(/error batch\.failed\nError: the disk is gone\n\s+at /);
  });
});
