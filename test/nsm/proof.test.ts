/**
 * Proof bundles: honest ones are valid, and any single changed byte is found on its line.
 */

import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { eventJson } from '../../src/nostr/message.ts';
import { verifyBundle } from '../../src/nsm/proof.ts';
import { randomFrom } from '../support/random.ts';
import {
  ANN,
  CUSTODIAN,
  chainOf,
  headerOf,
  linesOf,
  machineWith,
  RELAY,
  recounted,
  START,
  signMove,
  signSnapshot,
  textOf,
} from './proof-bundles.ts';
import { check, flaw, verify } from './verify-lines.ts';

const chain = chainOf(4);
const ids = chain.transitions.map(({ id }) => id);
const [, second = '', , last = ''] = ids;
const endorsements = [signSnapshot(chain, null), signSnapshot(chain, second)];
const honest = linesOf(chain, { endorsements });

/** The honest lines, one of them another. */
const withLine = (line: number, text: string): string[] => honest.toSpliced(line - 1, 1, text);

describe('an honest bundle', () => {
  it('is valid, as text and as bytes, with its own signature check', () => {
    const report = check(honest);
    expect(report).toMatchObject({
      verdict: 'valid',
      ...{ machine: chain.machine.id, head: last, height: 4, status: 'active', links: 'strict' },
      ...{ finality: 'provisional', final_height: 2, frozen: null, endorsements: 2 },
      custodian: { pubkey: CUSTODIAN.pubkey },
      keeper: { pubkey: RELAY.pubkey, created_at: START + 90 },
      computed: { state: { value: 'öffen', context: { list: [0, 1, 2, 3] } } },
    });
    expect(verifyBundle(utf8ToBytes(textOf(honest)))).toEqual(report);
  });

  it('may be of a machine that has not moved, or has ended', () => {
    expect(check(linesOf(chainOf(0)))).toMatchObject({ head: null, height: 0, finality: 'local' });
    const ended = machineWith((machine) => [signMove(machine, { type: 'CLOSE', by: ANN })]);
    expect(check(linesOf(ended))).toMatchObject({ verdict: 'valid', status: 'done' });
  });

  it('is final where the custodian endorsed the head', () => {
    const said = { endorsements: [signSnapshot(chain, last)], finality: 'final' } as const;
    expect(check(linesOf(chain, said))).toMatchObject({ finality: 'final', final_height: 4 });
  });

  it('is final where the relay is the custodian, by its keeper snapshot', () => {
    const said = { by: CUSTODIAN, finality: 'final' } as const;
    expect(check(linesOf(chain, said))).toMatchObject({ finality: 'final', final_height: 4 });
  });
});

describe('a single changed byte', () => {
  it('is found on its line, wherever it is', () => {
    const bytes = utf8ToBytes(textOf(honest));
    const random = randomFrom(20_230_101);
    const missed: string[] = [];
    let line = 1;
    for (const [at, byte] of bytes.entries()) {
      if (byte !== 0x0a && !random.chance(25)) continue;
      const changed = Uint8Array.from(bytes);
      changed[at] = byte ^ (1 + random.below(255));
      const report = verifyBundle(changed, { verify });
      const found = report.verdict === 'invalid' ? report.line : report.verdict;
      if (found !== line) missed.push(`${at} in line ${line}: ${found}`);
      if (byte === 0x0a) line++;
    }
    expect(missed).toEqual([]);
    expect(bytes.length).toBeGreaterThan(5_000);
  });
});

describe('a bundle that somebody cut and pasted', () => {
  const place = fc.nat(honest.length - 1);
  const piece = fc.tuple(fc.nat(2_000), fc.nat(2_000));
  const cut = fc.oneof(
    fc.record({ at: place, remove: fc.constant(true) }),
    fc.record({ at: place, copyTo: place }),
    fc.record({ at: place, piece, over: place }),
  );

  it('never proves anything else, nor breaks the verifier', () => {
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        const lines = [...honest];
        for (const { at, ...said } of cuts) {
          const line = lines[at] ?? '';
          if ('remove' in said) lines.splice(at, 1);
          else if ('copyTo' in said) lines.splice(said.copyTo, 0, line);
          else {
            const [from, length] = said.piece;
            const other = lines[said.over] ?? '';
            lines[said.over] = other.slice(0, from) + line.slice(from, from + length);
          }
        }
        const report = check(lines);
        if (report.verdict === 'valid') expect(report).toMatchObject({ head: last, height: 4 });
        else expect(report.verdict).toBe('invalid');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the form of a bundle', () => {
  const [definition = '', move = ''] = honest.slice(1);

  it.each([
    ['nothing', [], '1 form'],
    ['a header alone', honest.slice(0, 1), '1 order'],
    ['no header', honest.slice(1), '1 form'],
    ['no definition', honest.toSpliced(1, 1), '8 order'],
    ['two definitions', honest.toSpliced(2, 0, definition), '3 order'],
    ['no keeper snapshot', honest.slice(0, -1), '8 order'],
    ['something after the keeper snapshot', [...honest, move], '10 order'],
    ['an endorsement before a transition', honest.toSpliced(2, 0, honest[7] ?? ''), '4 order'],
    ['fewer endorsements than it counts', honest.toSpliced(6, 1), '1 count'],
    ['the same event twice', recounted(honest.toSpliced(3, 0, move), chain), '4 repeated'],
    ['an empty line', honest.toSpliced(2, 0, ''), '3 form'],
    ['white space', withLine(3, move.replace('{', '{ ')), '3 form'],
    ['a member more', withLine(3, move.replace('"sig"', '"seen":1,"sig"')), '3 form'],
    ['a member twice', withLine(3, move.replace('"sig"', '"kind":7501,"sig"')), '3 form'],
    ['another spelling', withLine(3, move.replace('ADD', '\\u0041DD')), '3 form'],
    ['a role that is none', withLine(3, move.replace('transition', 'transit')), '3 form'],
    ['a header that says more', withLine(1, honest[0]?.replace('{', '{"a":1,') ?? ''), '1 form'],
  ])('is wrong with %s', (_, lines, expected) => {
    expect(flaw(lines)).toBe(expected);
  });

  it('ends with a line feed, and is UTF-8 without a mark', () => {
    const text = textOf(honest);
    const spoilt = (bundle: string | Uint8Array) => verifyBundle(bundle, { verify });
    expect(spoilt(text.slice(0, -1))).toMatchObject({ problem: 'form', line: 9 });
    expect(spoilt(utf8ToBytes(text.slice(0, -1)))).toMatchObject({ problem: 'form', line: 9 });
    expect(spoilt(utf8ToBytes(`\ufeff${text}`))).toMatchObject({ problem: 'form', line: 1 });
    const latin = Uint8Array.from([0x7b, 0xe9, 0x0a]);
    expect(spoilt(latin)).toMatchObject({ problem: 'encoding', line: 1 });
  });

  it('cannot be used to exhaust the verifier', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(flaw([deep])).toBe('1 form');
    const { name, hash } = headerOf(chain).rules;
    const rules = `{"name":"${name}","hash":"${hash}","content":{"a":${deep}}}`;
    const header = honest[0]?.replace(/"rules":.*,"links"/, `"rules":${rules},"links"`) ?? '';
    expect(flaw(withLine(1, header))).toBe('1 form');
  });
});

describe('a bundle as it stands', () => {
  it('is the events as they were signed', () => {
    const [move] = chain.transitions as [NostrEvent];
    expect(honest[2]).toBe(`{"type":"event","role":"transition","event":${eventJson(move)}}`);
  });
});
