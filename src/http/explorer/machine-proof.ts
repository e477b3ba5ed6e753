/**
 * Why anybody should believe the page: finality, what custodians have signed beside what was
 * computed here, freezes, and the bundle that shows it all without this relay.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import { SNAPSHOT_KIND } from '../../nsm/kinds.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import type { stateAnswer } from '../state.ts';
import { personOf } from './names.ts';
import { copyable, type Markup, moment, shortId } from './page.ts';

const SNAPSHOTS_MAX = 20;

const FINALITY = {
  final: 'Final: the custodian endorsed it, and it cannot be taken back.',
  provisional: 'Provisional: another branch may still win.',
  local: 'Local: the order is the word of this relay; nobody else has endorsed it.',
} as const;

/** What makes a state more than a claim. */
export function proofSection(
  relay: Relay,
  machine: StoredMachine,
  { finality, final_height: finalHeight, state_hash: hash }: ReturnType<typeof stateAnswer>,
): Markup {
  const { definition, frozen } = machine;
  const cause = frozen
    ? html`<p><b>Frozen</b> (${frozen.cause}) at ${frozen.at === null ? 'the initial state' : shortId(frozen.at)}.</p>`
    : '';
  return html`${cause}<p>${FINALITY[finality]}${
    finalHeight === null ? '' : html` Endorsed up to height ${finalHeight}.`
  }</p>
<p>State hash, computed here: <code>${hash}</code></p>
${snapshotTable(relay, machine)}
<p class="actions"><a href="/api/v1/machines/${definition.id}/proof" download="${definition.id.slice(0, 16)}.jsonl">Download the proof</a>
<button type="button" id="verify" hidden>Verify in my browser</button></p>
<div id="verified" role="status" aria-live="polite"></div>`;
}

/** Snapshots that equal the computed state, and those that do not. */
function snapshotTable({ store, ...rest }: Relay, { n }: StoredMachine): Markup {
  const relay = { store, ...rest };
  const right = store.machineLog.endorsements(n, SNAPSHOTS_MAX).map((row) => ({
    id: row.snapshot.toString('hex'),
    by: row.pubkey.toString('hex'),
    of: row.head?.toString('hex') ?? null,
    at: row.created_at,
    agrees: true,
  }));
  const wrong = store.evidence
    .list(n)
    .filter(({ kind }) => kind === SNAPSHOT_KIND)
    .map((row) => ({
      id: row.id.toString('hex'),
      by: row.author.toString('hex'),
      of: row.prior?.toString('hex') ?? null,
      at: row.created_at,
      agrees: false,
    }));
  const rows = [...right, ...wrong].sort((a, b) => b.at - a.at).slice(0, SNAPSHOTS_MAX);
  if (rows.length === 0) return html`<p class="soft">No custodian has signed a snapshot.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Snapshots"><table>
<thead><tr><th>snapshot</th><th>by</th><th>of</th><th>when</th><th>beside what was computed here</th></tr></thead>
<tbody>
${rows.map(
  ({ id, by, of, at, agrees }) => html`<tr><td>${shortId(id)}</td><td>${personOf(relay, by)}</td>
<td>${of === null ? 'the initial state' : shortId(of)}</td><td>${moment(at)}</td>
<td>${agrees ? 'equal' : html`<b>different</b>: kept as evidence`}</td></tr>
`,
)}</tbody></table></div>`;
}

/** How programs get what the page shows. */
export function askSection(
  { publicUrl, keeper }: Relay,
  { definition, head }: StoredMachine,
  node: StateNode,
): Markup {
  const { id } = definition;
  const web = publicUrl.replace(/^ws/, 'http').replace(/\/$/, '');
  const at = node.id === head.id ? '' : `?at=${node.id ?? id}`;
  const filter = { kinds: [SNAPSHOT_KIND], authors: [keeper.pubkey], '#e': [id] };
  return html`<p>Its state, now and as it changes, from ${publicUrl}:</p>
${copyable(JSON.stringify(['REQ', 'state', filter]))}
<p>Its transitions:</p>
${copyable(JSON.stringify(['REQ', 'moves', { kinds: [7501], '#e': [id] }]))}
<p>Over HTTP:</p>
${copyable(`curl '${web}/api/v1/machines/${id}/state${at}'`)}
${copyable(`curl '${web}/api/v1/machines/${id}/proof' > proof.jsonl && headkeeper verify proof.jsonl`)}`;
}
