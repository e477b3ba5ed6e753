/**
 * Small machines for lint, and what it says about them in a form that can be read.
 *
 * People are those of `machine-events`; the stranger is the one that lint makes up.
 */

import { type LintOptions, type LintReport, lint } from '../../src/nsm/lint.ts';
import { ALICE, BOB, definitionEvent } from './machine-events.ts';

/** Members of a config. */
export type Config = { readonly [name: string]: unknown };

const STRANGER = 'f1'.repeat(32);

/** A guard that lets one person pass, whose key the context holds. */
export const is = (member: string) => ({ '==': [{ var: 'by' }, { var: `ctx.${member}` }] });

/** A machine by its rules and states, beginning in `a`. */
export const machine = (
  states: Config,
  { guards = {}, actions = {}, context = {} }: Config = {},
) => ({
  ...{ initial: 'a', context, states },
  meta: { nsm: { v: 1, guards, actions } },
});

/** The report on a config, as Alice would publish it. */
export const report = (config: unknown, options: LintOptions = {}): LintReport =>
  lint(definitionEvent(config), options);

/** The findings as `code path`. */
export const found = (config: unknown): string[] => {
  const { problems, warnings } = report(config);
  return [
    ...problems.map(({ code, details }) => `${code} ${details.path}`),
    ...warnings.map(({ code, path }) => `${code} ${path}`),
  ];
};

/** The way that shows a finding: who sends what, and when if not at once. */
export function wayTo(config: unknown, code: string): string[] | undefined {
  const { warnings } = report(config);
  return warnings
    .find((warning) => warning.code === code)
    ?.sequence?.map(({ by, type, data, at }) => {
      const who = { [ALICE]: 'Alice', [BOB]: 'Bob', [STRANGER]: 'a stranger' }[by];
      return [who, type, ...(data ? [JSON.stringify(data)] : []), ...(at ? [`+${at}`] : [])].join(
        ' ',
      );
    });
}
