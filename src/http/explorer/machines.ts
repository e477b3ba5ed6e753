/**
 * `/machines`: the machines of the relay, by state, status, people and words, a page at a time.
 *
 * The search is a form whose fields are the parameters of the API, so every page has an address.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Relay } from '../../relay.ts';
import { makeCursor, readCursor } from '../cursor.ts';
import { isProblem } from '../problem.ts';
import { machinesQuery } from '../queries.ts';
import { type Reply, readAs } from '../request.ts';
import { machineTable } from './machine-table.ts';
import { type Markup, showPage } from './page.ts';

const STATUSES = ['active', 'done', 'frozen', 'error'] as const;
const FIELDS: readonly (readonly [name: string, label: string, hint: string])[] = [
  ['q', 'words', 'title, description or id'],
  ['state', 'state', 'a or a.b'],
  ['type', 'takes now', 'an event type'],
  ['participant', 'takes part', 'npub or hex'],
  ['author', 'author', 'npub or hex'],
];

/** Shows a page of the machines that meet all conditions, newest activity first. */
export function showMachines(relay: Relay, context: Context): Reply | Promise<Reply> {
  // What is left empty in a form is not asked for.
  const asked = Object.entries(context.req.query()).filter(([, value]) => value !== '');
  const query = readAs(machinesQuery, Object.fromEntries(asked));
  if (isProblem(query)) return query;
  const { limit, cursor, ...filter } = query;
  const start = readCursor('machines', cursor, [Number.MAX_SAFE_INTEGER] as const);
  if (isProblem(start)) return start;
  // State and type are read from keeper snapshots, which are written when somebody asks.
  if (filter.state !== undefined || filter.type !== undefined) relay.keeper.flush();
  const page = relay.store.machineList.page(filter, { before: start[0], limit });
  const { isHidden } = relay.access.rules();
  const machines = page.machines.filter(({ id }) => !isHidden(id));
  const next = page.next === null ? null : makeCursor('machines', [page.next]);
  const given = new Map(asked);
  const main = html`<main id="main">
<h1>Machines</h1>
${searchForm(given)}
${machines.length > 0 ? machineTable(relay, machines, relay.now()) : html`<p class="soft">None${next === null ? '' : ' on this page'}.</p>`}
${next === null ? '' : html`<p><a rel="next" href="/machines?${moreQuery(given, next)}">more</a></p>`}
</main>`;
  return showPage(relay, context, { title: 'Machines', main });
}

function searchForm(given: ReadonlyMap<string, string>): Markup {
  return html`<form class="search" method="get" action="/machines" role="search">
${FIELDS.map(
  ([name, label, hint]) => html`<label>${label}
<input name="${name}" value="${given.get(name) ?? ''}" placeholder="${hint}" maxlength="100"></label>
`,
)}<label>status
<select name="status"><option value="">any status</option>${STATUSES.map(
    (status) =>
      html`<option ${given.get('status') === status ? 'selected' : ''}>${status}</option>`,
  )}</select></label>
<button>Search</button>
</form>`;
}

function moreQuery(given: ReadonlyMap<string, string>, cursor: string): string {
  return new URLSearchParams(
    [...given].filter(([name]) => name !== 'cursor').concat([['cursor', cursor]]),
  ).toString();
}
