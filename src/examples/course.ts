/**
 * The course of a machine while a script is played: what each step is as an event, and what follows
 * from it by the rules the relay uses.
 *
 * Nobody is asked here, so a play against a relay and one without any are the same up to the wire.
 * Only accepted events move a course.
 */

import { type EventTemplate, finalizeEvent, type VerifiedEvent } from 'nostr-tools/pure';
import type { NostrEvent } from '../nostr/event.ts';
import type { Definition } from '../nsm/definition.ts';
import { judge, type Verdict } from '../nsm/judge.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { BUNDLED_RULES, type RuleSet } from '../nsm/rule-set.ts';
import { snapshotContent } from '../nsm/snapshot.ts';
import type { HostedMachine, MachineView, StateNode } from '../nsm/view.ts';
import type { Example, SignedStep, Step } from './script.ts';
import { EXAMPLE_START, fillIn, type KeyOf, partKey } from './template.ts';

/** A play as far as it has come. */
export type Course = {
  /** The content of the definition. */
  readonly content: string;
  /** Undefined until the definition is accepted. */
  definition: Definition | undefined;
  /** The initial state and every accepted transition, by height. */
  readonly nodes: StateNode[];
  readonly rules: RuleSet;
  /** What the times of steps count from, in Unix seconds. */
  readonly start: number;
  readonly keyOf: KeyOf;
  /** `created_at` of what is done next, in Unix seconds. */
  clock: number;
};

/** The course of an example before its first step; its start is in Unix seconds. */
export function newCourse(
  { content }: Pick<Example, 'content'>,
  given: Partial<Pick<Course, 'start' | 'rules' | 'keyOf'>> = {},
): Course {
  const { start = EXAMPLE_START, rules = BUNDLED_RULES, keyOf = partKey } = given;
  return { content, rules, keyOf, definition: undefined, nodes: [], start, clock: start };
}

/** A step as it stands in this course: every name in it filled in. */
export function stepIn<Any extends Step>(course: Course, step: Any): Any {
  const { definition, nodes, keyOf, start } = course;
  const idAt = (height: number): string | undefined => nodes[height]?.id ?? undefined;
  return fillIn(step, { machine: definition?.id, idAt, keyOf, start });
}

/** The signed event that a step sends; the clock moves to the time of the step. */
export function eventOf(course: Course, step: SignedStep): VerifiedEvent {
  return finalizeEvent(templateOf(course, step), course.keyOf(step.by));
}

/** What a step sends, for whoever it is by to sign; the clock moves to the time of the step. */
export function templateOf(course: Course, step: SignedStep): EventTemplate {
  course.clock = step.at === undefined ? course.clock : course.start + step.at;
  const { content, definition, nodes, clock: created_at } = course;
  if ('definition' in step) {
    return { kind: DEFINITION_KIND, created_at, tags: step.definition, content };
  }
  const prior = nodes.at(step.on ?? -1);
  if (definition === undefined || prior === undefined)
    throw new Error('a script begins with the definition and builds on what has happened');
  const link = prior.id === null ? [] : [['transition', prior.id]];
  if ('type' in step) {
    const tags = [['e', definition.id], ['t', step.type], ...link];
    const payload = step.data === undefined ? '' : JSON.stringify(step.data);
    return { kind: TRANSITION_KIND, created_at, tags, content: payload };
  }
  const truth = JSON.parse(snapshotContent(prior.computed.state)) as object;
  const d = definition.custodian?.d ?? 'state';
  const tags = [['d', d], ['e', definition.id], ...link];
  const claim = JSON.stringify({ ...truth, ...step.snapshot });
  return { kind: SNAPSHOT_KIND, created_at, tags, content: claim };
}

/** Judges an event as a relay would that has seen this course and nothing else. */
export function judgeIn(course: Course, event: NostrEvent): Verdict {
  return judge(event, viewOf(course));
}

/** Moves a course by a verdict; the node it comes to, undefined when it stays where it is. */
export function follow(course: Course, verdict: Verdict): StateNode | undefined {
  if (verdict.verdict === 'definition') course.definition = verdict.definition;
  const node = nodeFrom(verdict);
  if (node) course.nodes.push(node);
  return node;
}

function nodeFrom(verdict: Verdict): StateNode | undefined {
  if (verdict.verdict === 'transition') return verdict.node;
  if (verdict.verdict !== 'definition') return undefined;
  const { createdAt, initial: computed } = verdict.definition;
  return { id: null, height: 0, createdAt, computed };
}

function viewOf({ definition, nodes, rules }: Course): MachineView {
  const head = nodes.at(-1);
  const hosted: HostedMachine | undefined = definition &&
    head && { definition, head, forks: 'head-only', frozen: null, finalHeight: null };
  const nodeOf = (id: string | null) => nodes.find((node) => node.id === id);
  return {
    rules,
    machine: (id) => (id === definition?.id ? hosted : undefined),
    transition: (id) => {
      const node = nodeOf(id);
      if (node === undefined || definition === undefined) return undefined;
      const { id: machine } = definition;
      const { createdAt } = node;
      return { standing: 'accepted', machine, createdAt, isCanonical: true };
    },
    node: (_, id) => nodeOf(id),
    kindOf: () => undefined,
    evidence: () => undefined,
    canBranch: () => true,
    boundMachine: () => undefined,
  };
}
