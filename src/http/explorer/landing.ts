/**
 * The page at `/` for browsers: what this relay is, what it takes, how to reach it, what is new.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Config } from '../../config.ts';
import type { Relay } from '../../relay.ts';
import { supportedNips } from '../info.ts';
import { machineTable } from './machine-table.ts';
import { copyable, type Markup, showPage } from './page.ts';

const NEWEST = 10;
const PURPOSE = 'A Nostr relay that refuses state transitions a machine does not allow.';

/** Shows what the relay is. */
export function showLanding(relay: Relay, context: Context): Promise<Response> {
  const { name, description } = relay.access.texts();
  const main = html`<main id="main" data-refresh="3">
<header>
<h1>${name}</h1>
<p class="lead">${description || PURPOSE}</p>
</header>
${countersSection(relay)}
${machinesSection(relay)}
<div class="two">
${connectSection(relay)}
${policySection(relay)}
</div>
</main>`;
  return showPage(relay, context, { title: name, main });
}

/** What the relay holds and has done since its start. */
function countersSection({ store, counters, connections, config }: Relay): Markup | string {
  if (config.access.authRequired) return '';
  const { machines, transitions } = store.totals(performance.now());
  const refused = [...counters.refused.values()].reduce((sum, count) => sum + count, 0);
  const figures: readonly (readonly [string, number])[] = [
    ['machines', machines],
    ['transitions', transitions],
    ['accepted', counters.accepted],
    ['refused', refused],
    ['connections', connections.size],
  ];
  return html`<dl class="figures" data-part="figures">${figures.map(
    ([label, count]) => html`<div><dt>${label}</dt><dd>${count.toLocaleString('en')}</dd></div>`,
  )}</dl>`;
}

function connectSection({ publicUrl, keeper }: Relay) {
  const web = publicUrl.replace(/^ws/, 'http').replace(/\/$/, '');
  const filter = JSON.stringify(['REQ', 'now', { kinds: [30078], authors: [keeper.pubkey] }]);
  return html`<section class="panel">
<h2>Connect</h2>
<p>Point any Nostr client at</p>
${copyable(publicUrl)}
<p>This relay signs what it computes. The state of every machine, now and as it changes:</p>
${copyable(filter)}
<p>The same over HTTP, with filters, history and dry runs:</p>
${copyable(`curl '${web}/api/v1/machines'`)}
${copyable(`curl -H 'Accept: application/nostr+json' '${web}/'`)}
</section>`;
}

function policySection({ config, machines }: Relay) {
  const rows = policyOf(config, machines.view.rules);
  return html`<section class="panel">
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

function machinesSection(relay: Relay): Markup | string {
  const { store, config, access, now } = relay;
  if (config.access.authRequired) return '';
  const newest = { before: Number.MAX_SAFE_INTEGER, limit: NEWEST };
  const { isHidden } = access.rules();
  const machines = store.machineList.page({}, newest).machines.filter(({ id }) => !isHidden(id));
  if (machines.length === 0) {
    return html`<section data-part="machines"><p class="empty">None yet. The first definition that
is published here shows up at once.</p></section>`;
  }
  return html`<section class="panel" data-part="machines">
<h2>Newest activity</h2>
${machineTable(relay, machines, now())}
<p class="more"><a href="/machines">All machines</a></p>
</section>`;
}
