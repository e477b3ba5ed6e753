/**
 * The stylesheet of state charts: classes say what is active, was, was taken and may come.
 */

/** Rules for charts within a page. */
export const CHART_STYLE = `
.chartbox { scrollbar-width: thin; }
svg.chart { display: block; margin: 0 auto; max-width: 100%; height: auto; }
svg.chart text { font: 11.5px ui-monospace, monospace; text-anchor: middle; fill: var(--ink); }
svg.chart text.event, svg.chart text.name { font-weight: 700; }
svg.chart text.rule, svg.chart text.inner { fill: var(--soft); }
.chart .state rect { fill: var(--well); stroke: var(--soft); }
.chart .state.compound > rect, .chart .state.parallel > rect { fill: none; stroke-dasharray: 4 3; }
.chart .state.visited rect { stroke: var(--past); stroke-width: 2; }
.chart .state.active rect { fill: var(--now); stroke: var(--now); stroke-width: 2; }
.chart .state.active rect.inside { stroke: #fff; stroke-width: 1; }
svg.chart .state.active text { fill: #fff; }
.chart .state.compound.active > rect, .chart .state.parallel.active > rect { fill: none; }
svg.chart .state.compound.active > text, svg.chart .state.parallel.active > text {
  fill: var(--ink); }
.chart rect.inside { fill: none; }
.chart circle.initial { fill: var(--ink); }
.chart .edge path { fill: none; stroke: var(--soft); }
.chart .edge.taken path { stroke: var(--past); stroke-width: 2; }
.chart .edge.enabled path { stroke: var(--next); stroke-width: 2; }
svg.chart .edge.enabled text.event { fill: var(--next); }
.chart marker path { fill: var(--soft); }
.chart marker.taken path { fill: var(--past); }
.chart marker.enabled path { fill: var(--next); }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 1rem;
  font-size: 0.85rem; }
.key::before { content: ""; display: inline-block; width: 1em; height: 0.7em; margin-right: 0.4em;
  border: 2px solid var(--soft); border-radius: 3px; }
.key.active::before { background: var(--now); border-color: var(--now); }
.key.visited::before { border-color: var(--past); }
.key.taken::before, .key.enabled::before { border-width: 0 0 2px; border-radius: 0;
  height: 0.4em; vertical-align: 0.25em; }
.key.taken::before { border-color: var(--past); }
.key.enabled::before { border-color: var(--next); }
summary { cursor: pointer; font-size: 0.9rem; color: var(--soft); }
tr.active td:first-child { color: var(--link); font-weight: 700; }
@media (max-width: 44rem) {
  .chartbox svg.chart { max-width: none; margin: 0; }
}
`;
