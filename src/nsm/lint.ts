/**
 * Lint: everything that is wrong with a definition, and everything that is suspicious in it.
 *
 * Problems are the relay's own reasons to refuse, all of them and not just the first. Warnings come
 * from reading the rules and from a bounded model checker that runs the engine itself. Pure and
 * deterministic, like all of this folder: work is bounded by counts, never by time.
 */
import type { NostrEvent, UnsignedEvent } from '../nostr/event.ts';
import type { Refusal } from '../refusal.ts';
import { isObject, type Json, type JsonObject, ownMember } from '../rules/json.ts';
import { sha256Hex } from './canonical.ts';
import { examineDefinition } from './definition.ts';
import { DEFINITION_KIND } from './kinds.ts';
import { endFindings } from './lint/ends.ts';
import { type Budget, explore } from './lint/explore.ts';
import { studyOf, transitionFindings } from './lint/findings.ts';
import { staticFindings } from './lint/reading.ts';
import { readRules } from './lint/terms.ts';
import { usesOf } from './lint/uses.ts';
import type { LintWarning } from './lint/warning.ts';
import { BUNDLED_RULES, type RuleSet } from './rule-set.ts';

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
  /** Found only where there are no problems. */
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

/** What lint does unless it is told otherwise: about a second for the larger examples. */
export const LINT_BUDGET: Budget = { states: 2_000, steps: 20_000 };

const NOBODY = 'a0'.repeat(32);

/** Looks at a definition as closely as can be done without knowing what it is for. */
export function lint(source: LintSource, options: LintOptions = {}): LintReport {
  const { rules = BUNDLED_RULES, budget = LINT_BUDGET } = options;
  const examined = examineDefinition(eventFrom(source, options), rules);
  if ('refusals' in examined) return { problems: examined.refusals, warnings: [], explored: null };
  const { definition, outline, libraries } = examined;
  const uses = usesOf(outline, readRules(outline.root.config, libraries));
  const seen = explore(examined, uses, budget);
  const study = studyOf(examined, uses, seen);
  const { state } = definition.initial;
  const context: Json = ownMember(outline.root.config, 'context') ?? state.context;
  const found = [
    ...definition.warnings,
    ...staticFindings(uses, context),
    ...transitionFindings(study),
    ...endFindings(study),
  ];
  const { reached, steps, isComplete } = seen;
  const explored = { states: reached.length, steps, isComplete };
  return { problems: [], warnings: firstOfEach(found), explored };
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
  return { id: sha256Hex(unsigned.content), sig: '', ...unsigned };
}

function isEvent(source: LintSource): source is NostrEvent | UnsignedEvent {
  const isParsed = typeof source !== 'string' && isObject(source as Json);
  return isParsed && 'kind' in source && typeof source['content'] === 'string';
}
