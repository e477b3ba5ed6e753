/**
 * `/machines/{id}`: a machine to look at. Where it is, what can happen next and by whom, how it came
 * there, and what shows that this is so.
 *
 * The page is of the head, or with `at` or `height` of any node: chart, context and what could have
 * come next are then as of that node, which is what `?at=` of the API answers with.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import type { StoredMachine } from '../../machine-nodes.ts';
import { type NostrEvent, tagValues } from '../../nostr/event.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import { isProblem, type Problem, problem } from '../problem.ts';
import { eventIdText } from '../queries.ts';
import { findMachine, type Reply, readAs } from '../request.ts';
import { loadMachine, nodeAsked, stateAnswer } from '../state.ts';
import { chartSection } from './chart.ts';
import type { ChartLayouts } from './chart-layout.ts';
import { contextSection } from './machine-context.ts';
import { historySection } from './machine-history.ts';
import { nextSection } from './machine-next.ts';
import { askSection, proofSection } from './machine-proof.ts';
import { eventSection, travelSection } from './machine-travel.ts';
import { personOf } from './names.ts';
import { isolated, type Markup, moment, plainTitle, showPage, stateName } from './page.ts';

const height = z
  .string()
  .regex(/^\d{1,12}$/, 'expected a height')
  .transform(Number)
  .optional();

/** What may stand behind the question mark. */
const pageQuery = z.object({ at: eventIdText.optional(), height, below: height });

/** Shows a machine at its head, or at the node that is asked for. */
export async function showMachinePage(
  relay: Relay,
  context: Context,
  layouts: ChartLayouts,
): Promise<Reply> {
  const query = readAs(pageQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const machine = loadMachine(relay, found);
  const node = nodeOf(relay, machine, query);
  if (isProblem(node)) return node;
  const definition = relay.store.events.read(machine.n);
  if (!definition) throw new Error(`machine ${found.id} has a row and no definition`);
  const about = { definition, node, isHead: node.id === machine.head.id };
  const title = plainTitle(tagValues(definition, 'title')[0] ?? '') || found.id.slice(0, 16);
  const main = machineMain(relay, machine, { ...about, below: query.below, layouts, title });
  return showPage(relay, context, { title, main });
}

type About = {
  readonly title: string;
  readonly definition: NostrEvent;
  readonly node: StateNode;
  readonly isHead: boolean;
  readonly below: number | undefined;
  readonly layouts: ChartLayouts;
};

function nodeOf(
  relay: Relay,
  machine: StoredMachine,
  { at, height: asked }: z.output<typeof pageQuery>,
): StateNode | Problem {
  if (asked === undefined) return nodeAsked(relay, machine, { at });
  if (asked === 0) return nodeAsked(relay, machine, { at: machine.definition.id });
  const id = relay.store.transitions.onPath(machine.n, asked);
  if (id === null) return problem('not-found', `height: this machine has not come to ${asked}`);
  return nodeAsked(relay, machine, { at: id });
}

async function machineMain(relay: Relay, machine: StoredMachine, about: About): Promise<Markup> {
  const { definition, node, isHead, below, layouts, title } = about;
  const { id } = machine.definition;
  const answer = stateAnswer(relay, machine, node);
  const shown = node.id ?? id;
  const chart = chartSection(relay, machine, { node, isOpen: answer.next.length > 0, layouts });
  return html`<main id="main" data-machine="${id}" data-head="${machine.head.id ?? id}"
 data-revision="${answer.revision}" ${isHead ? 'data-follow' : ''}>
<header data-part="head">
<h1>${isolated(title, 120)}</h1>
${description(definition)}
<p class="state"><code class="now ${answer.status}">${isolated(stateName(answer.value), 120)}</code>
<span>${answer.status}</span> <span>height ${answer.height}</span> <span>${answer.finality}</span>${
    isHead ? '' : html` <b>as it was; <a href="/machines/${id}">now</a></b>`
  }</p>
</header>
<div id="news" role="status" aria-live="polite"></div>
${travelSection(relay, machine, node)}
<div class="columns">
<section data-part="chart" aria-labelledby="h-chart"><h2 id="h-chart">Chart</h2>${await chart}</section>
<div>
<section data-part="next" aria-labelledby="h-next"><h2 id="h-next">${
    isHead ? 'What can happen next' : 'What could happen next'
  }</h2>${nextSection(relay, machine, { node, isHead })}</section>
<section data-part="context" aria-labelledby="h-context"><h2 id="h-context">Context</h2>
${contextSection(relay, machine, node)}</section>
${eventSection(relay, node)}
</div>
</div>
<section id="history" data-part="history" aria-labelledby="h-history"><h2 id="h-history">History</h2>
${historySection(relay, machine, { below, shown })}</section>
<section data-part="proof" aria-labelledby="h-proof"><h2 id="h-proof">Whose word it is</h2>
${proofSection(relay, machine, answer)}</section>
<section aria-labelledby="h-facts"><h2 id="h-facts">About</h2>${facts(relay, machine, definition)}</section>
<section aria-labelledby="h-ask"><h2 id="h-ask">Ask for it</h2>${askSection(relay, machine, node)}</section>
</main>`;
}

function description(definition: NostrEvent): Markup | string {
  const text = tagValues(definition, 'description')[0] ?? '';
  return text === '' ? '' : html`<p>${isolated(text, 600)}</p>`;
}

function facts(relay: Relay, machine: StoredMachine, { created_at }: NostrEvent): Markup {
  const { definition, forks, links, n } = machine;
  const people = relay.store.machines.participants(n, 20);
  const { custodian } = definition;
  return html`<dl>
<dt>machine</dt><dd><code>${definition.id}</code></dd>
<dt>author</dt><dd>${personOf(relay, definition.pubkey)}, ${moment(created_at)}</dd>
<dt>takes part</dt><dd>${people.map((pubkey, i) => html`${i > 0 ? ', ' : ''}${personOf(relay, pubkey)}`)}</dd>
<dt>custodian</dt><dd>${custodian === null ? 'none' : html`${personOf(relay, custodian.pubkey)} at ${isolated(custodian.d)}`}</dd>
<dt>forks</dt><dd>${forks}</dd>
<dt>order</dt><dd>${links === 'strict' ? 'signed: each transition names the one before' : 'implied: some transitions name no other'}</dd>
<dt>content</dt><dd><code>${definition.contentHash}</code></dd>
<dt>warnings</dt><dd>${
    definition.warnings.length === 0
      ? 'none'
      : definition.warnings
          .slice(0, 20)
          .map(
            ({ code, path, message }) =>
              html`<div><code>${isolated(path, 100)}</code> ${code}: ${isolated(message, 200)}</div>`,
          )
  }</dd>
</dl>`;
}
