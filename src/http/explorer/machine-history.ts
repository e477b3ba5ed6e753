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
  const rows = nodes.map((node, i) => {
    const verdict = verdictOf(relay, node, twice.has(siblingKey(node)));
    const { id, height, type, author, created_at: createdAt } = node;
    const to = node.evidence ? `/refusals?machine=${root}` : `/machines/${root}?at=${id}`;
    const kind = kindOf(node);
    return trailRow(relay, laneSvg(lanes[i], width), {
      ...{ id, height, author, createdAt, kind, to, type, verdict, isShown: id === shown },
    });
  });
  const first = () =>
    trailRow(relay, laneSvg(lanes.at(-1), width), {
      ...{ id: root, height: 0, author: definition.pubkey, createdAt: definition.createdAt },
      ...{ kind: 'canonical', to: `/machines/${root}?at=${root}`, type: 'definition' },
      ...{ verdict: 'hosted', isShown: root === shown },
    });
  const older = html`<p class="more"><a href="/machines/${root}?below=${from}#history">below height
${from}</a></p>`;
  return html`<ol class="trail" aria-label="Newest first">
${rows}${isStart ? first() : ''}</ol>
${isStart ? '' : older}`;
}

type TrailRow = {
  readonly id: string;
  readonly height: number;
  readonly type: string;
  readonly author: string;
  readonly createdAt: number;
  readonly kind: string;
  readonly to: string;
  readonly verdict: Markup | string;
  readonly isShown: boolean;
};

function trailRow(relay: Relay, lanes: Markup | string, row: TrailRow): Markup {
  const { id, height, type, author, createdAt, kind, to, verdict, isShown } = row;
  return html`<li class="${kind}${isShown ? ' shown' : ''}" data-id="${id}">
${lanes}<span class="height">${height}</span>
<a class="what" href="${to}">${isolated(type, 64)}</a>
${shortId(id)} <span class="by">${personOf(relay, author)}</span>
${moment(createdAt)} <span class="verdict">${verdict}</span></li>
`;
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
  const box = `0 0 ${width} ${ROW}`;
  return html`<svg class="lanes" width="${width}" height="${ROW}" viewBox="${box}"
 aria-hidden="true">
${row.through.map((lane) => html`<path class="${kind(lane)}" d="M${x(lane)} 0V${ROW}"/>`)}
${row.into.map((lane) => html`<path class="${kind(lane)}" d="${bend(lane)}"/>`)}
${row.goesOn ? html`<path class="${kind(row.lane)}" d="M${at} ${middle}V${ROW}"/>` : ''}
<circle class="${kind(row.lane)}" cx="${at}" cy="${middle}" r="4"/></svg>`;
}
