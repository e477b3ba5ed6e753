/**
 * Time travel: to any height of the canonical path by a slider or by steps, and the event that led
 * to the node that is shown.
 *
 * It is a form, so it works without script; with it, moving the slider is enough.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import { tagValues } from '../../nostr/event.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import { personOf } from './names.ts';
import { isolated, type Markup, moment } from './page.ts';

/** Where on its path a machine is shown, and how to go elsewhere. */
export function travelSection(
  relay: Relay,
  machine: StoredMachine,
  node: StateNode,
): Markup | string {
  const { definition, head } = machine;
  const place = relay.store.transitions.place(node.id);
  const to = (height: number, label: string, isOpen: boolean) =>
    isOpen
      ? html`<a href="/machines/${definition.id}?height=${height}">${label}</a> `
      : html`<span class="soft">${label}</span> `;
  const { height } = node;
  return html`<form id="travel" data-part="travel" method="get" action="/machines/${definition.id}">
<span class="steps">${to(0, 'first', height > 0)}${to(height - 1, 'previous', height > 0)}${to(
    height + 1,
    'next',
    height < head.height,
  )}${to(head.height, 'last', height < head.height || !place.isCanonical)}</span>
<label>height <output>${height}</output> of ${head.height}${place.isCanonical ? '' : ', beside the path'}
<input type="range" name="height" min="0" max="${head.height}" value="${height}"></label>
<button>Show</button>
</form>`;
}

/** Longest payload that is shown, in characters. */
const PAYLOAD_MAX = 2_000;

/** The transition that led to a node, with its payload; nothing for the initial state. */
export function eventSection({ store, ...relay }: Relay, node: StateNode): Markup | string {
  const found = node.id === null ? undefined : store.events.find(node.id);
  const event = found && store.events.read(found.n);
  if (!event) return html`<section data-part="event"></section>`;
  const { content, pubkey, created_at, id, sig } = event;
  const payload = sig === '' ? 'The body was removed.' : content;
  return html`<section data-part="event" aria-labelledby="h-event"><h2 id="h-event">Came here by</h2>
<dl>
<dt>event</dt><dd><code class="event">${isolated(tagValues(event, 't')[0] ?? '', 64)}</code></dd>
<dt>signed by</dt><dd>${personOf({ store, ...relay }, pubkey)}, ${moment(created_at)}</dd>
<dt>id</dt><dd><code>${id}</code></dd>
${payload === '' ? '' : html`<dt>payload</dt><dd><code>${isolated(payload, PAYLOAD_MAX)}</code></dd>`}
<dt>state hash</dt><dd><code>${node.computed.hash}</code></dd>
</dl></section>`;
}
