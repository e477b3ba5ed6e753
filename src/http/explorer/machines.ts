/**
 * `/machines`: the machines of the relay, by state, status, people and words, a page at a time.
 *
 * The search is a form whose fields are the parameters of the API, so every page has an address.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Relay } from '../../relay.ts';
import { pageOfMachines } from '../machines.ts';
import { isProblem } from '../problem.ts';
import { machinesQuery } from '../queries.ts';
import { type Reply, readAs } from '../request.ts';
import { machineTable } from './machine-table.ts';
import { type Markup, showPage } from './page.ts';

const STATUSES = ['active', 'done', 'frozen', 'error'] as const;
const FIELDS: readonly (readonly [name: string, label: string, hint: string])[] = [
  ['q', 'words', 'title or id'],
  ['state', 'state', 'a or a.b'],
  ['type', 'takes now', 'event type'],
  ['participant', 'takes part', 'npub or hex'],
  ['author', 'author', 'npub or hex'],
];

/** Shows a page of the machines that meet all conditions, newest activity first. */
export async function showMachines(relay: Relay, context: Context): Promise<Reply> {
  // What is left empty in a form is not asked for.
  const asked = Object.entries(context.req.query()).filter(([, value]) => value.trim() !== '');
  const trimmed = asked.map(([name, value]) => [name, value.trim()] as const);
  const query = readAs(machinesQuery, Object.fromEntries(trimmed));
  if (isProblem(query)) return query;
  const page = await pageOfMachines(relay, query);
  if (isProblem(page)) return page;
  const { machines, next } = page;
  const given = new Map(trimmed);
  const isFirst = query.cursor === undefined;
  const main = html`<main id="main" ${isFirst ? 'data-refresh="5"' : ''}>
<h1>Machines</h1>
${searchForm(given)}
<section class="panel" data-part="machines" aria-label="Machines that were found">
${
  machines.length > 0
    ? machineTable(relay, machines, relay.now())
    : html`<p class="soft">None${next === null ? '' : ' on this page'}.</p>`
}
${next === null ? '' : moreLink(given, next)}</section>
</main>`;
  return showPage(relay, context, { title: 'Machines', main });
}

function searchForm(given: ReadonlyMap<string, string>): Markup {
  const field = ([name, label, hint]: (typeof FIELDS)[number]) => html`<label>${label}
<input name="${name}" value="${given.get(name) ?? ''}"
 placeholder="${hint}" maxlength="100"></label>
`;
  const option = (status: string) =>
    html`<option ${given.get('status') === status ? 'selected' : ''}>${status}</option>`;
  const clear = given.size === 0 ? '' : html`<a href="/machines">clear</a>`;
  return html`<form class="search" method="get" action="/machines" role="search">
${FIELDS.map(field)}<label>status
<select name="status"><option value="">any</option>${STATUSES.map(option)}</select></label>
<button class="main">Search</button> ${clear}
</form>`;
}

function moreLink(given: ReadonlyMap<string, string>, cursor: string): Markup {
  const others = [...given].filter(([name]) => name !== 'cursor');
  const query = new URLSearchParams(others.concat([['cursor', cursor]])).toString();
  return html`<p class="more"><a rel="next" href="/machines?${query}">more</a></p>`;
}
