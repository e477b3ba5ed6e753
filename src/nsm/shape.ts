/**
 * The closed whitelist of PROTOCOL §3.2: every member of a definition is known and well-formed.
 *
 * XState ignores what it does not know, and a misspelt guard is no guard. So an unknown member
 * refuses the definition, and a value that XState would take for "no guard" does too.
 */

import { type Refusal, refuse } from '../refusal.ts';
import { isObject, type Json, type JsonObject, ownMember } from '../rules/json.ts';
import { isEventType } from './kinds.ts';
import type { Outline, OutlineNode } from './outline.ts';
import { pointer } from './strict-json.ts';

const NODE_KEYS = new Set([
  ...'id initial type states on always after entry exit onDone'.split(' '),
  ...'tags meta description output history target'.split(' '),
]);
const ROOT_KEYS = new Set(['context', 'version']);
const TRANSITION_KEYS = new Set('target guard actions reenter description meta'.split(' '));
/** Members of XState that this protocol leaves out: real features, so the answer says so. */
const FEATURES = new Set('invoke route options delays'.split(' '));
const NODE_TYPES = new Set(['atomic', 'compound', 'parallel', 'final', 'history']);
const HISTORY_KEYS = new Set('id type history target description meta tags'.split(' '));

/** Every problem with the members of a definition, in document order. */
export function shapeProblems(outline: Outline): Refusal[] {
  const problems: Refusal[] = [];
  for (const node of outline.nodes) checkNode(node, problems);
  for (const { config, path } of outline.transitions) checkTransition(config, path, problems);
  const seen = new Set<string>();
  for (const node of outline.nodes) {
    if (seen.has(node.id))
      problems.push(shape(`${node.path}/id`, `the id ${node.id} is used twice`));
    seen.add(node.id);
  }
  return problems;
}

function shape(path: string, says: string): Refusal {
  return refuse('definition-shape', { path }, says);
}

function unsupported(path: string, says: string): Refusal {
  return refuse('unsupported-feature', { path }, says);
}

function checkNode(node: OutlineNode, problems: Refusal[]): void {
  const { config, path } = node;
  for (const name of Object.keys(config)) {
    const at = path + pointer(name);
    if (FEATURES.has(name)) problems.push(unsupported(at, `${name} is not supported`));
    else if (!NODE_KEYS.has(name) && !(node.parent === null && ROOT_KEYS.has(name))) {
      problems.push(shape(at, `unknown member ${name}`));
    }
  }
  checkType(node, problems);
  checkStates(node, problems);
  checkHandlers(node, problems);
  for (const name of ['entry', 'exit'])
    checkActions(ownMember(config, name), `${path}/${name}`, problems);
  checkPlain(node, problems);
}

function checkType(node: OutlineNode, problems: Refusal[]): void {
  const { config, path, type } = node;
  const nested = node.children.size > 0;
  const refuseAt = (name: string, says: string) => problems.push(shape(`${path}/${name}`, says));
  const given = ownMember(config, 'type');
  if (given !== undefined && !NODE_TYPES.has(given as string)) {
    return void refuseAt('type', 'unknown state type');
  }
  if ((type === 'compound' || type === 'parallel') && !nested)
    refuseAt('states', 'states are missing');
  if (type !== 'compound' && type !== 'parallel' && nested) {
    refuseAt('states', `a state of type ${type} has no states`);
  }
  if (node.parent === null && (type === 'final' || type === 'history')) {
    refuseAt('type', 'the root cannot be final or history');
  }
  if (ownMember(config, 'initial') !== undefined && type !== 'compound') {
    refuseAt('initial', 'only a compound state has an initial state');
  }
  if (ownMember(config, 'output') !== undefined && node.parent !== null && type !== 'final') {
    refuseAt('output', 'only the root and final states have output');
  }
  checkInitialObject(ownMember(config, 'initial'), `${path}/initial`, problems);
  if (type !== 'history') {
    if (ownMember(config, 'target') !== undefined)
      refuseAt('target', 'only a history state has a target');
    if (ownMember(config, 'history') !== undefined)
      refuseAt('history', 'only a history state has history');
    return;
  }
  const history = ownMember(config, 'history');
  if (![undefined, true, 'shallow', 'deep'].includes(history as string)) {
    refuseAt('history', 'history is shallow or deep');
  }
  for (const name of Object.keys(config)) {
    if (!HISTORY_KEYS.has(name)) refuseAt(name, `a history state has no ${name}`);
  }
  checkTarget(ownMember(config, 'target'), `${path}/target`, problems);
}

/** `initial` is a name, or an object with a target and actions. */
function checkInitialObject(value: Json | undefined, path: string, problems: Refusal[]): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return;
  if (!isObject(value)) return void problems.push(shape(path, 'initial names a state'));
  for (const name of Object.keys(value)) {
    if (name !== 'target' && name !== 'actions') {
      problems.push(shape(path + pointer(name), `unknown member ${name}`));
    }
  }
  checkActions(ownMember(value, 'actions'), `${path}/actions`, problems);
}

function checkStates(node: OutlineNode, problems: Refusal[]): void {
  const states = ownMember(node.config, 'states');
  const at = `${node.path}/states`;
  if (states === undefined) return;
  if (!isObject(states)) return void problems.push(shape(at, 'states must be an object'));
  for (const [key, child] of Object.entries(states)) {
    if (!isObject(child)) problems.push(shape(at + pointer(key), 'a state must be an object'));
    if (key === '' || /^\d+$|[.#\\]/.test(key)) {
      problems.push(
        shape(at + pointer(key), 'a state key is not empty, not a number and has no . # \\'),
      );
    }
  }
}

function checkHandlers(node: OutlineNode, problems: Refusal[]): void {
  const { config, path } = node;
  const on = ownMember(config, 'on');
  if (on !== undefined && !isObject(on)) problems.push(shape(`${path}/on`, 'on must be an object'));
  for (const [type, handler] of Object.entries(isObject(on) ? on : {})) {
    const at = `${path}/on${pointer(type)}`;
    if (type.includes('*'))
      problems.push(unsupported(at, 'wildcard event types are not supported'));
    else if (!isEventType(type)) problems.push(shape(at, 'bad event type'));
    checkTransitionList(handler, at, problems);
  }
  for (const name of ['always', 'onDone']) {
    const handler = ownMember(config, name);
    if (handler !== undefined) checkTransitionList(handler, `${path}/${name}`, problems);
  }
  checkTimers(ownMember(config, 'after'), `${path}/after`, problems);
}

/** `after`: whole milliseconds as keys; XState fires at once what it takes for an unknown name. */
function checkTimers(after: Json | undefined, path: string, problems: Refusal[]): void {
  if (after === undefined) return;
  if (!isObject(after)) return void problems.push(shape(path, 'after must be an object'));
  for (const [delay, handler] of Object.entries(after)) {
    const at = path + pointer(delay);
    if (/^[1-9]\d{0,12}$/.test(delay)) checkTransitionList(handler, at, problems);
    else if (/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(delay)) {
      problems.push(shape(at, 'a delay is 1 to 13 digits, in milliseconds'));
    } else problems.push(unsupported(at, 'named delays are not supported'));
  }
}

/** Strings and objects, or a list of them that is not empty. The objects are checked later. */
function checkTransitionList(value: Json, path: string, problems: Refusal[]): void {
  const items = Array.isArray(value) ? value : [value];
  if (items.length === 0) problems.push(shape(path, 'an empty list handles nothing; leave it out'));
  items.forEach((item, i) => {
    if (typeof item === 'string' || isObject(item)) return;
    problems.push(
      shape(Array.isArray(value) ? `${path}/${i}` : path, 'a transition is a target or an object'),
    );
  });
}

function checkTransition(config: JsonObject, path: string, problems: Refusal[]): void {
  for (const name of Object.keys(config)) {
    const at = path + pointer(name);
    if (!TRANSITION_KEYS.has(name)) problems.push(shape(at, `unknown member ${name}`));
  }
  const guard = ownMember(config, 'guard');
  if (guard !== undefined) checkReference(guard, `${path}/guard`, problems);
  checkActions(ownMember(config, 'actions'), `${path}/actions`, problems);
  checkTarget(ownMember(config, 'target'), `${path}/target`, problems);
  if (!['undefined', 'boolean'].includes(typeof ownMember(config, 'reenter'))) {
    problems.push(shape(`${path}/reenter`, 'reenter is true or false'));
  }
  checkText(config, path, problems);
}

function checkActions(value: Json | undefined, path: string, problems: Refusal[]): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) return checkReference(value, path, problems);
  value.forEach((item, i) => {
    checkReference(item, `${path}/${i}`, problems);
  });
}

/** A guard or action: a name, or a name with literal params. */
function checkReference(value: Json, path: string, problems: Refusal[]): void {
  if (typeof value === 'string' && value !== '') return;
  if (!isObject(value))
    return void problems.push(shape(path, 'a name, or an object with type and params'));
  const type = ownMember(value, 'type');
  if (typeof type !== 'string' || type === '')
    problems.push(shape(`${path}/type`, 'a name is missing'));
  for (const name of Object.keys(value)) {
    if (name !== 'type' && name !== 'params') {
      problems.push(shape(path + pointer(name), `unknown member ${name}`));
    }
  }
}

function checkTarget(value: Json | undefined, path: string, problems: Refusal[]): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return;
  const list = Array.isArray(value) && value.length > 0;
  if (list && value.every((item) => typeof item === 'string' && item !== '')) return;
  problems.push(shape(path, 'a target is a state, or a list of states that is not empty'));
}

function checkPlain(node: OutlineNode, problems: Refusal[]): void {
  const { config, path } = node;
  const id = ownMember(config, 'id');
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.includes('\\'))) {
    problems.push(shape(`${path}/id`, 'an id is a string that is not empty'));
  }
  const tags = ownMember(config, 'tags');
  const list = Array.isArray(tags) ? tags : tags === undefined ? [] : [tags];
  if (!list.every((tag) => typeof tag === 'string'))
    problems.push(shape(`${path}/tags`, 'tags are strings'));
  if (!['undefined', 'string'].includes(typeof ownMember(config, 'version'))) {
    problems.push(shape(`${path}/version`, 'version is a string'));
  }
  checkText(config, path, problems);
}

function checkText(config: JsonObject, path: string, problems: Refusal[]): void {
  if (!['undefined', 'string'].includes(typeof ownMember(config, 'description'))) {
    problems.push(shape(`${path}/description`, 'a description is a string'));
  }
  const meta = ownMember(config, 'meta');
  if (meta !== undefined && !isObject(meta))
    problems.push(shape(`${path}/meta`, 'meta is an object'));
}
