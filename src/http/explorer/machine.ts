/**
 * `/machines/{id}`: a machine to look at. Where it is, what can happen next and by whom, how it
 * came there, and what shows that this is so.
 *
 * The page is of the head, or with `at` or `height` of any node: chart, context and what could have
 * come next are then as of that node, which is what `?at=` of the API answers with. Every part
 * that can change has a name in `data-part`: the script puts the parts of a page that it fetched
 * anew in place of the old ones.
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
import { factsSection } from './machine-facts.ts';
import { headSection } from './machine-head.ts';
import { historySection } from './machine-history.ts';
import { nextSection } from './machine-next.ts';
import { askSection, proofSection, verifySection } from './machine-proof.ts';
import { eventSection, travelSection } from './machine-travel.ts';
import { type Markup, plainTitle, showPage } from './page.ts';

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
  const event = relay.store.events.read(machine.n);
  if (!event) throw new Error(`machine ${found.id} has a row and no definition`);
  const title = plainTitle(tagValues(event, 'title')[0] ?? '') || found.id.slice(0, 16);
  const { below } = query;
  const main = machineMain(relay, machine, { event, node, below, layouts, title });
  return showPage(relay, context, { title, main });
}

type About = {
  readonly title: string;
  readonly event: NostrEvent;
  readonly node: StateNode;
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
  const { event, node, below, layouts, title } = about;
  const { id } = machine.definition;
  const answer = stateAnswer(relay, machine, node);
  const isHead = node.id === machine.head.id;
  const isOpen = answer.next.length > 0;
  const chart = await chartSection(relay, machine, { node, isOpen, layouts });
  return html`<main id="main" data-machine="${id}" data-head="${machine.head.id ?? id}"
 data-revision="${answer.revision}">
${headSection(relay, machine, { answer, event, isHead, title })}
<div id="news" role="status" aria-live="polite"></div>
${travelSection(relay, machine, node)}
<div class="columns${chart.isWide ? ' wide' : ''}">
<section class="panel" data-part="next" aria-labelledby="h-next">
<h2 id="h-next">What ${isHead ? 'can' : 'could'} happen next</h2>
${nextSection(relay, machine, { node, isHead })}</section>
<section class="panel" data-part="chart" aria-labelledby="h-chart"><h2 id="h-chart">Chart</h2>
${chart.markup}</section>
<section class="panel" data-part="context" aria-labelledby="h-context">
<h2 id="h-context">Context</h2>
${contextSection(relay, machine, node)}</section>
${eventSection(relay, node)}
</div>
<section class="panel" id="history" data-part="history" aria-labelledby="h-history">
<h2 id="h-history">History</h2>
${historySection(relay, machine, { below, shown: node.id ?? id })}</section>
<div class="two">
<section class="panel" aria-labelledby="h-proof"><h2 id="h-proof">Whose word it is</h2>
<div data-part="proof">${proofSection(relay, machine, answer)}</div>
${verifySection(machine)}</section>
<section class="panel" data-part="facts" aria-labelledby="h-facts"><h2 id="h-facts">About</h2>
${factsSection(relay, machine, event)}</section>
</div>
<section class="panel" data-part="ask" aria-labelledby="h-ask"><h2 id="h-ask">Ask for it</h2>
${askSection(relay, machine, node)}</section>
</main>`;
}
