/**
 * `/refusals`: what was refused lately, by whom and why; `/problems/{code}`: what a code means and
 * what its sender can do.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import { REFUSALS, type RefusalCode } from '../../refusal.ts';
import type { Relay } from '../../relay.ts';
import type { RefusalRow } from '../../store/refusals.ts';
import { makeCursor, readCursor } from '../cursor.ts';
import { isProblem, problem } from '../problem.ts';
import { refusalsQuery } from '../queries.ts';
import { type Reply, readAs } from '../request.ts';
import { personOf } from './names.ts';
import { ago, isolated, type Markup, shortId, showPage } from './page.ts';

const REMEDIES = {
  fix: 'Sign another event; this one will not be taken.',
  rebase: 'Fetch the head named in the message and sign again on top of it.',
  resend: 'Send the same bytes later.',
  auth: 'Authenticate (NIP-42), then send the same bytes again.',
  none: 'Give up; nothing the sender can do helps.',
} as const;

const SCOPES = {
  everywhere: 'Every conforming relay refuses it, for ever.',
  chain: 'Whoever sees the machine as this relay does now refuses it.',
  here: 'Perhaps only this relay refuses it: its policy, its abilities or its load.',
} as const;

/** Shows a page of remembered refusals, newest first. */
export function showRefusals(relay: Relay, context: Context): Reply | Promise<Reply> {
  const query = readAs(refusalsQuery, context.req.query());
  if (isProblem(query)) return query;
  const { limit, cursor, machine, code } = query;
  const start = readCursor('refusals', cursor, [Number.MAX_SAFE_INTEGER] as const);
  if (isProblem(start)) return start;
  const rows = relay.store.refusals.list({ machine, code, before: start[0], limit: limit + 1 });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const { isHidden } = relay.access.rules();
  const shown = rows
    .slice(0, limit)
    .filter((row) => row.machine === null || !isHidden(row.machine.toString('hex')));
  const given = { ...(machine && { machine }), ...(code && { code }) };
  const next = last && new URLSearchParams({ ...given, cursor: makeCursor('refusals', [last.n]) });
  const asWhat = code === undefined ? '' : html` as ${codeLink(code)}`;
  const ofWhat = machine === undefined ? '' : html` of ${machineNamed(relay, machine)}`;
  const all = Object.keys(given).length === 0 ? '' : html` <a href="/refusals">Show all.</a>`;
  const older =
    next &&
    html`<p class="more"><a rel="next" href="/refusals?${next.toString()}">older
</a></p>`;
  const main = html`<main id="main" ${cursor === undefined ? 'data-refresh="5"' : ''}>
<h1>Refusals</h1>
<p class="lead">Signed events about machines that were refused lately${asWhat}${ofWhat}, and
why.${all}</p>
<section class="panel" data-part="refusals" aria-label="Refused events">
${shown.length === 0 ? html`<p class="soft">None.</p>` : refusalTable(relay, shown)}
${older ?? ''}</section>
</main>`;
  return showPage(relay, context, { title: 'Refusals', main });
}

function refusalTable(relay: Relay, rows: readonly RefusalRow[]): Markup {
  const now = relay.now();
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Refusals">
<table class="refusals stack">
<thead><tr><th>code</th><th>what was said</th><th>by</th><th>machine</th><th>event</th>
<th>when</th></tr></thead>
<tbody>
${rows.map(({ id, machine, author, code, message, at }) => {
  const about = machine === null ? '' : machineLink(machine.toString('hex'));
  return html`<tr><td>${codeLink(code)}</td>
<td data-label="said">${isolated(saidOf(message, code), 300)}</td>
<td data-label="by">${personOf(relay, author.toString('hex'))}</td>
<td data-label="machine">${about}</td>
<td data-label="event">${shortId(id.toString('hex'))}</td>
<td data-label="when">${ago(at, now)}</td></tr>
`;
})}</tbody></table></div>`;
}

/** A message without its prefix and code, which stand beside it. */
function saidOf(message: string, code: string): string {
  const at = message.indexOf(`${code}: `);
  return at < 0 ? message : message.slice(at + code.length + 2);
}

/** A machine that was asked for, if it is here for everybody. */
function machineNamed({ store, access }: Relay, id: string): Markup {
  const found = store.events.find(id);
  const isHosted = found !== undefined && store.machines.find(found.n) !== undefined;
  if (!isHosted || access.rules().isHidden(id)) return html`a machine that is not here`;
  return html`machine ${machineLink(id)}`;
}

const machineLink = (id: string) => html`<a href="/machines/${id}">${shortId(id)}</a>`;

const codeLink = (code: string) => html`<a href="/problems/${code}"><code>${code}</code></a>`;

/** Explains a code. */
export function showCode(relay: Relay, context: Context): Reply | Promise<Reply> {
  const code = context.req.param('code') ?? '';
  if (!isCode(code)) return problem('not-found', 'no event is refused with this code');
  const { prefix, remedy, scope, says } = REFUSALS[code];
  const main = html`<main id="main">
<p class="crumb"><a href="/refusals">Refusals</a> / code</p>
<h1>${code}</h1>
<p class="lead">${says}.</p>
<dl class="panel">
<dt>what to do</dt><dd>${REMEDIES[remedy]}</dd>
<dt>who refuses</dt><dd>${SCOPES[scope]}</dd>
<dt>prefix</dt><dd><code>${prefix}</code></dd>
</dl>
<p><a href="/refusals?code=${code}">Events that were refused with it lately</a></p>
</main>`;
  return showPage(relay, context, { title: code, main });
}

const isCode = (code: string): code is RefusalCode => Object.hasOwn(REFUSALS, code);
