/**
 * The frame of every page for people: head, navigation, foot.
 *
 * Pages are made on the server and are complete without script and style. What strangers wrote goes
 * through the template's escaping and nowhere else; `isolated` keeps its direction to itself.
 */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Relay } from '../../relay.ts';
import { SOFTWARE, VERSION } from '../../version.ts';
import { plainText } from './chart-graph.ts';

/** Markup that the template has escaped. */
export type Markup = ReturnType<typeof html>;

/** A page without its frame. */
export type Page = {
  readonly title: string;
  readonly main: Markup | Promise<Markup>;
  /** Names of scripts besides the one all pages have: `play`, `status`. */
  readonly scripts?: readonly string[];
  /** Paths of stylesheets besides the one all pages have. */
  readonly styles?: readonly string[];
};

type Link = readonly [path: string, name: string];

const LINKS: readonly Link[] = [
  ['/machines', 'Machines'],
  ['/refusals', 'Refusals'],
];

/** Answers with a page in its frame. */
export async function showPage(
  { access, config }: Relay,
  context: Context,
  { title, main, scripts = [], styles = [] }: Page,
): Promise<Response> {
  const { name } = access.texts();
  const { path } = context.req;
  const links: readonly Link[] = config.explorer.play ? [...LINKS, ['/play', 'Play']] : LINKS;
  const link = ([to, label]: Link) =>
    to === path
      ? html`<a href="${to}" aria-current="page">${label}</a> `
      : html`<a href="${to}">${label}</a> `;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title === name ? name : `${title} · ${name}`}</title>
${['/style.css', ...styles].map(
  (style) => html`<link rel="stylesheet" href="${style}">
`,
)}<link rel="icon" href="/icon.svg" type="image/svg+xml">
${['explorer', ...scripts].map(
  (script) => html`<script type="module" src="/assets/${script}.js"></script>
`,
)}</head>
<body>
<a class="skip" href="#main">To the content</a>
<div class="top"><a class="brand" href="/"><img src="/icon.svg" alt="" width="20" height="20">
<span>${name}</span></a><nav aria-label="Pages">${links.map(link)}</nav></div>
${await main}
<footer>
<a href="${SOFTWARE}">Headkeeper</a> ${VERSION} · <a href="/status">status</a> ·
<a href="/api/v1/stats">figures</a>
</footer>
</body>
</html>
`;
  return context.html(page, 200, { 'Cache-Control': 'no-cache' });
}

/** A stranger's text on a line of its own direction, cut by characters. */
export function isolated(text: string, most = 80): Markup {
  const characters = [...plainText(text.slice(0, 3 * (most + 1)))];
  const shown = characters.length > most ? [...characters.slice(0, most), '…'] : characters;
  return html`<bdi>${shown.join('')}</bdi>`;
}

/** A moment in Unix seconds, in UTC. */
export function moment(seconds: number): Markup {
  const text = new Date(seconds * 1_000).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')}</time>`;
}

/** How long ago a moment was, in its largest unit. */
export function ago(seconds: number, now: number): Markup {
  const text = new Date(seconds * 1_000).toISOString();
  const past = Math.max(0, now - seconds);
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
  ] as const;
  const fitting = units.find(([, length]) => past >= length);
  const words = fitting ? `${Math.floor(past / fitting[1])} ${fitting[0]} ago` : 'just now';
  return html`<time datetime="${text}" title="${text}">${words}</time>`;
}

/** An id as people tell ids apart. */
export function shortId(id: string): Markup {
  return html`<code title="${id}">${id.slice(0, 8)}</code>`;
}

/** A text to copy; the script puts a button on it. */
export function copyable(text: string): Markup {
  return html`<div class="copybox"><pre class="copy" tabindex="0">${text}</pre></div>`;
}

/** The value of a state as dotted paths, `a.b`; regions stand in brackets, `a (b.c, d.e)`. */
export function stateName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value);
  const names = members.map(([name, inner]) => {
    const within = stateName(inner);
    if (within === '') return name;
    return within.startsWith('(') ? `${name} ${within}` : `${name}.${within}`;
  });
  return names.length > 1 ? `(${names.join(', ')})` : (names[0] ?? '');
}

/** A stranger's text as a title: one line, without anything that turns it. */
export function plainTitle(text: string): string {
  return [...plainText(text.slice(0, 400))].slice(0, 120).join('').trim();
}
