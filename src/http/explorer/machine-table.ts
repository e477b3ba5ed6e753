/**
 * Machines as rows of a table: where each is, who takes part, how old it is.
 */
import { html } from 'hono/html';
import type { StateValue } from '../../nsm/canonical.ts';
import type { Relay } from '../../relay.ts';
import type { ListedMachine } from '../../store/machine-list.ts';
import { peopleOf } from './names.ts';
import { ago, isolated, type Markup, shortId, stateName } from './page.ts';

const PEOPLE_MAX = 2;
/** Values of states are cut to so many characters. */
const VALUE_MAX = 80;

/** The table of listed machines, as of a time in Unix seconds. */
export function machineTable(
  relay: Relay,
  machines: readonly ListedMachine[],
  now: number,
): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Machines">
<table class="machines stack">
<thead><tr><th>machine</th><th>state</th><th>status</th><th class="number">height</th>
<th>head</th><th>takes part</th><th>moved</th></tr></thead>
<tbody>
${machines.map((machine) => row(relay, machine, now))}</tbody>
</table></div>`;
}

function row(relay: Relay, machine: ListedMachine, now: number): Markup {
  const { n, id, title, value, status, height, head, updated_at: updatedAt } = machine;
  const state = stateName(JSON.parse(value) as StateValue);
  return html`<tr>
<td><a href="/machines/${id}">${title ? isolated(title) : id.slice(0, 16)}</a></td>
<td data-label="state"><code>${isolated(state, VALUE_MAX)}</code></td>
<td data-label="status"><span class="badge ${status}">${status}</span></td>
<td data-label="height" class="number">${height}</td>
<td data-label="head">${head === null ? '–' : shortId(head)}</td>
<td data-label="takes part"><span>${peopleOf(relay, n, PEOPLE_MAX)}</span></td>
<td data-label="moved">${ago(updatedAt, now)}</td>
</tr>
`;
}
