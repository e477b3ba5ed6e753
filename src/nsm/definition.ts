/**
 * Kind 7500 → a definition that may be hosted, or the reasons why not (PROTOCOL §3).
 *
 * Nothing reaches XState before everything else has passed, and nothing looks at members whose form
 * was not checked. Problems are told in order of precedence: the first one is the relay's answer,
 * all of them are the linter's. Pure: the same event gives the same definition everywhere the rule
 * set is the same.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Library } from '../rules/compile.ts';
import { isObject, type Json, type JsonObject, ownMember, utf8Bytes } from '../rules/json.ts';
import type { NamedLibrary } from '../rules/libraries.ts';
import { type ComputedState, contentHash } from './canonical.ts';
import {
  type Custodian,
  type ForkMode,
  parseCustodian,
  parseEngines,
  parseForks,
} from './definition-tags.ts';
import { enabledTypes } from './enabled.ts';
import { compileMachine, type Implementations, initialState, type Machine } from './engine.ts';
import { LIMITS } from './kinds.ts';
import { type UsedName, usedNames } from './names.ts';
import { type Outline, outlineOf } from './outline.ts';
import { ownRules } from './own-rules.ts';
import { pubkeyProblems, pubkeysIn } from './pubkeys.ts';
import { limitProblems, referenceProblems } from './references.ts';
import { BUNDLED_RULES, type RuleSet } from './rule-set.ts';
import type { Input } from './run.ts';
import { shapeProblems } from './shape.ts';
import { isJsonProblem, type JsonProblem, parseStrictJson } from './strict-json.ts';
import { type Warning, warningsOf } from './warnings.ts';

/** A definition that passed every check, compiled and with its initial state. */
export type Definition = {
  /** The machine's id: the id of the definition event. */
  readonly id: string;
  readonly pubkey: string;
  readonly createdAt: number;
  readonly contentHash: string;
  readonly custodian: Custodian | null;
  readonly forks: ForkMode | null;
  readonly machine: Machine;
  readonly initial: ComputedState;
  /** Author and every pubkey in the initial context, in order of appearance, without repeats. */
  readonly participants: readonly string[];
  readonly warnings: readonly Warning[];
};

/** What is found on the way to a definition, for tools that look closer. */
export type Parts = {
  readonly outline: Outline;
  readonly implementations: Implementations;
  /** The libraries that names are looked up in after the definition's own rules, in order. */
  readonly libraries: readonly NamedLibrary[];
  readonly warnings: readonly Warning[];
};

/** A definition that may be hosted, with its parts. */
export type Examined = Parts & { readonly definition: Definition };

/** Why a definition is refused; with its parts where nothing is wrong but that it cannot start. */
export type Refused = {
  readonly refusals: readonly [Refusal, ...Refusal[]];
  readonly parts: Parts | null;
};

/** The definition an event holds, or the first reason to refuse it. */
export function parseDefinition(
  event: NostrEvent,
  rules: RuleSet = BUNDLED_RULES,
): Definition | Refusal {
  const examined = examineDefinition(event, rules);
  return 'refusals' in examined ? examined.refusals[0] : examined.definition;
}

/** The definition an event holds, or every reason to refuse it, in order of precedence. */
export function examineDefinition(event: NostrEvent, rules: RuleSet): Examined | Refused {
  const tags = parseTags(event, rules);
  const expiring = event.tags.some(([name]) => name === 'expiration') ? [refuse('expiring')] : [];
  const config = parseContent(event.content);
  if (isRefusal(config)) return refused([...expiring, config, ...tags.problems]);
  const outline = outlineOf(config);
  const shape = shapeProblems(outline);
  if (shape.length > 0) return refused([...expiring, ...shape, ...tags.problems]);
  const own = ownRules(config);
  const names = usedNames(outline);
  const found = resolveNames(names, own.library, tags.libraries ?? []);
  // Rules that are missing or malformed say nothing of the names they were to give meaning to.
  const isResolvable = tags.libraries !== null && own.problems.length === 0;
  const problems = [
    ...expiring,
    ...limitProblems(outline),
    ...referenceProblems(outline),
    ...contextProblems(ownMember(config, 'context')),
    ...tags.problems,
    ...own.problems,
    ...(isResolvable ? found.problems : []),
  ];
  if (problems.length > 0) return refused(problems);
  const used = new Set(names.map(({ section, name }) => `${section} ${name}`));
  const { implementations } = found;
  const libraries = tags.libraries ?? [];
  const warnings = warningsOf(outline, own.library, used);
  const parts = { outline, implementations, libraries, warnings };
  const machine = tryCompile(config, implementations);
  if (isRefusal(machine)) return refused([machine]);
  const initial = start(machine, event);
  if (isRefusal(initial)) return refused([initial], parts);
  let hash: string | undefined;
  const definition = {
    id: event.id,
    pubkey: event.pubkey,
    createdAt: event.created_at,
    // For people who compare copies: no step needs it.
    get contentHash() {
      hash ??= contentHash(config);
      return hash;
    },
    custodian: tags.custodian,
    forks: tags.forks,
    machine,
    initial,
    participants: [...new Set([event.pubkey, ...pubkeysIn(initial.state.context)])],
    warnings,
  };
  return { ...parts, definition };
}

function refused([first, ...others]: readonly Refusal[], parts: Parts | null = null): Refused {
  if (first === undefined) throw new Error('a definition is refused for a reason');
  return { refusals: [first, ...others], parts };
}

/** Strict JSON within the limits on its text. */
function parseContent(text: string): JsonObject | Refusal {
  const limit = LIMITS.definitionBytes;
  if (utf8Bytes(text) > limit)
    return refuse('definition-limits', { limit }, 'the content is larger than 64 KiB');
  const parsed = parseStrictJson(text, LIMITS.definitionDepth);
  if (isJsonProblem(parsed)) return jsonRefusal(parsed, 'definition-json');
  if (!isObject(parsed.value))
    return refuse('definition-json', {}, 'the content is not a JSON object');
  return parsed.value;
}

/** A problem of strict JSON under the code of PROTOCOL §3.1; `other` is for plain syntax. */
export function jsonRefusal(
  { problem, path }: JsonProblem,
  other: 'definition-json' | 'payload-json' | 'snapshot-json',
): Refusal {
  const details = path === undefined ? {} : { path };
  if (problem === 'depth') return refuse('too-deep', details);
  if (problem === 'unicode') return refuse('unicode', details);
  if (problem === 'forbidden-key') return refuse('forbidden-key', details);
  if (problem === 'number') return refuse('number-range', details);
  if (problem === 'repeated') return refuse(other, details, 'a member name is repeated');
  return refuse(other, details, 'the content is not JSON');
}

function contextProblems(context: Json | undefined): Refusal[] {
  if (context === undefined) return [];
  if (!isObject(context))
    return [refuse('definition-shape', { path: '/context' }, 'context is a JSON object')];
  if ((ownMember(context, 'inputterPubKey') ?? null) !== null) {
    const path = '/context/inputterPubKey';
    return [
      refuse('definition-shape', { path }, 'inputterPubKey is set by the relay; leave it null'),
    ];
  }
  return pubkeyProblems(context, '/context');
}

/** Who made a definition and when: what the initial step is told. */
export type Origin = Pick<NostrEvent, 'id' | 'pubkey' | 'created_at'>;

type Tags = {
  /** Null when a tag names an engine or library that is not here. */
  readonly libraries: readonly NamedLibrary[] | null;
  readonly custodian: Custodian | null;
  readonly forks: ForkMode | null;
  readonly problems: readonly Refusal[];
};

function parseTags(event: NostrEvent, rules: RuleSet): Tags {
  const libraries = parseEngines(event, rules.libraries);
  const custodian = parseCustodian(event);
  const forks = parseForks(event);
  const found = [libraries, custodian, forks];
  return {
    libraries: isRefusal(libraries) ? null : libraries,
    custodian: isRefusal(custodian) ? null : custodian,
    forks: isRefusal(forks) ? null : forks,
    problems: found.filter((item) => isRefusal(item)),
  };
}

/** Own rules first, then the libraries in order; a name found nowhere is a problem. */
function resolveNames(
  names: readonly UsedName[],
  rules: Library,
  libraries: readonly NamedLibrary[],
) {
  const sources = [rules, ...libraries.map(({ library }) => library)];
  const implementations = { guards: new Map(), actions: new Map() };
  const problems: Refusal[] = [];
  for (const { section, name, path } of names) {
    const source = sources.find((library) => library[section].has(name));
    if (source) implementations[section].set(name, source[section].get(name));
    else {
      const code = section === 'guards' ? 'unsupported-guard' : 'unsupported-action';
      problems.push(refuse(code, { path }, `nothing here defines ${name.slice(0, 80)}`));
    }
  }
  return { implementations, problems };
}

/** The initial state of a machine that can go on from it. */
function start(machine: Machine, event: Origin): ComputedState | Refusal {
  const initial = initialState(machine, initialInput(event));
  if (isRefusal(initial))
    return refuse('definition-invalid', {}, `it cannot start: ${initial.says}`);
  if (initial.state.status !== 'active')
    return refuse('definition-invalid', {}, 'it has ended before it began');
  const canMove = enabledTypes(machine, initial.state).length + initial.state.timers.length > 0;
  if (canMove) return initial;
  return refuse('definition-invalid', {}, 'no event can ever be sent to its initial state');
}

function tryCompile(config: JsonObject, implementations: Implementations): Machine | Refusal {
  try {
    return compileMachine(config, implementations);
  } catch {
    return refuse('definition-invalid', {}, 'XState does not accept this machine');
  }
}

/** The initial step: the definition's own time, nobody and nothing else. */
export function initialInput({ id, pubkey, created_at }: Origin): Input {
  const nobody = { by: null, data: null, id: null, type: null };
  return { ...nobody, at: created_at, def: { id, pubkey, created_at } };
}
