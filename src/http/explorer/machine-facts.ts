/**
 * What does not move about a machine: who made it, who takes part, how it settles forks, and what
 * the linter thinks of it.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import type { NostrEvent } from '../../nostr/event.ts';
import type { Relay } from '../../relay.ts';
import { peopleOf, personOf } from './names.ts';
import { isolated, type Markup, moment } from './page.ts';

const PEOPLE_MAX = 20;
const WARNINGS_MAX = 20;

/** The facts of a machine, and the event that defines it. */
export function factsSection(
  relay: Relay,
  { definition, forks, links, n }: StoredMachine,
  { created_at: createdAt }: NostrEvent,
): Markup {
  const { custodian, id, contentHash } = definition;
  const order = links === 'strict' ? 'each transition names the one before' : 'partly implied';
  return html`<dl>
<dt>machine</dt><dd><code>${id}</code></dd>
<dt>author</dt><dd>${personOf(relay, definition.pubkey)}, ${moment(createdAt)}</dd>
<dt>takes part</dt><dd>${peopleOf(relay, n, PEOPLE_MAX)}</dd>
<dt>custodian</dt><dd>${
    custodian === null
      ? 'none'
      : html`${personOf(relay, custodian.pubkey)} at ${isolated(custodian.d)}`
  }</dd>
<dt>forks</dt><dd>${forks}</dd>
<dt>order</dt><dd>${order}</dd>
<dt>content</dt><dd><code>${contentHash}</code></dd>
<dt>warnings</dt><dd>${warningsOf(definition)}</dd>
</dl>`;
}

function warningsOf({ warnings }: StoredMachine['definition']): Markup | readonly Markup[] {
  if (warnings.length === 0) return html`none`;
  return warnings.slice(0, WARNINGS_MAX).map(
    ({ code, path, message }) => html`<div><code>${isolated(path, 100)}</code>
${code}: ${isolated(message, 200)}</div>`,
  );
}
