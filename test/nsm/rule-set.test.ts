/**
 * The rule set and its hash (PROTOCOL §5): what two relays must share to agree.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../src/nsm/canonical.ts';
import { ENGINE } from '../../src/nsm/engine.ts';
import { BUNDLED_RULES as RULES } from '../../src/nsm/rule-set.ts';

describe('the rule set', () => {
  it('has the hash of its canonical text', () => {
    expect(RULES.hash).toBe(sha256Hex(canonicalJson(RULES.content)));
    expect(RULES.content).toMatchObject({ name: RULES.name });
  });

  it('names the very version of the engine that is installed and asked for', () => {
    const read = (path: string) =>
      JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
    expect(ENGINE.version).toBe(read('node_modules/xstate/package.json').version);
    expect(read('package.json').dependencies.xstate).toBe(ENGINE.version);
  });

  it('holds the limits that the protocol prints, and two more on what a state may hold', () => {
    expect(RULES.content.limits).toEqual({
      ...{ nameCharacters: 128, restBytes: 65_536 },
      ...{ definitionBytes: 65_536, definitionDepth: 64, states: 512, nesting: 16, regions: 16 },
      ...{ transitions: 2_000, eventTypes: 256, timers: 32, payloadBytes: 8_192, payloadDepth: 8 },
      ...{ contextBytes: 65_536, microsteps: 64, timersFired: 32 },
    });
    expect(RULES.content.rules.limits).toMatchObject({
      ...{ fuel: 10_000, actions: 32, operations: 256, nodes: 2_000, depth: 32 },
    });
  });

  it('survives JSON, for it is published', () => {
    expect(JSON.parse(JSON.stringify(RULES.content))).toEqual(RULES.content);
  });
});
