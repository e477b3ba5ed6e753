/**
 * `headkeeper/nsm`: the rules of Nostr State Machines, as the relay applies them.
 *
 * Pure and fit for browsers: no node module, no clock, no disk, no randomness anywhere below. With
 * the same rule set (`RULES.hash`) everybody reaches the same verdict on the same history.
 */

export type { NostrEvent, UnsignedEvent } from '../nostr/event.ts';
export { eventId, parseEvent } from '../nostr/event.ts';
export type { Details, Prefix, Refusal, RefusalCode, Remedy, Scope } from '../refusal.ts';
export { isRefusal, REFUSALS, refusalText } from '../refusal.ts';
export type { Json } from '../rules/json.ts';
export type { NamedLibrary } from '../rules/libraries.ts';
export { advance } from './advance.ts';
export type {
  DefinitionDraft,
  Head,
  Signer,
  SnapshotDraft,
  TransitionDraft,
} from './builders.ts';
export { buildDefinition, buildSnapshot, buildTransition, rebaseTransition } from './builders.ts';
export type { ComputedState, State, StateValue } from './canonical.ts';
export { canonicalJson, computeState, contentHash, readState } from './canonical.ts';
export type { Definition } from './definition.ts';
export { parseDefinition } from './definition.ts';
export type { Custodian, ForkMode } from './definition-tags.ts';
export type { EnabledType } from './enabled.ts';
export { activePaths, enabledTypes } from './enabled.ts';
export type { Equivocation, ProofProblem } from './equivocation.ts';
export { checkEquivocation } from './equivocation.ts';
export type { ExplainedState, Explanation } from './explain.ts';
export { explain } from './explain.ts';
export type { Finality } from './forks.ts';
export type { Verdict } from './judge.ts';
export { judge } from './judge.ts';
export type { Links } from './keeper-snapshot.ts';
export { keeperAddress, keeperSnapshot } from './keeper-snapshot.ts';
export { DEFINITION_KIND, LIMITS, SNAPSHOT_KIND, TICK, TRANSITION_KIND } from './kinds.ts';
export type { LibraryProblem } from './library.ts';
export { isLibraryProblem, parseLibrary } from './library.ts';
export type { Budget } from './lint/explore.ts';
export type { LintCode, LintStep, LintWarning } from './lint/warning.ts';
export { LINT_WARNINGS } from './lint/warning.ts';
export type { Explored, LintOptions, LintReport, LintSource } from './lint.ts';
export { LINT_BUDGET, lint } from './lint.ts';
export type { Enabled, NextType, Sender } from './next.ts';
export { nextTypes } from './next.ts';
export type { ProofReport, Proven, VerifyOptions } from './proof.ts';
export { verifyBundle } from './proof.ts';
export type { BundleProblem, BundleProblemCode, ProofHeader, ProofRole } from './proof-lines.ts';
export { BUNDLE_PROBLEMS, eventLine, headerLine } from './proof-lines.ts';
export type { RuleSet } from './rule-set.ts';
export { BUNDLED_RULES, makeRuleSet } from './rule-set.ts';
export type { SimulatedResult, SimulatedStep } from './simulate.ts';
export { simulate } from './simulate.ts';
export { compareSnapshot, snapshotContent } from './snapshot.ts';
export type { Elapsed } from './time.ts';
export { elapse, nextDue } from './time.ts';
export type { Transition } from './transition.ts';
export { parseTransition } from './transition.ts';
export type { Frozen, HostedMachine, KnownTransition, MachineView, StateNode } from './view.ts';
export type { Warning } from './warnings.ts';
