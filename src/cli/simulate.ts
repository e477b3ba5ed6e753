/**
 * `simulate`: runs a script against a definition, offline.
 *
 * A line is `{by, type, data, at}`, or any line of an example's script. What a step comes to is
 * judged by the rules the relay uses; what would only be refused by a relay's own policy is not
 * refused here. Steps without `expect` are expected to be accepted.
 */

import { finalizeEvent } from 'nostr-tools/pure';
import { type Course, follow, judgeIn, newCourse, stepIn, templateOf } from '../examples/course.ts';
import { parseScript, type SignedStep, type StateStep, type Step } from '../examples/script.ts';
import { partKey } from '../examples/template.ts';
import { isHex64, type NostrEvent } from '../nostr/event.ts';
import { canonicalJson, type State } from '../nsm/canonical.ts';
import { enabledTypes } from '../nsm/enabled.ts';
import { DEFINITION_KIND } from '../nsm/kinds.ts';
import { BUNDLED_RULES, type RuleSet } from '../nsm/rule-set.ts';
import type { StateNode } from '../nsm/view.ts';
import { refusalText } from '../refusal.ts';
import { definitionEvent, readText, rulesWith, withId } from './input.ts';
import { answered, Unable } from './outcome.ts';

/** What became of a step. */
export type Simulated = {
  /** Lines of the script count from 1; 0 is a definition that the script does not publish. */
  readonly step: number;
  readonly by: string | null;
  /** What was done, in a few words. */
  readonly did: string;
  /** `ok`, or the code of the refusal. */
  readonly verdict: string;
  /** The text of the refusal; empty for `ok`. */
  readonly message: string;
  /** The state the machine is in now; null until there is a machine. */
  readonly state: SimulatedState | null;
  /** What is not as the script says; empty when all is well. */
  readonly differences: readonly string[];
};

/** A state with where it stands in the chain, and its hash (PROTOCOL §5). */
export type SimulatedState = State & {
  readonly head: string | null;
  readonly height: number;
  readonly state_hash: string;
};

/** Times from here up are Unix seconds, those below are seconds after the start. */
const UNIX_TIMES = 1_000_000_000;

/** What `simulate` may be told. */
export type SimulateFlags = {
  readonly json?: boolean;
  /** A folder of libraries besides the bundled ones. */
  readonly libraries?: string;
};

/** 0 when every step went as the script says, else 1; 2 for files that cannot be used. */
export function simulate(
  definition: string,
  script: string,
  { json = false, libraries }: SimulateFlags,
): Promise<number> {
  return answered(() => {
    const steps = readScript(readText(script), script);
    const rules = rulesWith(libraries);
    let differences = 0;
    for (const result of simulateSteps(readText(definition), steps, rules)) {
      console.log(json ? JSON.stringify(result) : described(result));
      differences += result.differences.length;
    }
    return differences === 0 ? 0 : 1;
  });
}

/** Plays steps on a definition, which is an event, a config or a template; a result for each. */
export function* simulateSteps(
  text: string,
  steps: readonly Step[],
  rules: RuleSet = BUNDLED_RULES,
): Generator<Simulated> {
  const given = definitionEvent(text, rules);
  const course = newCourse(given, { start: given.created_at, rules });
  const [first] = steps;
  const isPublished = first !== undefined && 'definition' in first;
  if (!isPublished) {
    const result = judged(course, { event: given, step: 0, by: null, expected: 'ok' });
    yield result;
    if (result.verdict !== 'ok') return;
  }
  for (const [i, template] of steps.entries()) {
    const step = inTime(filledIn(course, template, i + 1), course);
    yield 'state' in step ? compared(course, step, i + 1) : sent(course, step, i + 1);
  }
}

function readScript(text: string, file: string): readonly Step[] {
  try {
    return parseScript(text, file);
  } catch (error) {
    throw new Unable((error as Error).message);
  }
}

function filledIn(course: Course, step: Step, line: number): Step {
  try {
    return stepIn(course, step);
  } catch (error) {
    throw new Unable(`step ${line}: ${(error as Error).message}`);
  }
}

function inTime(step: Step, { start }: Course): Step {
  if (!('at' in step) || step.at === undefined || step.at < UNIX_TIMES) return step;
  return { ...step, at: step.at - start };
}

function sent(course: Course, step: SignedStep, line: number): Simulated {
  if (!('definition' in step) && course.definition === undefined) {
    throw new Unable(`step ${line}: there is no machine to act on`);
  }
  const event = signed(course, step);
  return judged(course, { event, step: line, by: step.by, expected: step.expect });
}

/** A name signs with the key of its part; a pubkey may be anybody's, so nobody signs for it. */
function signed(course: Course, step: SignedStep): NostrEvent {
  const template = templateOf(course, step);
  if (!isHex64(step.by)) return finalizeEvent(template, partKey(step.by));
  return withId({ pubkey: step.by, ...template });
}

type Sent = {
  readonly event: NostrEvent;
  readonly step: number;
  readonly by: string | null;
  readonly expected: string;
};

function judged(course: Course, { event, step, by, expected }: Sent): Simulated {
  const verdict = judgeIn(course, event);
  follow(course, verdict);
  const refusal = verdict.verdict === 'refused' ? verdict.refusal : undefined;
  const code = refusal?.code ?? 'ok';
  return {
    ...{ step, by, did: didOf(event), verdict: code },
    message: refusal ? refusalText(refusal) : '',
    state: stateOf(course.nodes.at(-1)),
    differences: code === expected ? [] : [`expected ${expected}`],
  };
}

function didOf({ kind, id, tags, content }: NostrEvent): string {
  if (kind === DEFINITION_KIND) return `publishes machine ${id}`;
  const type = tags.find(([name]) => name === 't')?.[1];
  return type === undefined ? `states ${content}` : `${type} ${content}`.trimEnd();
}

function compared(course: Course, { state: expected }: StateStep, line: number): Simulated {
  const node = course.nodes.at(-1);
  if (course.definition === undefined || node === undefined) {
    throw new Unable(`step ${line}: there is no state yet`);
  }
  const { state } = node.computed;
  const next = enabledTypes(course.definition.machine, state).map(({ type }) => type);
  const context = Object.fromEntries(
    Object.keys(expected.context ?? {}).map((name) => [name, state.context[name] ?? null]),
  );
  const { status, value } = state;
  const is = { status, value, height: node.height, next, ...(expected.context && { context }) };
  const isEqual = canonicalJson(is) === canonicalJson(expected);
  return {
    ...{ step: line, by: null, did: 'reads the state', verdict: 'ok', message: '' },
    state: stateOf(node),
    differences: isEqual ? [] : [`expected ${canonicalJson(expected)}`],
  };
}

function stateOf(node: StateNode | undefined): SimulatedState | null {
  if (node === undefined) return null;
  const { id: head, height, computed } = node;
  return { ...computed.state, head, height, state_hash: computed.hash };
}

/** A step for people: who did what, what came of it, and the state it left. */
function described({ step, by, did, verdict, message, state, differences }: Simulated): string {
  const lines = [`${step}  ${by ?? ''}  ${did}`.replace(/ {3,}/, '  ')];
  lines.push(`   ${verdict === 'ok' ? 'ok' : message}`);
  if (state !== null) {
    const { height, status, value, context, timers, output } = state;
    lines.push(`   height ${height}  ${status}  ${JSON.stringify(value)}  ${state.state_hash}`);
    lines.push(`   context ${canonicalJson(context)}`);
    if (output !== undefined) lines.push(`   output ${canonicalJson(output)}`);
    for (const { event, due } of timers) lines.push(`   timer ${event} due ${due}`);
  }
  return [...lines, ...differences.map((difference) => `   DIFFERENCE: ${difference}`)].join('\n');
}
