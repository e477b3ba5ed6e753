/**
 * Kind 30078 → a claim about a machine's state, compared with the computed one (PROTOCOL §6).
 *
 * A snapshot is compared, never loaded: a restored snapshot could place a machine in any state.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { isList, isObject, type Json, type JsonObject, ownMember } from '../rules/json.ts';
import { type ComputedState, canonicalJson, type State } from './canonical.ts';
import { jsonRefusal } from './definition.ts';
import { LIMITS } from './kinds.ts';
import { isJsonProblem, parseStrictJson } from './strict-json.ts';

/** XState's persisted members besides `children`, `tags` and `error`, which must be empty. */
const COMPARED = new Set(['status', 'value', 'context', 'output', 'historyValue']);
const IGNORED_WHEN_EMPTY = new Set(['children', 'tags', 'error']);

/** Undefined when the content of a snapshot equals a computed state, else why it does not. */
export function compareSnapshot(event: NostrEvent, computed: ComputedState): Refusal | undefined {
  const parsed = parseStrictJson(event.content, LIMITS.definitionDepth);
  if (isJsonProblem(parsed)) return jsonRefusal(parsed, 'snapshot-json');
  const claim = parsed.value;
  if (!isObject(claim)) return refuse('snapshot-json');
  for (const [name, value] of Object.entries(claim)) {
    const known = COMPARED.has(name) || (IGNORED_WHEN_EMPTY.has(name) && isEmpty(value));
    if (!known) return mismatch(name);
  }
  const { state } = computed;
  const expected: Record<string, Json | undefined> = {
    status: state.status,
    value: state.value as Json,
    context: state.context,
    output: state.output,
  };
  for (const [name, value] of Object.entries(expected)) {
    if (!isSame(ownMember(claim, name), value)) return mismatch(name);
  }
  return isSame(historyOf(claim), state.history as Json) ? undefined : mismatch('historyValue');
}

/** The content of a snapshot of a state: XState's persisted form, as canonical JSON. */
export function snapshotContent(state: State): string {
  const historyValue = Object.fromEntries(
    Object.entries(state.history).map(([node, ids]) => [node, ids.map((id) => ({ id }))]),
  );
  const { status, value, context } = state;
  const output = state.output === undefined ? {} : { output: state.output };
  return canonicalJson({ status, value, context, ...output, historyValue, children: {} });
}

function mismatch(name: string): Refusal {
  return refuse('snapshot-mismatch', { path: `/${name.slice(0, 80)}` });
}

function isEmpty(value: Json): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Canonical equality; what only one of both has is a difference, even if it is null. */
function isSame(claimed: Json | undefined, computed: Json | undefined): boolean {
  if (claimed === undefined || computed === undefined) return claimed === computed;
  return canonicalJson(claimed) === canonicalJson(computed);
}

/**
 * `{<history node>: [<state node ids, sorted>]}`, null when it is not of XState's form. Of whole
 * nodes, which clients before XState 5.20 wrote, the id counts.
 */
function historyOf(claim: JsonObject): Json {
  const history = ownMember(claim, 'historyValue');
  if (history === undefined) return {};
  if (!isObject(history)) return null;
  const entries: [string, string[]][] = [];
  for (const [node, list] of Object.entries(history)) {
    const ids = (isList(list) ? list : [null]).map(
      (item) => isObject(item) && ownMember(item, 'id'),
    );
    if (!ids.every((id) => typeof id === 'string')) return null;
    entries.push([node, ids.sort()]);
  }
  return Object.fromEntries(entries);
}
