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
export function travelSection(relay: Relay, machine: StoredMachine, node: StateNode): Markup {
  const { definition, head } = machine;
  const { isCanonical } = relay.store.transitions.place(node.id);
  const { height } = node;
  const to = (target: number, isOpen: boolean, [sign, says]: readonly [string, string]) =>
    isOpen
      ? html`<a href="/machines/${definition.id}?height=${target}"
 aria-label="${says}" title="${says}">${sign}</a>`
      : html`<span aria-hidden="true">${sign}</span>`;
  const isLast = height === head.height && isCanonical;
  const aside = isCanonical ? '' : ', beside the path';
  return html`<form class="panel travel" id="travel" data-part="travel" method="get"
 action="/machines/${definition.id}" aria-label="Time travel">
<span class="steps">${to(0, height > 0, ['«', 'first'])}${to(height - 1, height > 0, [
    '‹',
    'previous',
  ])}${to(height + 1, height < head.height, ['›', 'next'])}${to(head.height, !isLast, [
    '»',
    'last',
  ])}</span>
<label><span class="where">height <output>${height}</output> of ${head.height}${aside}</span>
<input type="range" name="height" min="0" max="${head.height}" value="${height}"
 aria-label="height"></label>
<button>Show</button>
</form>`;
}

/** Longest payload that is shown, in characters. */
const PAYLOAD_MAX = 2_000;

/** The transition that led to a node, with its payload; nothing for the initial state. */
export function eventSection(relay: Relay, node: StateNode): Markup {
  const { events } = relay.store;
  const found = node.id === null ? undefined : events.find(node.id);
  const event = found && events.read(found.n);
  if (!event) return html`<section data-part="event"></section>`;
  const { content, pubkey, created_at: createdAt, id, sig } = event;
  const payload = sig === '' ? 'The body was removed.' : content;
  const type = tagValues(event, 't')[0] ?? '';
  return html`<section class="panel" data-part="event" aria-labelledby="h-event">
<h2 id="h-event">Came here by</h2>
<dl>
<dt>event</dt><dd><code class="event">${isolated(type, 64)}</code></dd>
<dt>signed by</dt><dd>${personOf(relay, pubkey)}, ${moment(createdAt)}</dd>
${payload === '' ? '' : html`<dt>payload</dt>`}
${payload === '' ? '' : html`<dd><code>${isolated(payload, PAYLOAD_MAX)}</code></dd>`}
<dt>id</dt><dd><code>${id}</code></dd>
<dt>state hash</dt><dd><code>${node.computed.hash}</code></dd>
</dl></section>`;
}
