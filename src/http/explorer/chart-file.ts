/**
 * `GET /api/v1/machines/{id}/chart.svg`: a chart that stands alone, for other pages and documents.
 *
 * It brings its own rules, so its content policy allows them, and nothing else.
 */
import type { Context } from 'hono';
import type { Relay } from '../../relay.ts';
import { isProblem, problem } from '../problem.ts';
import { chartQuery } from '../queries.ts';
import { findMachine, type Reply, readAs } from '../request.ts';
import { loadMachine, nodeAsked, stateAnswer } from '../state.ts';
import { chartGraph, plainText } from './chart-graph.ts';
import type { ChartLayouts } from './chart-layout.ts';
import { marksOf } from './chart-marks.ts';
import { chartSvg } from './chart-svg.ts';
import { CHART_STYLE } from './style-chart.ts';
import { COLOURS } from './style-colours.ts';

const STYLE = `${COLOURS}${CHART_STYLE}svg.chart { background: var(--panel); }`;
const HEADERS = {
  'Content-Type': 'image/svg+xml',
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
};

/** Answers with the chart of a machine at its head, or at the node named by `at`. */
export async function showChart(
  relay: Relay,
  context: Context,
  layouts: ChartLayouts,
): Promise<Reply> {
  const query = readAs(chartQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const machine = loadMachine(relay, found);
  const node = nodeAsked(relay, machine, query);
  if (isProblem(node)) return node;
  if (!machine.isUnderstood)
    return problem('not-found', 'under the rules of today it has no chart');
  const graph = chartGraph(machine.definition.machine.config);
  const layout = await layouts.of(found.id, graph);
  if (layout === null) return problem('not-found', 'this machine is too large to draw');
  const isOpen = stateAnswer(relay, machine, node).next.length > 0;
  const marks = marksOf(relay, machine, { node, graph, isOpen });
  const title = `State chart; active: ${[...marks.active].map(plainText).join(', ')}`;
  const svg = await chartSvg({ graph, layout, marks, title, style: STYLE });
  return context.body(String(svg), 200, HEADERS);
}
