/**
 * A placed chart as SVG: classes say what is what, the stylesheet says how that looks.
 *
 * Every text is escaped by the template and has its length set, so it stays within its box.
 */
import { html, raw } from 'hono/html';
import { CHART, hasRootBox, textWidth } from './chart-elk.ts';
import type { ChartEdge, ChartGraph, ChartNode } from './chart-graph.ts';
import type { Layout, PlacedBox, PlacedEdge } from './chart-layout.ts';
import type { Marks } from './chart-marks.ts';

type Markup = ReturnType<typeof html>;

/** What a chart is drawn from. */
export type Drawing = {
  readonly graph: ChartGraph;
  readonly layout: Layout;
  readonly marks: Marks;
  /** What somebody hears who does not see it. */
  readonly title: string;
  /** Rules for a chart that stands alone. */
  readonly style?: string;
};

/** The chart as an `svg` element that keeps its proportions. */
export function chartSvg({ graph, layout, marks, title, style }: Drawing): Markup {
  const { width, height, boxes } = layout;
  const places = new Map(layout.edges.map((edge) => [edge.id, edge]));
  const shown = hasRootBox(graph) ? graph.nodes : graph.nodes.slice(1);
  const size = `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`;
  return html`<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="${size}"
 width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="img" aria-label="${title}">
${style === undefined ? '' : html`<style>${raw(style)}</style>`}<defs>${[
    '',
    'taken',
    'enabled',
  ].map(
    (kind) => html`<marker id="arrow${kind}" class="${kind}" viewBox="0 0 8 8" refX="7" refY="4"
 markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto"><path
 d="M0 0 8 4 0 8z"/></marker>`,
  )}</defs>
${shown.map((node) => stateBox(node, boxes.get(node.path), marks))}
${graph.edges.map((edge) => arrow(edge, places.get(edge.id), marks))}
</svg>`;
}

function stateBox(node: ChartNode, box: PlacedBox | undefined, marks: Marks): Markup | string {
  if (box === undefined) return '';
  const { path, type, label, inner, isInitial } = node;
  const { x, y, width, height } = box;
  const isActive = marks.active.has(path);
  const mark = isActive ? 'active' : marks.visited.has(path) ? 'visited' : '';
  const round = type === 'history' ? height / 2 : 6;
  const middle = x + width / 2;
  const innerTop = y + CHART.head + 12;
  return html`<g class="state ${type} ${mark}" data-path="${path}"><title>${path || label}</title>
<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}"/>
${type === 'final' ? insideOf(box) : ''}${isInitial ? initialDot(box) : ''}
${line(label, { x: middle, y: y + 17, kind: 'name' })}
${inner.map((text, i) =>
  line(text, { x: middle, y: innerTop + i * CHART.line, kind: 'inner' }),
)}</g>
`;
}

/** A state in which the machine ends has a second border. */
function insideOf({ x, y, width, height }: PlacedBox): Markup {
  return html`<rect class="inside" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${
    height - 6
  }" rx="4"/>`;
}

function initialDot({ x, y }: PlacedBox): Markup {
  return html`<circle class="initial" cx="${x}" cy="${y}" r="4"/>`;
}

function arrow(edge: ChartEdge, place: PlacedEdge | undefined, marks: Marks): Markup | string {
  if (place === undefined || place.points.length === 0) return '';
  const kind = marks.enabled.has(edge.id) ? 'enabled' : marks.taken.has(edge.id) ? 'taken' : '';
  const path = place.points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const { label } = place;
  const places = edge.lines.map((_, i) => ({
    x: (label?.x ?? 0) + (label?.width ?? 0) / 2,
    y: (label?.y ?? 0) + 11 + i * CHART.line,
    kind: i === 0 ? 'event' : 'rule',
  }));
  return html`<g class="edge ${kind}"><path d="${path}" marker-end="url(#arrow${kind})"/>
${label === null ? '' : places.map((place, i) => line(edge.lines[i] ?? '', place))}</g>
`;
}

type Place = { readonly x: number; readonly y: number; readonly kind: string };

function line(text: string, { x, y, kind }: Place): Markup | string {
  if (text === '') return '';
  // Stretching what is drawn from right to left would tear its letters apart, as with few of them.
  return html`<text class="${kind}" x="${x}" y="${y}" textLength="${textWidth(
    text,
  )}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
}
