/**
 * Proof bundles, asked the way a party to a contract asks: can I be cheated? By the relay, by a
 * custodian, by rules that were not agreed on, by an order that nobody signed.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { headerLine, type ProofHeader } from '../../src/nsm/proof-lines.ts';
import { makeRuleSet } from '../../src/nsm/rule-set.ts';
import { nameLibrary } from '../../src/rules/libraries.ts';
import { signEvent } from '../support/sign.ts';
import {
  ANN,
  BOB,
  chainOf,
  contentOf,
  headerOf,
  lineOf,
  linesOf,
  machineWith,
  RELAY,
  recounted,
  START,
  signDefinition,
  signKeeper,
  signMove,
  signSnapshot,
} from './proof-bundles.ts';
import { check, flaw } from './verify-lines.ts';

const chain = chainOf(4);
const ids = chain.transitions.map(({ id }) => id);
const [first = '', second = '', third = '', last = ''] = ids;
const endorsements = [signSnapshot(chain, null), signSnapshot(chain, second)];
const honest = linesOf(chain, { endorsements });

/** The honest lines, one of them another. */
const withLine = (line: number, text: string): string[] => honest.toSpliced(line - 1, 1, text);

/** The honest lines under another header. */
const withHeader = (deviations: Partial<ProofHeader>): string[] =>
  withLine(1, headerLine({ ...headerOf(chain, { endorsements }), ...deviations }));

describe('a relay cannot', () => {
  it.each([
    ['name another machine', { machine: '0'.repeat(64) }, '1 machine'],
    ['name a head that is not there', { head: '0'.repeat(64) }, '1 head'],
    ['name another height', { height: 5 }, '1 height'],
    ['name another state', { state_hash: '0'.repeat(64) }, '1 state-hash'],
    ['name another relay', { keeper: ANN.pubkey }, '1 keeper-key'],
    ['claim that links are missing', { links: 'inferred' as const }, '1 links'],
  ])('%s', (_, deviations, expected) => {
    expect(flaw(withHeader(deviations))).toBe(expected);
  });

  it('name an older head while it shows the newer one', () => {
    const { head, height, state_hash } = headerOf(chain, { head: third });
    expect(flaw(withHeader({ head, height, state_hash }))).toBe('6 stray');
  });

  it('leave out a transition, or change their order', () => {
    const gap = recounted(honest.toSpliced(3, 1), chain, { endorsements });
    expect(flaw(gap)).toBe('4 link');
    const swapped = [...honest.slice(0, 2), honest[3], honest[2], ...honest.slice(4)];
    expect(flaw(swapped as string[])).toBe('3 link');
    const cut = linesOf(chain).toSpliced(5, 1);
    expect(flaw(recounted(cut, chain))).toBe('1 head');
  });

  it('add transitions that lead nowhere', () => {
    const beside = signMove(chain.machine, { on: first, n: 9 });
    const lines = honest.toSpliced(6, 0, lineOf('transition', beside));
    expect(flaw(recounted(lines, chain, { endorsements }))).toBe('7 stray');
  });

  it.each([
    ['somebody may not send', { on: last, type: 'CLOSE', by: BOB }, '7 transition'],
    ['the state does not take', { on: last, type: 'OPEN' }, '7 transition'],
    ['is older than the one before it', { on: last, at: START + 9, n: 1 }, '7 transition'],
  ])('pass off a transition that %s', (_, move, expected) => {
    const forged = lineOf('transition', signMove(chain.machine, move));
    const lines = recounted(linesOf(chain).toSpliced(6, 0, forged), chain);
    expect(flaw(lines)).toBe(expected);
  });

  it('pass off a transition of another machine, or an event of another kind', () => {
    const other = signMove(signDefinition({ description: 'another' }), { n: 1 });
    expect(flaw(withLine(3, lineOf('transition', other)))).toBe('3 machine');
    expect(flaw(withLine(3, lineOf('transition', signSnapshot(chain, last))))).toBe('3 kind');
    expect(flaw(withLine(7, lineOf('endorsement', signMove(chain.machine))))).toBe('7 kind');
  });

  it('state in its keeper snapshot what does not follow', () => {
    const other = signKeeper(chain, { head: third });
    expect(flaw(withLine(9, lineOf('keeper', other)))).toBe('9 keeper');
    const { id: _, sig: __, pubkey: ___, ...unsigned } = signKeeper(chain);
    const signed = (more: object) => resign({ ...unsigned, ...more });
    const wrong = signed({ content: contentOf(chain, third) });
    expect(flaw(withLine(9, lineOf('keeper', wrong)))).toBe('9 keeper');
    for (const name of ['d', 'e', 'transition', 'height', 'status', 's', 'n', 'rules']) {
      const tags = unsigned.tags.filter((tag) => tag[0] !== name);
      expect(flaw(withLine(9, lineOf('keeper', signed({ tags }))))).toBe('9 keeper');
    }
    expect(flaw(withLine(9, lineOf('keeper', signKeeper(chain, { finality: 'final' }))))).toBe(
      '9 keeper',
    );
  });

  it('be taken for another relay than the one that is expected', () => {
    expect(flaw(honest, { keeper: RELAY.pubkey })).toBe('valid');
    expect(flaw(honest, { keeper: ANN.pubkey })).toBe('9 keeper-key');
  });

  it('sign for others', () => {
    const [move] = chain.transitions as [NostrEvent];
    expect(flaw(withLine(3, lineOf('transition', { ...move, pubkey: ANN.pubkey })))).toBe('3 id');
    const { sig } = signKeeper(chain);
    expect(flaw(withLine(3, lineOf('transition', { ...move, sig })))).toBe('3 signature');
  });

  it('call a machine frozen without saying so, and a claim is called one', () => {
    const frozen = { at: last, cause: 'operator' } as const;
    const report = check(linesOf(chain, { frozen }));
    expect(report).toMatchObject({ verdict: 'valid', status: 'frozen', frozen: 'claimed' });
  });
});

/** An event of the relay with other members, signed anew. */
function resign(unsigned: Omit<NostrEvent, 'id' | 'sig' | 'pubkey'>): NostrEvent {
  return signEvent(unsigned, RELAY.secret);
}

describe('the rules of a bundle', () => {
  it('must be those whose hash the header names', () => {
    const { rules } = headerOf(chain);
    expect(flaw(withHeader({ rules: { ...rules, name: 'headkeeper-1' } }))).toBe('1 rules-hash');
    const content = { ...rules.content, limits: {} };
    expect(flaw(withHeader({ rules: { ...rules, content } }))).toBe('1 rules-hash');
  });

  it('must be known, and if they are not the answer says so and nothing else', () => {
    const library = nameLibrary('@acme/sizes', [1], { v: 1, guards: { isBig: true } });
    if ('message' in library) throw new Error(library.message);
    const other = makeRuleSet([library]);
    const { name, hash, content } = other;
    const lines = withHeader({ rules: { name, hash, content } });
    expect(check(lines)).toEqual({
      verdict: 'unknown-rules',
      rules: { name, hash },
      says: expect.stringContaining(hash),
    });
    expect(flaw(withLine(3, lines[2]?.replace('ADD', 'SUB') ?? ''))).toBe('3 id');
    // With those rules the states are the same, and the keeper snapshot is of other rules.
    expect(flaw(lines, { rules: other })).toBe('9 keeper');
  });

  it('refuse a definition that no relay would host', () => {
    const { id: _, sig: __, pubkey: ___, ...unsigned } = signDefinition({ invoke: {} });
    const refused = resign(unsigned);
    const lines = withHeader({ machine: refused.id });
    expect(flaw(lines.toSpliced(1, 1, lineOf('definition', refused)))).toBe('2 definition');
  });
});

describe('a custodian', () => {
  const endorsedBy = (snapshot: NostrEvent): string =>
    flaw(linesOf(chain, { endorsements: [snapshot] }));

  it.each([
    ['be impersonated', signSnapshot(chain, second, { by: ANN }), '7 endorsement'],
    [
      'endorse a state that is not so',
      signSnapshot(chain, second, { content: contentOf(chain, first) }),
      '7 endorsement',
    ],
    [
      'endorse two transitions at a time',
      signSnapshot(chain, second, { tags: [['transition', first]] }),
      '7 endorsement',
    ],
    [
      'endorse for a while',
      signSnapshot(chain, second, { tags: [['expiration', String(START)]] }),
      '7 endorsement',
    ],
    ['endorse another machine', signSnapshot(chainOf(1), null, { tags: [] }), '7 machine'],
  ])('cannot %s', (what, snapshot, expected) => {
    const other = signDefinition({ description: 'another' });
    const signed = machineWith(() => [], { machine: other });
    const about = what.endsWith('machine') ? signSnapshot(signed, null) : snapshot;
    expect(endorsedBy(about)).toBe(expected);
  });

  it('cannot endorse what the bundle does not hold', () => {
    const longer = chainOf(5);
    const beyond = signSnapshot(longer, longer.transitions[4]?.id ?? null);
    expect(endorsedBy(beyond)).toBe('7 endorsement');
  });

  /** Two branches from the first transition, two long each. */
  const forked = machineWith((machine) => {
    const root = signMove(machine, { n: 0 });
    const left = signMove(machine, { on: root.id, n: 1 });
    const right = signMove(machine, { on: root.id, n: 2, by: ANN });
    const leftTip = signMove(machine, { on: left.id, n: 3 });
    return [root, left, leftTip, right, signMove(machine, { on: right.id, n: 4 })];
  });
  const [root = '', left = '', leftTip = '', right = '', rightTip = ''] = forked.transitions.map(
    ({ id }) => id,
  );
  const endorsing = (...heads: readonly string[]) =>
    heads.map((head) => signSnapshot(forked, head));

  it('cannot be contradicted by the head', () => {
    const said = { head: leftTip, endorsements: endorsing(rightTip) };
    expect(flaw(linesOf(forked, said))).toBe('1 not-final');
    const alone = { head: rightTip, endorsements: endorsing(root, rightTip) };
    expect(flaw(linesOf(forked, alone))).toBe('4 stray');
  });

  it('that endorsed two branches is caught, and the machine is frozen where they part', () => {
    const frozen = { at: root, cause: 'equivocation' } as const;
    const said = { head: root, endorsements: endorsing(leftTip, rightTip, root), frozen };
    expect(check(linesOf(forked, said))).toMatchObject({
      ...{ verdict: 'valid', status: 'frozen', frozen: 'proven', height: 1, final_height: 1 },
    });
    expect(flaw(linesOf(forked, { ...said, head: leftTip }))).toBe('1 equivocation');
    expect(flaw(linesOf(forked, { ...said, frozen: null }))).toBe('11 keeper');
  });

  it('may endorse the same branch again and again', () => {
    const said = { head: leftTip, endorsements: endorsing(root, left, leftTip) };
    const lines = linesOf(forked, said).filter((line) => !line.includes(`"id":"${right}"`));
    const onlyLeft = lines.filter((line) => !line.includes(`"id":"${rightTip}"`));
    expect(check(recounted(onlyLeft, forked, said))).toMatchObject({
      ...{ verdict: 'valid', final_height: 3, finality: 'final' },
    });
  });
});

describe('a bundle whose links were inferred', () => {
  const unlinked = machineWith(
    (machine) => [0, 1, 2].map((n) => signMove(machine, { n, at: START + n })),
    { infer: true },
  );
  const said = { links: 'inferred' } as const;

  it('is valid as a word of the relay, and never final', () => {
    const head = unlinked.transitions[2]?.id ?? null;
    const lines = linesOf(unlinked, { ...said, endorsements: [signSnapshot(unlinked, head)] });
    const nothing = { finality: 'local', final_height: null };
    expect(check(lines)).toMatchObject({ verdict: 'valid', links: 'inferred', ...nothing });
    const bold = linesOf(unlinked, { ...said, finality: 'final' });
    expect(flaw(bold)).toBe('6 keeper');
  });

  it('cannot be passed off as one that has links', () => {
    expect(flaw(linesOf(unlinked))).toBe('1 height');
    const silent = linesOf(unlinked, said);
    const keeper = lineOf('keeper', signKeeper(unlinked));
    expect(flaw(silent.toSpliced(5, 1, keeper))).toBe('6 keeper');
  });
});
