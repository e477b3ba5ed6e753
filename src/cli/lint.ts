/**
 * `lint`: everything that is wrong with a definition, and everything that is suspicious in it.
 *
 * Takes an event, a config, or a template as those of the examples are. In what it prints the
 * people of a template have their names, so that a sequence is a script for `simulate`.
 */

import { LINT_WARNINGS, type LintStep, type LintWarning } from '../nsm/lint/warning.ts';
import { type Explored, type LintReport, lint as lintDefinition } from '../nsm/lint.ts';
import { BUNDLED_RULES, type RuleSet } from '../nsm/rule-set.ts';
import type { Refusal } from '../refusal.ts';
import { definitionEvent, partPubkey, readText, rulesWith } from './input.ts';
import { answered } from './outcome.ts';

/** What `lint` may be told. */
export type LintFlags = {
  readonly json?: boolean;
  /** A folder of libraries besides the bundled ones. */
  readonly libraries?: string;
};

/** 0 without problems, else 1; warnings are none. 2 for a file that cannot be read. */
export function lint(file: string, { json = false, libraries }: LintFlags): Promise<number> {
  return answered(() => {
    const report = lintText(readText(file), rulesWith(libraries));
    if (json) console.log(JSON.stringify(report, null, 2));
    else console.log(described(file, report));
    return report.problems.length === 0 ? 0 : 1;
  });
}

/** The report on an event, a config or a template, its people by their names. */
export function lintText(text: string, rules: RuleSet = BUNDLED_RULES): LintReport {
  const report = lintDefinition(definitionEvent(text, rules), { rules });
  const names = new Map(partsIn(text).map((part) => [partPubkey(part), part]));
  const named = (step: LintStep): LintStep => ({ ...step, by: names.get(step.by) ?? step.by });
  const warnings = report.warnings.map(
    (warning): LintWarning =>
      warning.sequence === undefined
        ? warning
        : { ...warning, sequence: warning.sequence.map(named) },
  );
  return { ...report, warnings };
}

/** The names of people in a template, and of whoever signs it. */
function partsIn(text: string): readonly string[] {
  const found = text.matchAll(/\{\{([^{}+@ ]+)\}\}/g);
  return ['author', ...[...found].map(([, part = '']) => part)];
}

/** A line for each finding: kind, code, place, sentence; below it the way that shows it. */
function described(file: string, { problems, warnings, explored }: LintReport): string {
  const kinds = ['mistake', 'trust'] as const;
  const lines = [
    ...problems.map(problemLine),
    ...kinds.flatMap((kind) =>
      warnings.filter(({ code }) => LINT_WARNINGS[code] === kind).flatMap(warningLines),
    ),
  ];
  const count = (kind: (typeof kinds)[number]): number =>
    warnings.filter(({ code }) => LINT_WARNINGS[code] === kind).length;
  const counts = [
    `problems: ${problems.length}`,
    `likely mistakes: ${count('mistake')}`,
    `matters of trust: ${count('trust')}`,
  ];
  return [...lines, `${file}: ${counts.join(', ')}${effort(explored)}`].join('\n');
}

function problemLine({ code, details, says }: Refusal): string {
  return `problem  ${code} ${details.path ?? ''}: ${says}`.replace(' :', ':');
}

function warningLines({ code, path, message, sequence = [] }: LintWarning): readonly string[] {
  const steps = sequence.map((step) => `         ${JSON.stringify(step)}`);
  return [`${LINT_WARNINGS[code].padEnd(8)} ${code} ${path || '/'}: ${message}`, ...steps];
}

function effort(explored: Explored | null): string {
  if (explored === null) return '';
  const { states, steps, isComplete } = explored;
  const end = isComplete ? 'nothing was left to try' : 'then the budget ended';
  return ` (${steps} steps in ${states} states, ${end})`;
}
