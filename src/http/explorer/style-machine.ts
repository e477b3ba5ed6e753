/**
 * The stylesheet of a machine's page: where it is, how to go back in time, its trail.
 */

/** Rules that only pages of machines and of play need. */
export const MACHINE_STYLE = `
p.state { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center;
  margin: 0.75rem 0 0; max-width: none; }
code.now {
  font-size: 1.1rem; line-height: 1.4; padding: 0.2rem 0.8rem; border-radius: 7px;
  color: #fff; background: var(--now); overflow-wrap: anywhere;
}
code.now.frozen, code.now.error { background: light-dark(#b3261e, #a8332b); }
.past-note { margin: 0.75rem 0 0; padding: 0.4rem 0.9rem; border-left: 4px solid var(--next);
  background: var(--panel); }
#news p { margin: 0.5rem 0 0; max-width: none; }
#news p:not(:first-child) { opacity: 0.6; }
#news p, #verified:not(:empty) { padding: 0.4rem 0.9rem; background: var(--well);
  border-left: 4px solid var(--past); overflow-wrap: anywhere; }
#verified { margin-top: 0.75rem; }
#news .reorganised, #news .refused, #news .frozen, #verified.invalid { border-color: var(--bad); }
#verified.busy, #verified.unknown-rules { border-color: var(--next); }

.travel { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center;
  margin: 1.25rem 0; padding: 0.5rem 1.25rem; }
.travel .steps { display: flex; gap: 0.25rem; }
.travel .steps > * { padding: 0.15rem 0.6rem; border: 1px solid var(--line); border-radius: 7px;
  text-decoration: none; }
.travel .steps > a:hover { border-color: var(--link); }
.travel .steps > span { color: var(--soft); opacity: 0.6; }
.travel label { display: flex; gap: 1rem; align-items: center; flex: 1 1 16rem; min-width: 0; }
.travel input[type=range] { flex: 1; min-width: 4rem; padding: 0; accent-color: var(--now); }
.travel .where { white-space: nowrap; font-variant-numeric: tabular-nums; }

.columns { display: grid; gap: 1.25rem; align-items: start;
  grid-template: "chart next" auto "chart context" auto "chart event" 1fr
    / minmax(0, 1.2fr) minmax(0, 1fr); }
.columns.wide { grid-template: "next event" auto "chart chart" auto "context context" auto
    / minmax(0, 1fr) minmax(0, 1fr); }
.columns > [data-part=chart] { grid-area: chart; }
.columns > [data-part=next] { grid-area: next; }
.columns > [data-part=context] { grid-area: context; }
.columns > [data-part=event] { grid-area: event; }
.columns > :empty { display: none; }
section[data-part=next] { border-top: 3px solid var(--next); }
.next td:first-child { padding-right: 1.5rem; max-width: 14rem; }
td:first-child, td:first-child bdi { overflow-wrap: break-word; }
code.event { font-weight: 700; font-size: 0.95rem; }
td code.event { white-space: normal; }
.guards { display: block; overflow-wrap: anywhere; }
.context td:first-child { overflow-wrap: break-word; max-width: 11rem; }
.origin { white-space: nowrap; }
section[data-part], section.panel { margin-top: 1.25rem; }
.columns > section[data-part] { margin-top: 0; }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center;
  margin: 1rem 0 0; }
.hash { overflow-wrap: anywhere; }

.trail { list-style: none; margin: 0; padding: 0; font-size: 0.92rem; }
.trail li { display: flex; gap: 0.75rem; align-items: center; height: 30px; white-space: nowrap;
  border-radius: 6px; }
.trail li > * { flex: none; overflow: hidden; text-overflow: ellipsis; }
.trail li.shown { background: var(--well); }
.trail .height { width: 2.5rem; text-align: right; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.trail .what { width: 13rem; font-weight: 550; }
.trail .by { width: 10rem; }
.trail time { color: var(--soft); }
.trail .verdict { flex: 1 1 0; min-width: 0; }
.trail bdi { overflow-wrap: normal; }
.trail .side, .trail .evidence { color: var(--soft); }
.trail .evidence .what { text-decoration: line-through; color: var(--bad); }
.trail li.fresh { animation: arrive 2.5s; }
@keyframes arrive { from { background: color-mix(in srgb, var(--past) 30%, transparent); } }
.lanes path { fill: none; stroke: var(--past); stroke-width: 2; }
.lanes path.off { stroke: var(--soft); stroke-dasharray: 3 2; }
.lanes circle { fill: var(--past); stroke: var(--past); stroke-width: 2; }
.lanes circle.off { fill: var(--paper); stroke: var(--soft); }

.story { list-style: none; margin: 0; padding: 0; counter-reset: step; }
.story li { display: grid; grid-template-columns: 1.75rem minmax(0, 1fr); gap: 0 0.75rem;
  padding: 0.55rem 0; border-bottom: 1px solid var(--line); }
.story li::before { counter-increment: step; content: counter(step); color: var(--soft);
  text-align: right; font-variant-numeric: tabular-nums; }
.story li:last-child { border-bottom: 0; }
.story li > * { grid-column: 2; margin: 0; }
.story li[data-done] .who { font-weight: 600; }
.story li[aria-current] { background: var(--well); box-shadow: -0.75rem 0 0 var(--well),
  0.75rem 0 0 var(--well); }
.verdict-line { font-family: ui-monospace, monospace; font-size: 0.82rem;
  overflow-wrap: anywhere; }
.verdict-line.yes { color: var(--past); }
.verdict-line.no { color: var(--bad); }
.parts { display: grid; gap: 0.6rem; margin-bottom: 1rem; }
.parts > div { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 0.75rem;
  align-items: baseline; }
.moves { display: flex; flex-wrap: wrap; gap: 0.4rem; }
.moves button.no { color: var(--soft); }
.moves button { font-family: ui-monospace, monospace; font-size: 0.82rem; }
.moves button.depends { border-style: dashed; }
textarea { width: 100%; min-height: 3.5rem; font-family: ui-monospace, monospace;
  font-size: 0.86rem; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr));
  gap: 1rem; list-style: none; margin: 1.5rem 0 0; padding: 0; }
.examples h2 { margin: 0 0 0.25rem; }
.examples p { color: var(--soft); font-size: 0.92rem; }

@media (max-width: 56rem) {
  .columns, .columns.wide { grid-template: "next" auto "chart" auto "context" auto "event" auto
      / minmax(0, 1fr); }
}
@media (max-width: 44rem) {
  .travel { padding: 0.6rem 1rem; }
  .next td:first-child { max-width: none; padding-right: 0.75rem; }
  .next td, .next td:first-child, .next td:first-child bdi { overflow-wrap: anywhere; }
  .next .who { white-space: normal; }
  .trail time, .trail .by, .trail code { display: none; }
  .trail .what { width: auto; max-width: 9rem; }
  .trail .height { width: 1.75rem; }
  .trail .verdict { font-size: 0.85em; }
}
@media (prefers-reduced-motion: reduce) {
  .trail li.fresh { animation: none; }
}
`;
