/**
 * The stylesheet of the pages for people: small, light and dark, no fonts and no pictures.
 */

/** What `/style.css` answers. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1d2733, #d7dee6);
  --soft: light-dark(#5b6875, #93a0ad);
  --line: light-dark(#dde2e8, #2b343e);
  --paper: light-dark(#fbfcfd, #12171d);
  --panel: light-dark(#f1f4f7, #1a2129);
  --link: light-dark(#0b62a8, #7cc0ff);
  --now: light-dark(#0b62a8, #2f7fc4);
  --past: light-dark(#1c7a3d, #5fc486);
  --next: light-dark(#a85400, #f0a85a);
  --bad: light-dark(#b3261e, #ff8a80);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 72rem;
  padding: 1.25rem 1.25rem 4rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1rem; }
p { margin: 0.5rem 0; max-width: 44rem; overflow-wrap: anywhere; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: 0.875rem; }
pre {
  margin: 0.5rem 0;
  padding: 0.75rem 1rem;
  overflow-x: auto;
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 6px;
}
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.4rem 1.5rem; margin: 0; }
dt, th, .soft { color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { font-weight: normal; text-align: left; }
th, td { padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td code { overflow-wrap: anywhere; }
.context td:first-child { overflow-wrap: break-word; max-width: 12rem; }
.context td:first-child bdi { overflow-wrap: break-word; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-bottom: 2rem; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; }
:focus-visible { outline: 2px solid var(--next); outline-offset: 2px; }
h1 { overflow-wrap: anywhere; }
bdi { overflow-wrap: anywhere; }
button, input, select {
  font: inherit; color: inherit; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px; padding: 0.25rem 0.6rem; max-width: 100%;
}
button { cursor: pointer; }
button[hidden] { display: none; }
button.copy { font-size: 0.8rem; margin-bottom: 0.5rem; }
input[type=range] { padding: 0; width: 16rem; vertical-align: middle; }
form { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; margin: 1rem 0; }
form label { display: flex; flex-wrap: wrap; gap: 0 0.5rem; align-items: center; min-width: 0; }
form.search label { flex-direction: column; align-items: start; color: var(--soft); }
form.search input, form.search select { color: var(--ink); width: 11rem; }
.steps { display: flex; gap: 0.75rem; }
.state { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: baseline; }
code.now {
  font-size: 1.05rem; padding: 0.1rem 0.6rem; border-radius: 6px;
  color: #fff; background: var(--now); overflow-wrap: anywhere;
}
code.now.frozen, code.now.error { background: light-dark(#b3261e, #a8332b); }
code.event { font-weight: 700; }
.columns { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 0 2.5rem; }
.columns > * { min-width: 0; }
.columns h2 { margin-top: 1.25rem; }
#news.moved, #news.reorganised, #verified:not(:empty), #verdict:not(:empty) {
  padding: 0.4rem 0.8rem; border-left: 4px solid var(--past); background: var(--panel);
  overflow-wrap: anywhere;
}
#news.reorganised, #verified.invalid, #verdict.refused { border-color: var(--bad); }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center; }
.tall { max-height: 30rem; overflow: auto; }
tr.active td { color: var(--link); }
svg.chart { display: block; max-width: 100%; height: auto; }
svg.chart text { font: 11.5px ui-monospace, monospace; text-anchor: middle; fill: var(--ink); }
svg.chart text.event { font-weight: 700; }
svg.chart text.rule, svg.chart text.inner { fill: var(--soft); }
.chart .state rect { fill: var(--panel); stroke: var(--soft); }
.chart .state.compound > rect, .chart .state.parallel > rect { fill: none; stroke-dasharray: 4 3; }
.chart .state.visited rect { stroke: var(--past); stroke-width: 2; }
.chart .state.active rect { fill: var(--now); stroke: var(--now); stroke-width: 2; }
.chart .state.active rect.inside { stroke: #fff; stroke-width: 1; }
.chart .state.active text { fill: #fff; }
.chart .state.compound.active > rect, .chart .state.parallel.active > rect { fill: none; }
.chart .state.compound.active > text, .chart .state.parallel.active > text { fill: var(--ink); }
.chart rect.inside { fill: none; }
.chart circle.initial { fill: var(--ink); }
.chart .edge path { fill: none; stroke: var(--soft); }
.chart .edge.taken path { stroke: var(--past); stroke-width: 2; }
.chart .edge.enabled path { stroke: var(--next); stroke-width: 2; }
.chart .edge.enabled text.event { fill: var(--next); }
.chart marker path { fill: var(--soft); }
.chart marker.taken path { fill: var(--past); }
.chart marker.enabled path { fill: var(--next); }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.875rem; }
.key::before { content: ""; display: inline-block; width: 1em; height: 0.7em; margin-right: 0.4em;
  border: 2px solid var(--soft); border-radius: 3px; }
.key.active::before { background: var(--now); border-color: var(--now); }
.key.visited::before { border-color: var(--past); }
.key.taken::before { border-width: 0 0 2px; border-radius: 0; border-color: var(--past); }
.key.enabled::before { border-width: 0 0 2px; border-radius: 0; border-color: var(--next); }
.trail { list-style: none; margin: 0; padding: 0; font-size: 0.9rem; }
.trail li { display: flex; gap: 0.75rem; align-items: center; height: 30px; white-space: nowrap; }
.trail li > * { flex: none; overflow: hidden; text-overflow: ellipsis; }
.trail li.shown { background: var(--panel); }
.trail .height { width: 2.5rem; text-align: right; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.trail .what { width: 13rem; }
.trail .by { width: 10rem; }
.trail .verdict { flex: 1 1 0; min-width: 0; }
.trail bdi { overflow-wrap: normal; }
.trail .side, .trail .evidence { color: var(--soft); }
.trail .evidence .what { text-decoration: line-through; color: var(--bad); }
.lanes path { fill: none; stroke: var(--past); stroke-width: 2; }
.lanes path.off { stroke: var(--soft); stroke-dasharray: 3 2; }
.lanes circle { fill: var(--past); stroke: var(--past); stroke-width: 2; }
.lanes circle.off { fill: var(--paper); stroke: var(--soft); }
.figures { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; margin: 1.5rem 0; }
.figures dd { font-size: 1.5rem; font-variant-numeric: tabular-nums; margin: 0; }
.machines td { white-space: nowrap; }
.machines td:first-child { white-space: normal; min-width: 10rem; }
.machines td bdi { overflow-wrap: anywhere; white-space: normal; }
td.says { min-width: 16rem; }
td time, td .who { white-space: nowrap; }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.875rem; }
@media (max-width: 56rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .columns > :nth-child(1) { order: 2; }
}
@media (max-width: 44rem) {
  .trail time, .trail .by, .trail code { display: none; }
  .trail .what { width: 9rem; }
  .chartbox svg.chart { max-width: none; }
}
@media (max-width: 34rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.6rem; }
}
`;
