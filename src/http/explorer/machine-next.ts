/**
 * What can happen next and by whom: every type with a handler, tried for those who take part.
 *
 * Trying costs what judging costs, so few people are tried, and none once the tries have taken too
 * much; what is left open is said to be.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import { type Enabled, nextTypes } from '../../nsm/next.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import { ownMember } from '../../rules/json.ts';
import { delayText } from './chart-graph.ts';
import { personOf } from './names.ts';
import { isolated, type Markup, moment } from './page.ts';

/** How many people are tried, and how much fuel may be spent before the last of them. */
const TRIED_MAX = 8;
const FUEL_MAX = 200_000;
/** Stands for whoever takes no part: a key that nobody has. */
const STRANGER = '0'.repeat(64);

type Ability = { readonly pubkey: string; readonly enabled: Enabled };

/** What may happen on top of a node; `isHead` when that is now. */
export function nextSection(
  relay: Relay,
  machine: StoredMachine,
  { node, isHead }: { readonly node: StateNode; readonly isHead: boolean },
): Markup {
  const { status, timers } = node.computed.state;
  if (isHead && machine.frozen) return html`<p>Nothing: the machine is frozen.</p>`;
  if (!machine.isUnderstood) return html`<p>Nothing: under the rules of today it stands still.</p>`;
  if (status !== 'active') return html`<p>Nothing: the machine has ended (${status}).</p>`;
  const at = isHead ? Math.max(relay.now(), node.createdAt) : node.createdAt;
  const { types, able, isCut } = abilities(relay, machine, { node, at });
  if (types.length + timers.length === 0) return html`<p>Nothing: no event leads out of it.</p>`;
  return html`<table class="next">
<thead><tr><th>what</th><th>by whom</th></tr></thead>
<tbody>
${types.map(
  ({ type, guards }) => html`<tr><td><code class="event">${isolated(type, 64)}</code>
${guards.map((guard) => html`<small class="soft guards">if ${isolated(guard, 40)}</small>`)}</td>
<td>${whoCan(relay, able.get(type) ?? [])}</td></tr>
`,
)}${timers.map(
  ({ event, due }) => html`<tr><td>${isolated(timerName(event, rootOf(machine)), 80)}</td>
<td>the clock, at ${moment(due)}</td></tr>
`,
)}</tbody></table>${isCut ? CUT : ''}`;
}

const CUT = html`<p class="soft">Not everybody who takes part was tried.</p>`;

function abilities(
  { store }: Relay,
  { definition, n }: StoredMachine,
  { node, at }: { readonly node: StateNode; readonly at: number },
) {
  const { running } = definition.machine;
  const people = store.machines.participants(n, TRIED_MAX + 1);
  const before = running.spent;
  const able = new Map<string, Ability[]>();
  const types = nextTypes(definition, node, { by: STRANGER, at });
  for (const { type, enabled } of types) able.set(type, [{ pubkey: STRANGER, enabled }]);
  let isCut = people.length > TRIED_MAX;
  for (const pubkey of people.slice(0, TRIED_MAX)) {
    if (running.spent - before > FUEL_MAX) {
      isCut = true;
      break;
    }
    for (const { type, enabled } of nextTypes(definition, node, { by: pubkey, at })) {
      able.get(type)?.push({ pubkey, enabled });
    }
  }
  return { types, able, isCut };
}

/** Those who can where strangers cannot; of strangers, that anybody can. */
function whoCan(relay: Relay, able: readonly Ability[]): Markup {
  const [stranger, ...people] = able;
  const payload = html` <small class="soft">with the right payload</small>`;
  if (stranger?.enabled === 'yes') {
    const barred = people.filter(({ enabled }) => enabled === 'no');
    if (barred.length === 0) return html`anybody`;
    return html`anybody but ${listed(relay, barred)}`;
  }
  const can = people.filter(({ enabled }) => enabled === 'yes');
  const might = people.filter(({ enabled }) => enabled === 'depends');
  if (stranger?.enabled === 'depends') return html`anybody${payload}`;
  if (can.length + might.length === 0)
    return html`<span class="soft">nobody who takes part, now</span>`;
  const between = can.length > 0 && might.length > 0 ? ', ' : '';
  return html`${listed(relay, can)}${between}${listed(relay, might)}${
    might.length > 0 ? payload : ''
  }`;
}

function listed(relay: Relay, people: readonly Ability[]): Markup[] {
  return people.map(({ pubkey }, i) => html`${i > 0 ? ', ' : ''}${personOf(relay, pubkey)}`);
}

/** The id of the machine itself, with which the paths of its timers begin. */
function rootOf({ definition }: StoredMachine): string {
  const id = ownMember(definition.machine.config, 'id');
  return typeof id === 'string' ? `${id}.` : '';
}

/** `xstate.after.900000.m.reported` as people would say it. */
function timerName(event: string, root: string): string {
  const [, ms, path = ''] = /^xstate\.after\.(\d+)\.(.*)$/.exec(event) ?? [];
  const within = path.startsWith(root) ? path.slice(root.length) : path;
  return ms === undefined ? event : `after ${delayText(ms)} in ${within}`;
}
