/**
 * The tags of a definition (PROTOCOL §3.6, §3.7, §3.9, §3.10).
 */

import { describe, expect, it } from 'vitest';
import { ALICE, definitionOf, verdictOn } from './machine-events.ts';

const PLAIN = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: {} } };
const GUARDED = {
  initial: 'a',
  context: { creatorPubKey: ALICE },
  states: { a: { on: { GO: { target: 'b', guard: 'isCreator' } } }, b: {} },
};
const ATOB = '@atob/protocol-library';

const withTags = (...tags: string[][]): string => verdictOn(PLAIN, { tags });

describe('the engine tags', () => {
  it.each([
    ['xstate@5'],
    ['npm:xstate@5'],
    ['xstate@^5'],
    ['xstate@~5.1'],
    ['xstate@5.33.3'],
    ['xstate@5.x'],
    ['xstate@5', 'state-machine'],
    ['xstate@5', 'guards', 'state-machine'],
    [`${ATOB}@0.1.0`, 'guards', 'actions'],
    [`npm:${ATOB}@^0.1.0`],
    [`${ATOB}@1`],
  ])('take %s', (...tag) => {
    expect(withTags(['engine', ...tag])).toBe('hosted');
  });

  it.each([
    ['xstate@4'],
    ['xstate@6'],
    ['xstate@55'],
    ['xstate@^50.0.0'],
    ['xstate'],
    ['xstate@'],
    ['xstate@latest'],
    ['xstate@>=5'],
    ['xstate@5 || 6'],
    ['xstate@5.0.0-beta.1'],
    ['xstate@5', 'guards'],
    ['npm:npm:xstate@5'],
    ['XState@5'],
    ['@xstate/fsm@5'],
    ['robot3@1.4.0', 'state-machine'],
    [''],
    [],
    [`${ATOB}@2`],
    [ATOB],
    ['@other/protocol-library@1', 'guards'],
    ['toString@1', 'guards'],
    ['constructor@5'],
  ])('refuse %s', (...tag) => {
    expect(withTags(['engine', ...tag])).toBe('unsupported-engine');
  });

  it('take several, and refuse all for one that is not known', () => {
    const known = [
      ['engine', 'npm:xstate@5', 'state-machine'],
      ['engine', `npm:${ATOB}@0`, 'guards', 'actions'],
    ];
    expect(withTags(...known)).toBe('hosted');
    expect(withTags(...known, ['engine', 'npm:more@1', 'guards'])).toBe('unsupported-engine');
  });

  it('leave a name to the bundled libraries when they name none', () => {
    expect(verdictOn(GUARDED)).toBe('hosted');
    expect(verdictOn(GUARDED, { tags: [['engine', 'xstate@5']] })).toBe('hosted');
    expect(verdictOn(GUARDED, { tags: [['engine', `${ATOB}@0`]] })).toBe('hosted');
  });
});

describe('the state tag', () => {
  const coordinate = `30078:${ALICE}:contract`;

  it('names the custodian, split at the first two colons only', () => {
    const tags = [['state', `30078:${ALICE}:a:b::c`]];
    expect(definitionOf(PLAIN, { tags }).custodian).toEqual({ pubkey: ALICE, d: 'a:b::c' });
    expect(definitionOf(PLAIN).custodian).toBeNull();
    expect(withTags(['state', coordinate, 'wss://relay.example.com'])).toBe('hosted');
  });

  it.each([
    [`30079:${ALICE}:contract`],
    [`030078:${ALICE}:contract`],
    [`30078:${ALICE.toUpperCase()}:contract`],
    [`30078:${ALICE.slice(1)}:contract`],
    [`30078:${ALICE}:`],
    [`30078:${ALICE}`],
    [`${ALICE}:contract`],
    ['30078::contract'],
    ['30078:npub1xyz:contract'],
    [` ${coordinate}`],
    [''],
    [],
  ])('refuses %s', (...value) => {
    expect(withTags(['state', ...value])).toBe('custodian-tag');
  });

  it('refuses a second one, equal or not', () => {
    expect(withTags(['state', coordinate], ['state', coordinate])).toBe('custodian-tag');
    expect(withTags(['state', coordinate], ['state', 'x'])).toBe('custodian-tag');
  });
});

describe('the forks tag', () => {
  it.each<[string[], string]>([
    [['forks', 'head-only'], 'hosted'],
    [['forks', 'head-only', 'more'], 'hosted'],
    [['forks', 'dag'], 'hosted'],
    [['forks', 'void'], 'hosted'],
    [['forks', 'Head-Only'], 'forks-tag'],
    [['forks', 'toString'], 'forks-tag'],
    [['forks', ''], 'forks-tag'],
    [['forks'], 'forks-tag'],
  ])('%j is judged as %s', (tag, verdict) => {
    expect(withTags(tag)).toBe(verdict);
  });

  it('refuses a second one', () => {
    expect(withTags(['forks', 'head-only'], ['forks', 'head-only'])).toBe('forks-tag');
  });

  it('leaves the choice to the relay when there is none', () => {
    expect(definitionOf(PLAIN).forks).toBeNull();
    expect(definitionOf(PLAIN, { tags: [['forks', 'head-only']] }).forks).toBe('head-only');
  });
});

describe('other tags', () => {
  it('refuse a definition that would expire', () => {
    expect(withTags(['expiration', '1800000000'])).toBe('expiring');
    expect(withTags(['expiration', 'never'])).toBe('expiring');
    expect(withTags(['expiration'])).toBe('expiring');
  });

  it('are taken whatever they are', () => {
    expect(withTags(['title', 'x'], ['t', 'x'], ['e', 'x'], [], ['description'], ['p'])).toBe(
      'hosted',
    );
  });
});
