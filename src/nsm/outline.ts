/**
 * The outline of a machine config: its state nodes in document order, before XState sees it.
 *
 * The linter works on this tree, because XState resolves names on prototypes, ignores what it
 * does not know and reports many mistakes only when a state is entered. Node ids are XState's.
 */
import { isObject, type Json, type JsonObject, ownMember } from '../rules/json.ts';
import { pointer } from './strict-json.ts';

/** What XState calls the type of a state node. */
export type NodeType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

/** A state node with its place in the tree. */
export type OutlineNode = {
  readonly key: string;
  readonly id: string;
  /** JSON pointer of the node within the definition's content. */
  readonly path: string;
  readonly config: JsonObject;
  readonly type: NodeType;
  readonly parent: OutlineNode | null;
  /** Levels below the root, which is 0. */
  readonly depth: number;
  readonly children: ReadonlyMap<string, OutlineNode>;
};

/** A transition object of a definition with the place it stands. */
export type OutlineTransition = {
  readonly source: OutlineNode;
  /** The event type, or null for `after`, `always` and `onDone`. */
  readonly event: string | null;
  /** JSON pointer of the member it stands in: a list of candidates, or itself. */
  readonly handler: string;
  readonly path: string;
  readonly config: JsonObject;
};

/** The state nodes in document order, and the transitions they have. */
export type Outline = {
  readonly root: OutlineNode;
  readonly nodes: readonly OutlineNode[];
  readonly transitions: readonly OutlineTransition[];
};

/** The keys from below the root down to a node, joined by dots; empty for the root. */
export function dottedPath(node: OutlineNode): string {
  if (node.parent === null) return '';
  const outer = dottedPath(node.parent);
  return outer === '' ? node.key : `${outer}.${node.key}`;
}

/** A value as a list: absent is empty, one is a list of one. */
export function asList(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Json];
}

/** Builds the outline of a config whose shape was checked, or is being checked. */
export function outlineOf(content: JsonObject): Outline {
  const nodes: OutlineNode[] = [];
  const transitions: OutlineTransition[] = [];
  const machineId = ownMember(content, 'id');
  const root = outlineNode({
    key: typeof machineId === 'string' ? machineId : '(machine)',
    config: content,
    parent: null,
    path: '',
    nodes,
    transitions,
  });
  return { root, nodes, transitions };
}

type NodeInput = {
  readonly key: string;
  readonly config: JsonObject;
  readonly parent: OutlineNode | null;
  readonly path: string;
  readonly nodes: OutlineNode[];
  readonly transitions: OutlineTransition[];
};

function outlineNode({ key, config, parent, path, nodes, transitions }: NodeInput): OutlineNode {
  const children = new Map<string, OutlineNode>();
  const id = ownMember(config, 'id');
  const node: OutlineNode = {
    key,
    id: typeof id === 'string' && id !== '' ? id : defaultId(parent, key),
    path,
    config,
    type: nodeType(config),
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
    children,
  };
  nodes.push(node);
  transitions.push(...transitionsOf(node));
  const states = ownMember(config, 'states');
  for (const [name, child] of Object.entries(isObject(states) ? states : {})) {
    if (!isObject(child)) continue;
    const at = `${path}/states${pointer(name)}`;
    const input = { key: name, config: child, parent: node, path: at, nodes, transitions };
    children.set(name, outlineNode(input));
  }
  return node;
}

/** XState's default: the machine's id and the keys down to the node, joined by dots. */
function defaultId(parent: OutlineNode | null, key: string): string {
  const keys = [key];
  let node = parent;
  while (node?.parent) {
    keys.unshift(node.key);
    node = node.parent;
  }
  return node === null ? key : [node.key, ...keys].join('.');
}

function nodeType(config: JsonObject): NodeType {
  const type = ownMember(config, 'type');
  if (typeof type === 'string') return type as NodeType;
  const states = ownMember(config, 'states');
  if (isObject(states) && Object.keys(states).length > 0) return 'compound';
  return ownMember(config, 'history') === undefined ? 'atomic' : 'history';
}

function transitionsOf(source: OutlineNode): OutlineTransition[] {
  const { config, path } = source;
  const found: OutlineTransition[] = [];
  const add = (value: Json | undefined, event: string | null, at: string) => {
    const many = Array.isArray(value);
    asList(value).forEach((item, i) => {
      const entry = typeof item === 'string' ? { target: item } : item;
      if (isObject(entry))
        found.push({
          ...{ source, event, handler: at, config: entry },
          path: many ? `${at}/${i}` : at,
        });
    });
  };
  const on = ownMember(config, 'on');
  for (const [event, value] of Object.entries(isObject(on) ? on : {})) {
    add(value, event, `${path}/on${pointer(event)}`);
  }
  const after = ownMember(config, 'after');
  for (const [delay, value] of Object.entries(isObject(after) ? after : {})) {
    add(value, null, `${path}/after${pointer(delay)}`);
  }
  add(ownMember(config, 'always'), null, `${path}/always`);
  add(ownMember(config, 'onDone'), null, `${path}/onDone`);
  return found;
}
