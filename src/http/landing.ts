/**
 * The page at `/` for browsers: what this relay is, what it takes, how to reach it, what is new.
 *
 * Made on the server and complete without script or style, so that it reads well in curl too. What
 * strangers wrote (titles, state names) goes through the template's escaping and nowhere else.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Config } from '../config.ts';
import type { Relay } from '../relay.ts';
import type { ListedMachine } from '../store/machine-list.ts';
import { SOFTWARE, VERSION } from '../version.ts';
import { supportedNips } from './info.ts';

const NEWEST = 20;
/** Values of states are cut to so many characters. */
const VALUE_MAX = 80;

/** Answers with the page. */
export async function showLanding(relay: Relay, context: Context): Promise<Response> {
  const { name, description } = relay.access.texts();
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>${name}</h1>
<p>${description || 'A Nostr relay that refuses state transitions a machine does not allow.'}</p>
</header>
${connectSection(relay)}
${policySection(relay)}
${machinesSection(relay)}
<footer>
<a href="${SOFTWARE}">Headkeeper</a> ${VERSION} · <a href="/api/v1/stats">figures</a> ·
<a href="/api/v1/refusals">refusals</a>
</footer>
</body>
</html>
`;
  return context.html(page);
}

function connectSection({ publicUrl, keeper }: Relay) {
  const web = publicUrl.replace(/^ws/, 'http').replace(/\/$/, '');
  const filter = JSON.stringify(['REQ', 'now', { kinds: [30078], authors: [keeper.pubkey] }]);
  return html`<section>
<h2>Connect</h2>
<p>Point any Nostr client at</p>
<pre>${publicUrl}</pre>
<p>This relay signs what it computes. The state of every machine, now and as it changes:</p>
<pre>${filter}</pre>
<p>The same over HTTP, with filters, history and dry runs:</p>
<pre>curl '${web}/api/v1/machines'
curl -H 'Accept: application/nostr+json' '${web}/'</pre>
</section>`;
}

function policySection({ config, machines }: Relay) {
  const rows = policyOf(config, machines.view.rules);
  return html`<section>
<h2>Policy</h2>
<dl>
${rows.map(([term, says]) => html`<dt>${term}</dt><dd>${says}</dd>\n`)}</dl>
</section>`;
}

function policyOf(config: Config, rules: { readonly name: string; readonly hash: string }) {
  const { kinds, access, machines, limits, pow, relay } = config;
  const allowed = [7500, 7501, 30078, 5, ...kinds.allow].join(', ');
  const authors = access.allowAuthors.length > 0 ? 'only those on its list' : 'anybody';
  const needsAuth = access.authRequired || access.authToWrite;
  const age = machines.transitionMaxAgeSeconds;
  const rows: readonly (readonly [string, string])[] = [
    ['Kinds', kinds.mode === 'strict' ? `only ${allowed}` : 'all; those of machines are judged'],
    ['Authors', needsAuth ? `${authors}, after AUTH (NIP-42)` : authors],
    ['Work', pow.minimumBits > 0 ? `${pow.minimumBits} bits (NIP-13)` : 'none'],
    ['Forks', machines.allowedForks.join(', ')],
    ['Clock', `60 s ahead at most${age > 0 ? `, ${age} s behind at most` : ''} for machines`],
    ['Largest event', `${limits.eventBytesMax.toLocaleString('en')} bytes`],
    ['Rule set', `${rules.name} (${rules.hash.slice(0, 16)})`],
    ['NIPs', supportedNips(config).join(', ')],
    ['Contact', relay.contact],
  ];
  return rows.filter(([, says]) => says !== '');
}

function machinesSection({ store, config, access }: Relay) {
  if (config.access.authRequired) return '';
  const newest = { before: Number.MAX_SAFE_INTEGER, limit: NEWEST };
  const { isHidden } = access.rules();
  const machines = store.machineList.page({}, newest).machines.filter(({ id }) => !isHidden(id));
  if (machines.length === 0) {
    return html`<section><h2>Machines</h2><p class="soft">None yet.</p></section>`;
  }
  return html`<section>
<h2>Machines, newest activity first</h2>
<div class="scroll"><table>
<thead><tr><th>machine</th><th>state</th><th>status</th><th>height</th><th>moved</th></tr></thead>
<tbody>
${machines.map(machineRow)}</tbody>
</table></div>
<p><a href="/api/v1/machines">all of them</a></p>
</section>`;
}

function machineRow({ id, title, value, status, height, updated_at }: ListedMachine) {
  const moved = new Date(updated_at * 1_000).toISOString();
  return html`<tr>
<td><a href="/api/v1/machines/${id}">${title || id.slice(0, 16)}</a></td>
<td><code>${cut(value.replace(/^"(.*)"$/, '$1'))}</code></td>
<td>${status}</td>
<td class="number">${height}</td>
<td><time datetime="${moved}">${moved.slice(0, 16).replace('T', ' ')}</time></td>
</tr>
`;
}

/** By characters, so that no pair of surrogates is torn apart. */
function cut(text: string): string {
  const characters = [...text.slice(0, 2 * (VALUE_MAX + 1))];
  return characters.length > VALUE_MAX ? `${characters.slice(0, VALUE_MAX).join('')}…` : text;
}
