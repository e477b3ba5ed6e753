/**
 * Why anybody should believe the page: finality, what custodians have signed beside what was
 * computed here, freezes, and the bundle that shows it all without this relay.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import { SNAPSHOT_KIND, TRANSITION_KIND } from '../../nsm/kinds.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import type { stateAnswer } from '../state.ts';
import { FINALITY } from './machine-head.ts';
import { personOf } from './names.ts';
import { copyable, type Markup, moment, shortId } from './page.ts';

const SNAPSHOTS_MAX = 20;

/** What makes a state more than a claim. */
export function proofSection(
  relay: Relay,
  machine: StoredMachine,
  { finality, final_height: finalHeight, state_hash: hash }: ReturnType<typeof stateAnswer>,
): Markup {
  const { frozen } = machine;
  const stop = frozen?.at ? shortId(frozen.at) : 'the initial state';
  const cause = frozen ? html`<p><b>Frozen</b> (${frozen.cause}) at ${stop}.</p>` : '';
  const endorsed = finalHeight === null ? '' : html` Endorsed up to height ${finalHeight}.`;
  return html`${cause}<p><span class="badge ${finality}">${finality}</span>
${FINALITY[finality]}${endorsed}</p>
<p class="hash">State hash, computed here: <code>${hash}</code></p>
${snapshotTable(relay, machine)}`;
}

/** The bundle to take away, and the button of who does not even trust what verifies it. */
export function verifySection({ definition: { id } }: StoredMachine): Markup {
  return html`<p class="actions">
<button type="button" class="main" id="verify" hidden>Verify in my browser</button>
<a href="/api/v1/machines/${id}/proof" download="${id.slice(0, 16)}.jsonl">Download the proof</a>
</p>
<div id="verified" role="status" aria-live="polite"></div>`;
}

/** Snapshots that equal the computed state, and those that do not. */
function snapshotTable(relay: Relay, { n }: StoredMachine): Markup {
  const { store } = relay;
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
  return html`<h3>Snapshots beside what was computed here</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Snapshots"><table class="stack">
<thead><tr><th>snapshot</th><th>by</th><th>of</th><th>when</th><th>is</th></tr></thead>
<tbody>
${rows.map(
  ({ id, by, of, at, agrees }) => html`<tr><td>${shortId(id)}</td>
<td data-label="by">${personOf(relay, by)}</td>
<td data-label="of">${of === null ? 'initial state' : shortId(of)}</td>
<td data-label="when">${moment(at)}</td>
<td data-label="is"><span>${agrees ? 'equal' : DIFFERENT}</span></td></tr>
`,
)}</tbody></table></div>`;
}

const DIFFERENT = html`<b title="kept as evidence">different</b>`;

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
  const machine = `${web}/api/v1/machines/${id}`;
  return html`<p>Its state, now and as it changes, from <code>${publicUrl}</code>:</p>
${copyable(JSON.stringify(['REQ', 'state', filter]))}
<p>Its transitions:</p>
${copyable(JSON.stringify(['REQ', 'moves', { kinds: [TRANSITION_KIND], '#e': [id] }]))}
<p>Over HTTP: the state, what happens as it happens, and the proof.</p>
${copyable(`curl '${machine}/state${at}'`)}
${copyable(`curl -N '${machine}/events'`)}
${copyable(`curl '${machine}/proof' > proof.jsonl && headkeeper verify proof.jsonl`)}`;
}
