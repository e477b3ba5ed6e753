/**
 * The chart of a machine on its page: drawn where it can be, else as a table, which is always there
 * for those who do not see it.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import { type ChartGraph, chartGraph, plainText } from './chart-graph.ts';
import type { ChartLayouts, Layout } from './chart-layout.ts';
import { type Marks, marksOf } from './chart-marks.ts';
import { chartSvg } from './chart-svg.ts';

type Markup = ReturnType<typeof html>;

/** Most rows of the table. */
const ROWS_MAX = 400;
/** Wider charts, in pixels, get a row of their own instead of a column. */
const COLUMN_MAX = 600;

/** Which node the chart is of, and whether the machine goes on from there. */
export type ChartMoment = { readonly node: StateNode; readonly isOpen: boolean };

/** A chart with its table; a wide one wants the whole width of the page. */
export type ShownChart = { readonly markup: Markup; readonly isWide: boolean };

/** The chart of a machine at a node, with its table. */
export async function chartSection(
  relay: Relay,
  machine: StoredMachine,
  { node, isOpen, layouts }: ChartMoment & { readonly layouts: ChartLayouts },
): Promise<ShownChart> {
  const { definition, isUnderstood } = machine;
  if (!isUnderstood) {
    const markup = html`<p class="soft">Under the rules of today it cannot be drawn.</p>`;
    return { markup, isWide: false };
  }
  const graph = chartGraph(definition.machine.config);
  const layout = await layouts.of(definition.id, graph);
  const marks = marksOf(relay, machine, { node, graph, isOpen });
  const table = transitionTable(graph, marks);
  if (layout === null) {
    const states = graph.nodes.length - 1;
    const ways = graph.edges.length;
    const markup = html`<p class="soft">Not drawn: ${states} states, ${ways} ways between them.</p>
${table}`;
    return { markup, isWide: true };
  }
  return { markup: drawn({ graph, layout, marks }, table), isWide: layout.width > COLUMN_MAX };
}

type Drawn = { readonly graph: ChartGraph; readonly layout: Layout; readonly marks: Marks };

function drawn({ graph, layout, marks }: Drawn, table: Markup): Markup {
  const title = `State chart; active: ${[...marks.active].map(plainText).join(', ')}`;
  const svg = chartSvg({ graph, layout, marks, title });
  return html`<div class="scroll chartbox" tabindex="0" role="region" aria-label="State chart">
${svg}</div>
<p class="legend soft"><span class="key active">active</span>
<span class="key visited">was active</span> <span class="key taken">taken</span>
<span class="key enabled">may come next</span></p>
<details><summary>The same as a table</summary>${table}</details>`;
}

function transitionTable({ rows }: ChartGraph, { active }: Marks): Markup {
  const shown = rows.slice(0, ROWS_MAX);
  const left = rows.length - shown.length;
  return html`<div class="scroll tall" tabindex="0" role="region" aria-label="Transitions"><table>
<thead><tr><th>from</th><th>on</th><th>guard</th><th>actions</th><th>to</th></tr></thead>
<tbody>
${shown.map(
  ({ from, trigger, guard, actions, to }) => html`<tr class="${active.has(from) ? 'active' : ''}">
<td>${name(from)}</td><td>${name(trigger)}</td><td>${name(guard)}</td>
<td>${name(actions)}</td><td>${name(to)}</td></tr>
`,
)}</tbody></table></div>${left > 0 ? html`<p class="soft">and ${left} more</p>` : ''}`;
}

const name = (text: string) => html`<code><bdi>${plainText(text.slice(0, 200))}</bdi></code>`;
