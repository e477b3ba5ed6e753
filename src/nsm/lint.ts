/**
 * Lint: everything that is wrong with a definition, and everything that is suspicious in it.
 *
 * Problems are the relay's own reasons to refuse, all of them and not just the first. Warnings come
 * from reading the rules and from a bounded model checker that runs the engine itself. Pure and
 * deterministic, like all of this folder: work is bounded by counts, never by time.
 */
import { eventId, type NostrEvent, type UnsignedEvent } from '../nostr/event.ts';
import type { Refusal } from '../refusal.ts';
import { isObject, type Json, type JsonObject, ownMember } from '../rules/json.ts';
import { examineDefinition, type Parts, type Refused } from './definition.ts';
import { DEFINITION_KIND } from './kinds.ts';
import { endFindings } from './lint/ends.ts';
import { type Budget, explore } from './lint/explore.ts';
import { studyOf, transitionFindings } from './lint/findings.ts';
import { askedAtStart } from './lint/probe.ts';
import { staticFindings } from './lint/reading.ts';
import { readRules } from './lint/terms.ts';
import { type Uses, usesOf } from './lint/uses.ts';
import type { LintWarning } from './lint/warning.ts';
import { BUNDLED_RULES, type RuleSet } from './rule-set.ts';
import { initialLeaves } from './warnings.ts';

/** What is linted: an event, or the content of one as an object or as text. */
export type LintSource = NostrEvent | UnsignedEvent | JsonObject | string;

/** What lint may be told. */
export type LintOptions = {
  readonly rules?: RuleSet;
  /** How far the model checker goes: states, and steps of a small machine (about 30 µs each). */
  readonly budget?: Budget;
  /** For a source that is no event: who signs it, and when in Unix seconds. */
  readonly author?: string;
  readonly createdAt?: number;
};

/** What lint found. */
export type LintReport = {
  /** Why relays refuse the definition, each with a JSON pointer where there is a place. */
  readonly problems: readonly Refusal[];
  /** Without problems, or where the only one is that the machine cannot start. */
  readonly warnings: readonly LintWarning[];
  /** How much the model checker saw; null where there was nothing to run. */
  readonly explored: Explored | null;
};

/** States and steps tried; `isComplete` when there was nothing left to try. */
export type Explored = {
  readonly states: number;
  readonly steps: number;
  readonly isComplete: boolean;
};

/** How far lint goes unless it is told otherwise: under a second for the larger examples. */
export const LINT_BUDGET: Budget = { states: 1_500, steps: 15_000 };

const NOBODY = 'a0'.repeat(32);

/** Looks at a definition as closely as can be done without knowing what it is for. */
export function lint(source: LintSource, options: LintOptions = {}): LintReport {
  const { rules = BUNDLED_RULES, budget = LINT_BUDGET } = options;
  const event = eventFrom(source, options);
  const examined = examineDefinition(event, rules);
  if ('refusals' in examined) return refusedReport(examined, event);
  const uses = usesIn(examined);
  const seen = explore(examined, uses, budget);
  const study = studyOf(examined, uses, seen);
  const warnings = firstOfEach([
    ...read(examined, uses),
    ...transitionFindings(study),
    ...endFindings(study),
  ]);
  const { reached, steps, isComplete } = seen;
  return { problems: [], warnings, explored: { states: reached.length, steps, isComplete } };
}

/** What cannot start can be read all the same. */
function refusedReport({ refusals, parts }: Refused, event: NostrEvent): LintReport {
  if (parts === null) return { problems: refusals, warnings: [], explored: null };
  const problems = refusals.map((refusal) => withPlace(refusal, parts, event));
  return { problems, warnings: firstOfEach(read(parts, usesIn(parts))), explored: null };
}

/** Where a start went wrong: the rule that failed, else the last transition, else where it is. */
function withPlace(refusal: Refusal, parts: Parts, event: NostrEvent): Refusal {
  const asked = askedAtStart(parts, event);
  const failed = asked.find(({ outcome }) => outcome === 'threw');
  const taken = asked.findLast(({ outcome }) => outcome === 'passed');
  const [start] = initialLeaves(parts.outline);
  const path = (failed && `${failed.path}/guard`) ?? taken?.path ?? start?.path ?? '';
  return { ...refusal, details: { path, ...refusal.details } };
}

function usesIn({ outline, libraries }: Parts): Uses {
  return usesOf(outline, readRules(outline.root.config, libraries));
}

function read({ outline, warnings }: Parts, uses: Uses): readonly LintWarning[] {
  const context = ownMember(outline.root.config, 'context') ?? {};
  return [...warnings, ...staticFindings(uses, outline, context)];
}

/** What was found by reading is not repeated because it was seen too; a way to it is kept. */
function firstOfEach(warnings: readonly LintWarning[]): readonly LintWarning[] {
  const found = new Map<string, LintWarning>();
  for (const warning of warnings) {
    const key = `${warning.code} ${warning.path}`;
    const known = found.get(key);
    found.set(key, known?.sequence === undefined ? { ...warning, ...known } : known);
  }
  return [...found.values()];
}

function eventFrom(
  source: LintSource,
  { author = NOBODY, createdAt = 0 }: LintOptions,
): NostrEvent {
  const unsigned = isEvent(source)
    ? source
    : {
        ...{ pubkey: author, created_at: createdAt, kind: DEFINITION_KIND, tags: [] },
        content: typeof source === 'string' ? source : JSON.stringify(source),
      };
  return { id: eventId(unsigned), sig: '', ...unsigned };
}

function isEvent(source: LintSource): source is NostrEvent | UnsignedEvent {
  const isParsed = typeof source !== 'string' && isObject(source as Json);
  return isParsed && 'kind' in source && typeof source['content'] === 'string';
}
