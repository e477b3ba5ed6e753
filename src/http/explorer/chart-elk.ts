/**
 * A chart as the layouter takes it: sizes of texts and boxes, and how they are to be arranged.
 *
 * A text is as wide as its characters are counted here, and is drawn squeezed or stretched to just
 * that, so nothing overlaps whatever font a reader has. All edges belong to the root, and their
 * coordinates too.
 */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartEdge, ChartGraph, ChartNode } from './chart-graph.ts';

/** Sizes in pixels: of a line of text, and of what is around it. */
export const CHART = { line: 15, fontSize: 11.5, character: 6.9, pad: 10, head: 26 } as const;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'PARENT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelLabel': '6',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.padding': '[top=8,left=8,bottom=8,right=8]',
};

/** The width of a text in pixels: characters of most scripts beyond Latin count twice. */
export function textWidth(text: string): number {
  const wide = [...text].filter((character) => (character.codePointAt(0) ?? 0) > 0x2e7f).length;
  return Math.ceil(([...text].length + wide) * CHART.character);
}

/** The graph of a chart; the machine itself is a box only where it has transitions or regions. */
export function elkGraph({ nodes, edges }: ChartGraph): ElkNode {
  const rootIsShown = hasRootBox({ nodes, edges });
  const childrenOf = (path: string | null): ElkNode[] =>
    nodes.filter(({ parent }) => parent === path).map((node) => boxOf(node, childrenOf(node.path)));
  return {
    id: '(chart)',
    layoutOptions: OPTIONS,
    children: rootIsShown ? childrenOf(null) : childrenOf(''),
    edges: edges.map((edge) => ({
      id: edge.id,
      sources: [edge.from],
      targets: [edge.to],
      labels: [labelOf(edge)],
    })),
  };
}

/** Whether the machine itself is drawn as a box around its states. */
export function hasRootBox({ nodes, edges }: Pick<ChartGraph, 'nodes' | 'edges'>): boolean {
  const [root] = nodes;
  const isUsed = edges.some(({ from, to }) => from === '' || to === '');
  return isUsed || root?.type === 'parallel' || (root?.inner.length ?? 0) > 0;
}

function boxOf({ path, label, inner, type }: ChartNode, children: ElkNode[]): ElkNode {
  const text = Math.max(textWidth(label), ...inner.map(textWidth));
  const width = Math.max(64, text + 2 * CHART.pad + (type === 'history' ? 0 : 8));
  const height = CHART.head + inner.length * CHART.line + (inner.length > 0 ? 6 : 4);
  if (children.length === 0) return { id: path, width, height };
  const top = height + 10;
  return {
    id: path,
    children,
    layoutOptions: {
      'elk.padding': `[top=${top},left=14,bottom=14,right=14]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
  };
}

function labelOf({ lines }: ChartEdge) {
  const width = Math.max(...lines.map(textWidth)) + 4;
  return { text: lines.join(' '), width, height: lines.length * CHART.line };
}
