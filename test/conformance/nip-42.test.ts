/**
 * Authentication (NIP-42).
 */

import { describe, expect, it } from 'vitest';
import { setStage } from '../support/stage.ts';

const stage = setStage();

describe('a relay', () => {
  it('says nothing unasked', async () => {
    expect(await stage.client.unread()).toEqual([]);
  });
});
