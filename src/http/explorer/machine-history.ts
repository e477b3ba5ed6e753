/**
 * The audit trail of a machine: every transition of every branch and every contradiction that was
 * kept, newest first, with lanes that show which builds on which.
 *
 * A page is a range of heights, so siblings are on the same one. Each row leads to the machine as
 * it was there.
 */
import { html } from 'hono/html';
import type { StoredMachine } from '../../machine-nodes.ts';
import type { Relay } from '../../relay.ts';
import { type Node, nodesBetween } from '../dag.ts';
import { type LaneRow, lanesOf } from './lanes.ts';
import { personOf } from './names.ts';
import { isolated, type Markup, moment, shortId } from './page.ts';

/** Heights on one page, and lanes that have room. */
const PAGE = 50;
const LANES_MAX = 8;
const ROW = 30;
const LANE = 14;

/** Which heights are shown, and which node is looked at (the machine's id before the first). */
export type HistoryAsked = { readonly below: number | undefined; readonly shown: string };

/** The trail from a height downwards. */
export function historySection(
  relay: Relay,
  machine: StoredMachine,
  { below, shown }: HistoryAsked,
): Markup {
  const { store } = relay;
  const { definition, n, finalHeight } = machine;
  const top = Math.min(below ?? Number.MAX_SAFE_INTEGER, store.machineLog.highest(n) + 2);
  const from = Math.max(1, top - PAGE);
  const range = { from, to: top - 1, finalHeight: finalHeight ?? -1 };
  const nodes = nodesBetween(store, n, range).reverse();
  const isStart = from === 1;
  const root = definition.id;
  // Canonical ones last among siblings, so that what loses stands above what it lost to.
  nodes.sort((a, b) => b.height - a.height || Number(a.canonical) - Number(b.canonical));
  const commits = nodes.map(({ id, prior, canonical }) => ({
    id,
    prior: prior ?? root,
    canonical,
  }));
  const start = { id: root, prior: root, canonical: true };
  const lanes = lanesOf(isStart ? [...commits, start] : commits, root);
  const width = LANE * (1 + Math.min(LANES_MAX, Math.max(0, ...lanes.map(({ lane }) => lane)) + 1));
  const twice = siblingsByOne(nodes);
  return html`<ol class="trail" aria-label="Newest first">
${nodes.map((node, i) => {
  const verdict = verdictOf(relay, node, twice.has(siblingKey(node)));
  return html`<li class="${kindOf(node)} ${node.id === shown ? 'shown' : ''}" data-id="${node.id}" data-height="${node.height}">
${laneSvg(lanes[i], width)}<span class="height">${node.height}</span>
<a class="what" href="${node.evidence ? `/refusals?machine=${root}` : `/machines/${root}?at=${node.id}`}">${isolated(node.type, 64)}</a>
${shortId(node.id)} <span class="by">${personOf(relay, node.author)}</span>
${moment(node.created_at)} <span class="verdict">${verdict}</span></li>
`;
})}${
  isStart
    ? html`<li class="${root === shown ? 'shown' : ''}" data-id="${root}" data-height="0">${laneSvg(lanes.at(-1), width)}<span class="height">0</span>
<a class="what" href="/machines/${root}?at=${root}">definition</a>
${shortId(root)} <span class="by">${personOf(relay, definition.pubkey)}</span>
${moment(definition.createdAt)} <span class="verdict">hosted</span></li>`
    : ''
}</ol>
${from > 1 ? html`<p><a href="/machines/${root}?below=${from}#history">below height ${from}</a></p>` : ''}`;
}

function kindOf({ evidence, canonical }: Node): string {
  if (evidence) return 'evidence';
  return canonical ? 'canonical' : 'side';
}

const siblingKey = ({ prior, author }: Node): string => `${prior} ${author}`;

/** The places where one author signed two. */
function siblingsByOne(nodes: readonly Node[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(nodes.map(siblingKey).filter((key) => seen.has(key) || !seen.add(key)));
}

function verdictOf({ store }: Relay, node: Node, isTwice: boolean): Markup {
  const twice = isTwice ? html` <b>signed twice</b>` : '';
  if (node.evidence) {
    const code = store.refusals.find(node.id)?.code;
    const why = code === undefined ? 'refused' : html`<a href="/problems/${code}">${code}</a>`;
    return html`${why}${twice}`;
  }
  const order = node.implied ? ', order implied' : '';
  const says = node.final ? 'final' : node.canonical ? 'accepted' : 'beside the path';
  return html`${says}${order}${twice}`;
}

function laneSvg(row: LaneRow | undefined, width: number): Markup | string {
  if (row === undefined) return '';
  const x = (lane: number) => LANE / 2 + LANE * Math.min(lane, LANES_MAX);
  const middle = ROW / 2;
  const at = x(row.lane);
  const kind = (lane: number) => (lane === 0 ? 'main' : 'off');
  const bend = (lane: number) =>
    lane === row.lane
      ? `M${at} 0V${middle}`
      : `M${x(lane)} 0C${x(lane)} ${middle} ${at} 4 ${at} ${middle}`;
  return html`<svg class="lanes" width="${width}" height="${ROW}" viewBox="0 0 ${width} ${ROW}" aria-hidden="true">
${row.through.map((lane) => html`<path class="${kind(lane)}" d="M${x(lane)} 0V${ROW}"/>`)}
${row.into.map((lane) => html`<path class="${kind(lane)}" d="${bend(lane)}"/>`)}
${row.goesOn ? html`<path class="${kind(row.lane)}" d="M${at} ${middle}V${ROW}"/>` : ''}
<circle class="${kind(row.lane)}" cx="${at}" cy="${middle}" r="4"/></svg>`;
}
