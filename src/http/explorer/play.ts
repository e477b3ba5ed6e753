/**
 * `/play`: an example driven by a visitor, with keys that are made in the page and thrown away.
 *
 * The server only tells the story; keys, signatures and the order of steps are the browser's, and
 * what it sends comes in by the websocket like everything else. Not there unless the operator says.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  exampleAbout,
  exampleNames,
  exampleTemplate,
  scriptNames,
} from '../../examples/example.ts';
import type { Step } from '../../examples/script.ts';
import type { Relay } from '../../relay.ts';
import { isProblem, type Problem, problem } from '../problem.ts';
import type { Reply } from '../request.ts';
import { type Markup, showPage } from './page.ts';

const SCRIPT = 'script';

/** Shows the examples to choose from. */
export function showPlay(relay: Relay, context: Context): Reply | Promise<Reply> {
  if (!relay.config.explorer.play) return notHere();
  const main = html`<main id="main">
<h1>Play</h1>
<p class="lead">Drive a machine on this very relay. Your browser makes a key for each part and
throws it away when you leave; what you send is real, and stays.</p>
<ul class="examples">${exampleNames().map(card)}</ul>
</main>`;
  return showPage(relay, context, { title: 'Play', main });
}

function card(name: string): Markup {
  const { title, says } = exampleAbout(name);
  return html`<li class="panel"><h2><a href="/play/${name}">${title}</a></h2><p>${says}</p></li>
`;
}

/** Shows one example: its story, and where the machine will be. */
export function showPlayed(relay: Relay, context: Context): Reply | Promise<Reply> {
  const name = exampleOf(relay, context);
  if (isProblem(name)) return name;
  const { title, says } = exampleAbout(name);
  const { steps } = exampleTemplate(name, SCRIPT);
  const others = scriptNames(name).length - 1;
  const main = html`<main id="main" data-example="${name}">
<p class="crumb"><a href="/play">Play</a> / ${name}</p>
<h1>${title}</h1>
<p class="lead">${says}</p>
<div id="state"></div>
<p class="actions"><button type="button" class="main" id="step" hidden>Begin</button>
<button type="button" id="again" hidden>Start over</button>
<a id="machine" hidden>The machine's own page</a></p>
<noscript><p class="past-note">Keys are made and used in your browser, which takes a script; it is
switched off. Machines can be <a href="/machines">looked at</a> without.</p></noscript>
<div class="two">
<section class="panel" aria-labelledby="h-story"><h2 id="h-story">The story</h2>
<ol class="story" id="story" aria-live="polite">${steps.map(storyLine)}</ol>
${others > 0 ? html`<p class="soft">It has other ends too: send something else instead.</p>` : ''}
</section>
<div>
<section class="panel" id="chart" hidden></section>
<section class="panel" id="parts" aria-labelledby="h-parts" hidden>
<h2 id="h-parts">Or send something else</h2>
<div class="parts"></div>
<label>Payload, if it needs one: <textarea id="payload" spellcheck="false"
 placeholder='{"amount": 1}'></textarea></label>
<p class="actions" id="clock"><span class="soft"></span></p>
</section>
</div>
</div>
</main>`;
  return showPage(relay, context, { title, main, scripts: ['play'] });
}

function storyLine(step: Step): Markup {
  const by = 'by' in step ? step.by : 'anybody';
  return html`<li><p><span class="who">${by}</span> ${didOf(step)}</p>
${step.say === undefined ? '' : html`<p class="soft">${step.say}</p>`}</li>
`;
}

function didOf(step: Step): Markup {
  if ('definition' in step) return html`publishes the machine`;
  if ('type' in step) return html`sends <code class="event">${step.type}</code>`;
  return 'snapshot' in step ? html`signs a snapshot` : html`reads the state`;
}

/** Answers with an example as it is written, for the script to fill in. */
export function showExample(relay: Relay, context: Context): Reply {
  const name = exampleOf(relay, context);
  return isProblem(name) ? name : context.json(exampleTemplate(name, SCRIPT));
}

function exampleOf({ config }: Relay, context: Context): string | Problem {
  const name = context.req.param('name') ?? '';
  if (!config.explorer.play) return notHere();
  return exampleNames().includes(name) ? name : problem('not-found', 'there is no such example');
}

const notHere = (): Problem => problem('not-found', 'this relay is not for play');
