/**
 * Runs the tests by URL and says what came of each, line by line.
 *
 * Tests run one after the other: some of them race on purpose, and others would lose to them.
 */

import { judgeCase, type Verdict } from './case.ts';
import { CHAPTERS } from './chapters.ts';
import type { Peer } from './peer.ts';

/** How many tests ended how. */
export type Tally = Readonly<Record<Verdict['verdict'], number>>;

const MARKS = { passed: '✓', failed: '✗', declined: '–' } as const;

/** Runs all tests, prints a line for each, and counts. */
export async function report(peer: Peer, print: (line: string) => void): Promise<Tally> {
  const tally = { passed: 0, failed: 0, declined: 0 };
  for (const chapter of CHAPTERS) {
    print(`\n${chapter.title}`);
    for (const test of chapter.cases) {
      const { verdict, reason } = await judgeCase(test, chapter, peer);
      tally[verdict]++;
      const numbers = test.tester.length === 0 ? '' : ` [relay-tester ${test.tester.join(', ')}]`;
      const why = test.declined === undefined ? reason : `${reason}; ${test.declined}`;
      const details = verdict === 'passed' ? '' : `: ${firstLine(why)}`;
      print(`  ${MARKS[verdict]} ${test.says}${numbers}${details}`);
    }
  }
  print(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.declined} declined`);
  return tally;
}

const firstLine = (text: string): string => text.split('\n', 1)[0]?.slice(0, 300) ?? '';
