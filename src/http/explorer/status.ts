/**
 * `/status`: the relay as its operators see it. For the machine it runs on, and for those who
 * manage it and sign the request (NIP-98); others see how to.
 *
 * The figures are text; the curves are data in an attribute, which the script draws.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Curves, Sample } from '../../metrics/curves.ts';
import type { Relay } from '../../relay.ts';
import { VERSION } from '../../version.ts';
import { authorise, isLocal } from '../operators.ts';
import type { Answer } from '../request.ts';
import { ago, type Markup, showPage } from './page.ts';

const PATH = '/status';

/** Columns of the curves, in the order in which the script expects them. */
const COLUMNS: readonly (keyof Sample)[] = [
  ...(['at', 'stored', 'refused', 'answerMedian', 'answer99th', 'database', 'log'] as const),
  ...(['pendingEvents', 'pendingSignatures', 'connections', 'streams', 'busy'] as const),
];

/** Shows the status of a relay with these curves. */
export function statusOf(curves: Curves): Answer {
  return async (relay, context) => {
    const wrong = isLocal(context) ? undefined : await reasonAgainst(relay, context);
    const shown = { title: 'Status', scripts: ['status'], styles: ['/assets/uplot.css'] };
    const main = wrong === undefined ? statusMain(relay, curves) : closedMain(relay, wrong);
    // Pages of others, open in an operator's browser, must not read what only he may.
    context.header('Access-Control-Allow-Origin', originOf(relay));
    return showPage(relay, context, { ...shown, main });
  };
}

const originOf = ({ publicUrl }: Relay): string => new URL(publicUrl.replace(/^ws/, 'http')).origin;

async function reasonAgainst(relay: Relay, context: Context): Promise<string | undefined> {
  const url = `${relay.publicUrl.replace(/\/+$/, '')}${PATH}`;
  const auth = await authorise(relay, context, { url, method: 'GET', payload: undefined });
  return typeof auth === 'string' ? auth : undefined;
}

function closedMain({ publicUrl }: Relay, wrong: string): Markup {
  const url = `${publicUrl.replace(/^ws/, 'http').replace(/\/+$/, '')}${PATH}`;
  return html`<main id="main" data-closed="${url}">
<h1>Status</h1>
<p class="lead">For the machine that the relay runs on, and for those who manage it.</p>
<p class="actions"><button type="button" class="main" id="sign" hidden>Sign in with your key
</button></p>
<p class="soft" id="why" role="status">${wrong}</p>
<noscript><p>Without script: ask with a signed <code>Authorization</code> header, or from the
machine itself.</p></noscript>
</main>`;
}

function statusMain(relay: Relay, curves: Curves): Markup {
  const samples = curves.samples();
  const columns = COLUMNS.map((name) => samples.map((sample) => sample[name]));
  return html`<main id="main" data-status>
<h1>Status</h1>
<section data-part="figures" aria-label="Figures">${figures(relay)}</section>
<noscript><p class="soft">Curves of the last hour take a script.</p></noscript>
<div class="two" id="curves"></div>
<div data-part="samples" data-samples="${JSON.stringify(columns)}"></div>
<div class="two">
<section class="panel" data-part="refusals" aria-labelledby="h-refusals">
<h2 id="h-refusals">Refused since the start</h2>${refusalReasons(relay)}</section>
<section class="panel" data-part="parts" aria-labelledby="h-parts">
<h2 id="h-parts">Parts</h2>${parts(relay)}</section>
</div>
</main>`;
}

function figures(relay: Relay): Markup {
  const { store, connections, streams, subscriptions, isReady } = relay;
  const nowMs = performance.now();
  const totals = store.totals(nowMs);
  const rows: readonly (readonly [string, string])[] = [
    ['takes writes', isReady() ? 'yes' : 'no'],
    ['events', count(totals.events)],
    ['machines', count(totals.machines)],
    ['transitions', count(totals.transitions)],
    ['connections', count(connections.size)],
    ['subscriptions', count(subscriptions.count())],
    ['followers', count(streams.size)],
    ['database', bytes(totals.database_bytes)],
    ['write-ahead log', bytes(store.logBytes())],
    ['memory', bytes(process.memoryUsage().rss)],
  ];
  return html`<dl class="figures">${rows.map(
    ([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

function refusalReasons({ counters }: Relay): Markup {
  const reasons = [...counters.refused].sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return html`<p class="soft">Nothing.</p>`;
  return html`<table><tbody>${reasons.map(
    ([code, times]) => html`<tr><td><a href="/problems/${code}"><code>${code}</code></a></td>
<td class="number">${count(times)}</td></tr>`,
  )}</tbody></table>`;
}

function parts(relay: Relay): Markup {
  const { pool, intake, pending, upkeep, probe, machines, store, config, now } = relay;
  const { rules } = machines.view;
  const backup = upkeep.backups.lastAt();
  const { passed, seconds } = probe.last();
  const free = upkeep.disk.freeBytes();
  const byStatus = store.machineCounts(performance.now());
  const started = now() - Math.round(process.uptime());
  const rows: readonly (readonly [string, Markup | string])[] = [
    ['version', VERSION],
    ['process started', ago(started, now())],
    ['rule set', html`${rules.name} <code>${rules.hash.slice(0, 16)}</code>`],
    ['signatures', `checked by ${pool.backend}, ${count(pool.pending)} waiting`],
    ['events', `${count(intake.pending())} waiting, ${count(pending.size().events)} held`],
    ['machines', byStatus.map(({ status, machines: n }) => `${count(n)} ${status}`).join(', ')],
    ['free on disk', free === undefined ? 'unknown' : bytes(free)],
    ['last backup', backup === undefined ? 'none' : ago(backup, now())],
    ['backups', config.backup.folder === '' ? 'not scheduled' : `to ${config.backup.folder}`],
    ['last probe', `${passed ? 'came through' : 'FAILED'}, ${Math.round(seconds * 1_000)} ms`],
  ];
  return html`<dl>${rows.map(
    ([term, says]) => html`<dt>${term}</dt><dd>${says}</dd>
`,
  )}</dl>`;
}

const count = (n: number): string => n.toLocaleString('en');

function bytes(n: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, n)) / 10));
  const value = n / 1_024 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power]}`;
}
