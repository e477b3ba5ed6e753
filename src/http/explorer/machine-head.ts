/**
 * The top of a machine's page: its name, the state it is in, and how much that is worth.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import { type NostrEvent, tagValues } from '../../nostr/event.ts';
import type { Relay } from '../../relay.ts';
import type { stateAnswer } from '../state.ts';
import { ago, isolated, type Markup, shortId, stateName } from './page.ts';

/** What a state is worth, in a sentence. */
export const FINALITY = {
  final: 'The custodian endorsed it, and it cannot be taken back.',
  provisional: 'Another branch may still win.',
  local: 'The order is the word of this relay; nobody else has endorsed it.',
} as const;

/** What is shown, and whether that is the present. */
export type HeadShown = {
  readonly title: string;
  readonly event: NostrEvent;
  readonly answer: ReturnType<typeof stateAnswer>;
  readonly isHead: boolean;
};

/** The name and the state of a machine. */
export function headSection(
  relay: Relay,
  { definition, head }: StoredMachine,
  { title, event, answer, isHead }: HeadShown,
): Markup {
  const { status, value, height, finality } = answer;
  const { id } = definition;
  const description = tagValues(event, 'description')[0] ?? '';
  const at = relay.now();
  return html`<header data-part="head">
<p class="crumb"><a href="/machines">Machines</a> / ${shortId(id)}</p>
<h1>${isolated(title, 120)}</h1>
${description === '' ? '' : html`<p class="lead">${isolated(description, 600)}</p>`}
<p class="state"><code class="now ${status}">${isolated(stateName(value), 120)}</code>
<span class="badge ${status}">${status}</span>
<span class="badge ${finality}" title="${FINALITY[finality]}">${finality}</span>
<span class="soft">height ${height}</span>
<span class="soft">head ${shortId(answer.head ?? id)}</span>
${isHead ? html`<span class="soft">signed ${ago(head.createdAt, at)}</span>` : ''}</p>
${
  isHead
    ? ''
    : html`<p class="past-note">As it was at height ${height}. It has come to height
${head.height} since: <a href="/machines/${id}">see it now</a>.</p>`
}
</header>`;
}
