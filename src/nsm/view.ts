/**
 * What `judge` may ask about the past. The store answers inside the storing transaction; tests
 * and offline verifiers answer from a map.
 */
import type { NostrEvent } from '../nostr/event.ts';
import type { ComputedState } from './canonical.ts';
import type { Definition } from './definition.ts';
import type { ForkMode } from './definition-tags.ts';
import type { RuleSet } from './rule-set.ts';

/** A transition of the accepted tree, or the initial state (id null, height 0), with its state. */
export type StateNode = {
  readonly id: string | null;
  readonly height: number;
  /** Of the transition, or of the definition for the initial state; Unix seconds. */
  readonly createdAt: number;
  readonly computed: ComputedState;
};

/** Why a machine takes no more transitions, and the transition at which it stopped. */
export type Frozen = {
  readonly at: string | null;
  readonly cause: 'equivocation' | 'void' | 'rules' | 'operator';
  /** The two signed events that exclude each other: snapshots, or transitions for `void`. */
  readonly conflict?: readonly [string, string];
};

/** A machine with the node its next transition must build on. */
export type HostedMachine = {
  readonly definition: Definition;
  readonly head: StateNode;
  readonly forks: ForkMode;
  readonly frozen: Frozen | null;
  /** Height of the deepest endorsed node; null while nothing is endorsed. */
  readonly finalHeight: number | null;
};

/** Where a transition id is known: accepted, kept as evidence, or refused for good. */
export type KnownTransition = {
  readonly standing: 'accepted' | 'evidence' | 'refused';
  readonly machine: string;
  readonly createdAt: number;
  /** Accepted, and on the path to the head. */
  readonly isCanonical: boolean;
};

/** The past, as far as a verdict may depend on it. */
export type MachineView = {
  /** The rule set that verdicts are reached under. */
  readonly rules: RuleSet;
  /** Whether a transition without a link builds on the head; else on the initial state alone. */
  readonly infersLinks?: boolean;
  /** A hosted machine, or undefined when its definition is not stored. */
  readonly machine: (id: string) => HostedMachine | undefined;
  readonly transition: (id: string) => KnownTransition | undefined;
  /** The accepted node of a machine, with its state; null names the initial state. */
  readonly node: (machine: HostedMachine, id: string | null) => StateNode | undefined;
  /** The event that is kept as evidence under an id. */
  readonly evidence: (id: string) => NostrEvent | undefined;
  /** Whether one more side branch may begin at a node, or go on from it (`dag` mode). */
  readonly canBranch: (machine: HostedMachine, prior: string | null) => boolean;
  /** Kind of a stored event of any sort. */
  readonly kindOf: (id: string) => number | undefined;
  /** The machine whose custodian has published a valid snapshot at this coordinate. */
  readonly boundMachine: (pubkey: string, d: string) => string | undefined;
};
