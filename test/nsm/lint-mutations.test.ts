/**
 * Lint on examples that were broken on purpose: how many mistakes it names, and which it misses.
 *
 * Mistakes are made by fixed operators, spread over the examples and over their places. A mistake
 * counts as named when there is a finding that the whole example does not have, at the place
 * of the mistake. What is missed stands in `missed-mutations.json`: most of it is a machine that
 * means something else, and nothing in its form says so.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exampleNames } from '../../src/examples/example.ts';
import { parseTemplate } from '../../src/examples/template.ts';
import { LINT_WARNINGS } from '../../src/nsm/lint/warning.ts';
import { lint } from '../../src/nsm/lint.ts';
import { type Mutant, OPERATORS } from './mutations.ts';

/** At most this share of the mistakes may be missed. */
const MISSED_MAX = 0.15;

/** Enough to see most of the larger examples, and quick enough for every run. */
const BUDGET = { states: 500, steps: 1_200 };

/** What is true of the examples, and no mistake in any of them. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // Its README says so, and why.
  delivery: ['dead-end /states/disputed'],
};

type Tree = { [name: string]: unknown };

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const configOf = (example: string): Tree =>
  JSON.parse(parseTemplate(read(`../../examples/${example}/definition.json`)));

/** Findings as `code path`. */
function findings(config: Tree, budget = BUDGET): readonly string[] {
  const { problems, warnings } = lint(config as never, { createdAt: 1_700_000_000, budget });
  return [
    ...problems.map(({ code, details }) => `${code} ${details.path ?? ''}`),
    ...warnings.map(({ code, path }) => `${code} ${path}`),
  ];
}

/** For each example two thirds of the operators, and one of the places that each can break. */
const MUTANTS = exampleNames().flatMap((example, e) => {
  const config = configOf(example);
  return Object.entries(OPERATORS).flatMap(([name, operator], o) => {
    const mutants = (e + o) % 3 === 0 ? [] : operator(config);
    const mutant = mutants[(e * 7 + o * 5) % mutants.length];
    return mutant === undefined ? [] : [{ example, name, mutant }];
  });
});

const isAt = (path: string, place: string): boolean =>
  path === place || path.startsWith(`${place}/`) || (path !== '' && place.startsWith(`${path}/`));

/** The findings that name a mistake: new ones, where it is. */
function named({ config, places }: Mutant, whole: ReadonlySet<string>): readonly string[] {
  return findings(config).filter((finding) => {
    const path = finding.slice(finding.indexOf(' ') + 1);
    return !whole.has(finding) && places.some((place) => isAt(path, place));
  });
}

describe.each(exampleNames())('the example %s', (example) => {
  it('has no problem, and no likely mistake but those that are known', () => {
    const { problems, warnings } = lint(configOf(example) as never, { createdAt: 1_700_000_000 });
    const mistakes = warnings.filter(({ code }) => LINT_WARNINGS[code] === 'mistake');
    expect(problems).toEqual([]);
    expect(mistakes.map(({ code, path }) => `${code} ${path}`)).toEqual(KNOWN[example] ?? []);
  });
});

describe('mistakes made on purpose', () => {
  it('are named with their place, save those that are listed', () => {
    const missed = exampleNames().flatMap((example) => {
      const whole = new Set(findings(configOf(example)));
      return MUTANTS.filter((made) => made.example === example).flatMap(({ name, mutant }) =>
        named(mutant, whole).length > 0 ? [] : [`${example}: ${name}: ${mutant.mistake}`],
      );
    });
    expect(missed).toEqual(JSON.parse(read('missed-mutations.json')));
    expect(MUTANTS.length).toBeGreaterThanOrEqual(40);
    expect(missed.length).toBeLessThanOrEqual(MUTANTS.length * MISSED_MAX);
  });
});
