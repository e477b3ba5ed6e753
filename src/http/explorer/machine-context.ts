/**
 * The context of a node, and which transition set each member last.
 *
 * Found by looking back along the path: the state of each node beside that of the one before. That
 * is a replay, so it ends after so many steps or so much fuel, and says so.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import { advance } from '../../nsm/advance.ts';
import { canonicalJson } from '../../nsm/canonical.ts';
import { parseTransition } from '../../nsm/transition.ts';
import type { StateNode } from '../../nsm/view.ts';
import { isRefusal } from '../../refusal.ts';
import type { Relay } from '../../relay.ts';
import { isObject, type Json } from '../../rules/json.ts';
import { personOf } from './names.ts';
import { isolated, type Markup } from './page.ts';

const STEPS_MAX = 64;
const FUEL_MAX = 200_000;
const MEMBERS_MAX = 100;
const PEOPLE_MAX = 1_000;
const VALUE_MAX = 400;

/** The transition that set a member. */
type Origin = { readonly id: string; readonly height: number; readonly type: string };

/** The members of the context at a node, with where each comes from. */
export function contextSection(relay: Relay, machine: StoredMachine, node: StateNode): Markup {
  const { context } = node.computed.state;
  const members = isObject(context) ? Object.entries(context) : [];
  if (members.length === 0) return html`<p class="soft">It has none.</p>`;
  const people = new Set(relay.store.machines.participants(machine.n, PEOPLE_MAX));
  const { origins, from } = machine.isUnderstood
    ? originsOf(relay, machine, node)
    : { origins: new Map<string, Origin>(), from: node.height };
  const shown = (value: Json) =>
    typeof value === 'string' && people.has(value) ? personOf(relay, value) : json(value);
  const left = members.length - MEMBERS_MAX;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Context">
<table class="context stack">
<thead><tr><th>member</th><th>value</th><th>set by</th></tr></thead>
<tbody>
${members.slice(0, MEMBERS_MAX).map(
  ([name, value]) => html`<tr><td>${isolated(name, 60)}</td>
<td data-label="value">${shown(value)}</td>
<td data-label="set by"><span>${originLink(machine, origins.get(name), from)}</span></td></tr>
`,
)}</tbody></table></div>${left > 0 ? html`<p class="soft">and ${left} more</p>` : ''}`;
}

const json = (value: Json) => html`<code>${isolated(JSON.stringify(value), VALUE_MAX)}</code>`;

function originLink(
  { definition }: StoredMachine,
  origin: Origin | undefined,
  from: number,
): Markup {
  if (origin === undefined) {
    const where = from === 0 ? 'definition' : `height ${from} or below`;
    return html`<span class="soft">${where}</span>`;
  }
  const { id, height, type } = origin;
  return html`<a href="/machines/${definition.id}?at=${id}">${isolated(type, 40)}</a>
<small class="soft origin">height ${height}</small>`;
}

/** Who set what above a height, as far back as is looked. */
function originsOf(relay: Relay, machine: StoredMachine, node: StateNode) {
  const { store, machines } = relay;
  const { definition } = machine;
  const path: number[] = [];
  let n = node.id === null ? null : (store.events.find(node.id)?.n ?? null);
  while (n !== null && path.length < STEPS_MAX) {
    path.unshift(n);
    n = store.transitions.find(n)?.prior ?? null;
  }
  const base = n === null ? null : (store.events.read(n)?.id ?? null);
  let at = machines.view.node(machine, base);
  const origins = new Map<string, Origin>();
  const { running } = definition.machine;
  const before = running.spent;
  const from = at?.height ?? node.height;
  for (const next of path) {
    const event = store.events.read(next);
    const transition = event && parseTransition(event);
    if (!at || !event || !transition || isRefusal(transition)) break;
    if (running.spent - before > FUEL_MAX)
      return { origins: new Map<string, Origin>(), from: node.height };
    const computed = advance(definition, at, transition);
    if (isRefusal(computed)) break;
    const height: number = at.height + 1;
    const { type } = transition;
    for (const name of changed(at.computed.state.context, computed.state.context)) {
      origins.set(name, { id: event.id, height, type });
    }
    at = { id: event.id, height, createdAt: event.created_at, computed };
  }
  return { origins, from };
}

/** The members that are otherwise after than before. */
function changed(before: Json, after: Json): readonly string[] {
  if (!isObject(after)) return [];
  const old = new Map(isObject(before) ? Object.entries(before) : []);
  return Object.entries(after)
    .filter(([name, value]) => {
      const was = old.get(name);
      return was === undefined || canonicalJson(was) !== canonicalJson(value);
    })
    .map(([name]) => name);
}
