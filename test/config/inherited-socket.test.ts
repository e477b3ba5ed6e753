/**
 * Whether a supervisor's socket is meant for this process.
 */

import { describe, expect, it } from 'vitest';
import { inheritedSocket } from '../../src/config/inherited-socket.ts';

describe('an inherited socket', () => {
  it('is the first descriptor after those of every process', () => {
    expect(inheritedSocket({ LISTEN_PID: '12', LISTEN_FDS: '1' }, 12)).toBe(3);
  });

  it('is not there for another process, nor without any', () => {
    expect(inheritedSocket({ LISTEN_PID: '13', LISTEN_FDS: '1' }, 12)).toBeUndefined();
    expect(inheritedSocket({ LISTEN_PID: '12', LISTEN_FDS: '0' }, 12)).toBeUndefined();
    expect(inheritedSocket({}, 12)).toBeUndefined();
  });
});
