/**
 * A machine as boxes and arrows: what a chart shows, before anything has a place on it.
 *
 * Made from the outline that the linter walks, so it has every state and every transition of a
 * definition and nothing else. Names are a stranger's: they are cut and cleaned of what turns or
 * breaks a line, here and once, and escaped where they are written.
 */
import { asList, dottedPath, type OutlineTransition, outlineOf } from '../../nsm/outline.ts';
import { resolveTarget } from '../../nsm/references.ts';
import { isObject, type Json, type JsonObject, ownMember } from '../../rules/json.ts';

/** A state; `path` is dotted, empty for the machine; `inner` is what it does without leaving. */
export type ChartNode = {
  readonly path: string;
  readonly label: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly parent: string | null;
  readonly isInitial: boolean;
  readonly inner: readonly string[];
};

/** A transition to one target; `event` is null where no event leads over it. */
export type ChartEdge = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly event: string | null;
  /** At most three lines: what triggers it, its guard, its actions. */
  readonly lines: readonly string[];
};

/** The states of a machine in document order, and its transitions. */
export type ChartGraph = {
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
  /** Transitions in full, as rows of a table, those without a target too. */
  readonly rows: readonly ChartRow[];
};

/** One transition as the table has it. */
export type ChartRow = {
  readonly from: string;
  readonly trigger: string;
  readonly event: string | null;
  readonly guard: string;
  readonly actions: string;
  readonly to: string;
};

/** Most states, and most transitions, that are laid out; beyond either there is a table. */
export const CHART_MAX = { nodes: 80, edges: 160 } as const;

const NAME_MAX = 26;
const LINES_MAX = 6;

/** The chart of the config of a hosted machine. */
export function chartGraph(config: JsonObject): ChartGraph {
  const { nodes, transitions } = outlineOf(config);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const rows: ChartRow[] = [];
  const edges: ChartEdge[] = [];
  const inner = new Map<string, string[]>();
  for (const transition of transitions) {
    const { source, event } = transition;
    const from = dottedPath(source);
    const { trigger, guard, actions } = wordsOf(transition);
    const targets = asList(ownMember(transition.config, 'target')).flatMap((target) => {
      const node = typeof target === 'string' && resolveTarget(target, source, byId);
      return node ? [dottedPath(node)] : [];
    });
    rows.push({ from, trigger, event, guard, actions, to: targets.join(', ') });
    const lines = [trigger, guard && `if ${guard}`, actions && `do ${actions}`]
      .filter((line) => line !== '')
      .map((line) => shortName(line));
    if (targets.length === 0) inner.set(from, [...(inner.get(from) ?? []), lines.join(' ')]);
    for (const to of targets) edges.push({ id: `e${edges.length}`, from, to, event, lines });
  }
  const innerOf = (path: string) =>
    (inner.get(path) ?? []).slice(0, LINES_MAX).map((line) => shortName(line, 40));
  const states = nodes.map((node) => ({
    path: dottedPath(node),
    label: shortName(node.key),
    type: node.type,
    parent: node.parent === null ? null : dottedPath(node.parent),
    isInitial: node.parent !== null && initialOf(node.parent.config) === node.key,
    inner: innerOf(dottedPath(node)),
  }));
  return { nodes: states, edges, rows };
}

/** A stranger's text on one line: no controls, no turns of direction; cut by characters. */
export function shortName(text: string, most: number = NAME_MAX): string {
  const plain = [...plainText(text.slice(0, 4 * most))];
  return plain.length > most ? `${plain.slice(0, most - 1).join('')}…` : plain.join('');
}

/** Text without characters that have no shape of their own, or change the order of others. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Mn}\p{Me}]/gu, '');
}

function wordsOf({ config, event, handler }: OutlineTransition) {
  const [kind = '', delay = ''] = handler.split('/').slice(-2);
  const trigger = event ?? (kind === 'after' ? `after ${delayText(delay)}` : delay);
  const guard = nameOf(ownMember(config, 'guard'));
  const actions = asList(ownMember(config, 'actions')).map(nameOf).join(', ');
  return { trigger, guard, actions };
}

/** A delay of a definition, which is in milliseconds, in the largest unit that fits. */
export function delayText(delay: string): string {
  const ms = Number(delay);
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const fitting = units.find(([, length]) => ms >= length && ms % length === 0);
  return fitting ? `${ms / fitting[1]} ${fitting[0]}` : `${delay} ms`;
}

function nameOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  const type = isObject(value) ? ownMember(value, 'type') : undefined;
  return typeof type === 'string' ? type : '';
}

function initialOf(config: JsonObject): Json | undefined {
  const initial = ownMember(config, 'initial');
  return isObject(initial) ? ownMember(initial, 'target') : initial;
}
