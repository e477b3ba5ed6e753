/**
 * The stylesheet of the pages for people: light and dark, no fonts and no pictures.
 *
 * Here is what all pages share; colours, machines and charts have sheets of their own.
 */

import { CHART_STYLE } from './style-chart.ts';
import { COLOURS } from './style-colours.ts';
import { MACHINE_STYLE } from './style-machine.ts';

const SHARED = `* { box-sizing: border-box; }
body {
  margin: 0;
  padding: 0 max(1.25rem, (100vw - 74rem) / 2) 3rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1, h2, p, bdi, dd { overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1rem; line-height: 1.3; }
h3 { margin: 1.25rem 0 0.25rem; font-size: 0.95rem; font-weight: 600; }
p { margin: 0.5rem 0; max-width: 46rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.2em;
  text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); }
a:hover { text-decoration-color: currentColor; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.86rem; }
.soft, dt, th, .crumb { color: var(--soft); }
small { font-size: 0.85rem; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; }
:focus-visible { outline: 2px solid var(--next); outline-offset: 2px; }

.top {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1.75rem; align-items: center;
  margin: 0 calc(-1 * max(1.25rem, (100vw - 74rem) / 2)) 2rem;
  padding: 0.75rem max(1.25rem, (100vw - 74rem) / 2);
  background: var(--panel); border-bottom: 1px solid var(--line);
}
.top a { text-decoration: none; }
.brand { display: flex; gap: 0.5rem; align-items: center; color: var(--ink); font-weight: 650;
  overflow-wrap: anywhere; }
.brand img { flex: none; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; }
nav a { padding: 0.15rem 0; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--ink); border-color: var(--now); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
  color: var(--soft); font-size: 0.875rem; }
.crumb { margin: 0; font-size: 0.875rem; }
.lead { color: var(--soft); font-size: 1.05rem; }

.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
  padding: 1rem 1.25rem; }
.panel > h2:first-child { margin-top: 0; }
.badge {
  display: inline-block; padding: 0 0.55rem; border: 1px solid currentColor; border-radius: 99px;
  font-size: 0.8rem; line-height: 1.5; color: var(--soft); white-space: nowrap;
}
.badge.active { color: var(--link); }
.badge.done, .badge.final { color: var(--past); }
.badge.frozen, .badge.error { color: var(--bad); }
.badge.provisional { color: var(--next); }

.copybox { display: flex; gap: 0.5rem; align-items: center; margin: 0.5rem 0; }
pre {
  flex: 1; min-width: 0; margin: 0; padding: 0.65rem 0.9rem; overflow-x: auto;
  background: var(--well); border: 1px solid var(--line); border-radius: 8px;
}
.copybox button { flex: none; font-size: 0.8rem; }
button, input, select, textarea {
  font: inherit; color: inherit; background: var(--panel); max-width: 100%;
  border: 1px solid color-mix(in srgb, var(--soft) 45%, var(--line)); border-radius: 7px;
  padding: 0.3rem 0.7rem;
}
button { cursor: pointer; }
button:hover:enabled { border-color: var(--link); }
button:disabled { color: var(--soft); cursor: default; }
button.main { background: var(--now); border-color: var(--now); color: #fff; }
[hidden] { display: none !important; }
input::placeholder { color: color-mix(in srgb, var(--soft) 85%, transparent); }
form { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem; align-items: end; margin: 1rem 0; }
form.search label { display: flex; flex-direction: column; font-size: 0.875rem;
  color: var(--soft); flex: 1 1 9rem; min-width: 0; }
form.search input, form.search select { color: var(--ink); width: 100%; font-size: 1rem; }

dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.5rem; margin: 0; }
dd { margin: 0; min-width: 0; }
.scroll { overflow-x: auto; }
.tall { max-height: 30rem; overflow: auto; }
table { width: 100%; border-collapse: collapse; }
th { font-weight: normal; text-align: left; font-size: 0.85rem; white-space: nowrap; }
th, td { padding: 0.5rem 1rem 0.5rem 0; border-bottom: 1px solid var(--line);
  vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td time, td code, .who, .badge { white-space: nowrap; }
td code:has(bdi) { white-space: normal; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 0.75rem 2.5rem; margin: 1.5rem 0; }
.figures dt { font-size: 0.85rem; }
.figures dd { font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.empty { padding: 2rem; text-align: center; max-width: none; color: var(--soft);
  border: 1px dashed var(--line); border-radius: 10px; }
.more { margin: 1rem 0 0; }
.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem;
  align-items: start; margin-top: 1.25rem; }
.two > * { min-width: 0; }
.two > .panel, .two > div > .panel:first-child { margin-top: 0; }
.uplot { max-width: 100%; }
.u-legend th, .u-legend td { border: 0; padding: 0.1rem 0.3rem; font-size: 0.8rem; }
.curve { min-height: 200px; }
.curve h2 { font-size: 0.95rem; margin-bottom: 0.5rem; }

@media (max-width: 56rem) {
  .two { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 44rem) {
  body { padding-inline: 1rem; }
  .top { margin-inline: -1rem; padding-inline: 1rem; margin-bottom: 1.25rem; }
  .panel { padding: 0.9rem 1rem; }
  h1 { font-size: 1.5rem; }
  /* A table of many columns becomes a list: each cell says what it is. */
  table.stack, .stack tbody, .stack tr, .stack td { display: block; width: auto; }
  .stack thead { position: absolute; left: -99rem; }
  .stack tr { padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
  .stack tr:last-child { border-bottom: 0; }
  .stack td { display: flex; gap: 0.75rem; padding: 0.1rem 0; border: 0; text-align: left;
    overflow-wrap: anywhere; }
  .stack td > * { min-width: 0; }
  .stack td:not([data-label]) { font-weight: 600; }
  .stack td[data-label]::before { content: attr(data-label); flex: 0 0 5.5rem;
    color: var(--soft); font-size: 0.85rem; }
}
@media (max-width: 34rem) {
  dl:not(.figures) { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl:not(.figures) > dd { margin-bottom: 0.6rem; }
}
@media (prefers-reduced-motion: no-preference) {
  code.now, .chart .state rect { transition: background-color 0.3s, fill 0.3s; }
}
`;

/** What `/style.css` answers. */
export const STYLE = COLOURS + SHARED + MACHINE_STYLE + CHART_STYLE;
