/**
 * `GET /api/v1/machines/{id}/dag`: the tree of transitions, contradictions included.
 *
 * Nodes come by height. Evidence was refused, so it is not canonical and has no state, but it has a
 *place: one above its prior. Siblings share a prior and so a height, and are on one page.
 */
import type { Context } from 'hono';
import { TRANSITION_KIND } from '../nsm/kinds.ts';
import type { Frozen } from '../nsm/view.ts';
import type { Relay } from '../relay.ts';
import type { EvidenceRow } from '../store/evidence.ts';
import type { EndorsementRow, NodeRow } from '../store/machine-log.ts';
import type { Store } from '../store/store.ts';
import { linkTo, makeCursor, readCursor } from './cursor.ts';
import { taggedJson } from './etag.ts';
import { freezeAnswer } from './freeze.ts';
import { isProblem } from './problem.ts';
import { dagQuery } from './queries.ts';
import { findMachine, type Reply, readAs } from './request.ts';
import { loadMachine } from './state.ts';

/** A node of the tree, evidence included. */
export type Node = {
  readonly id: string;
  readonly prior: string | null;
  readonly height: number;
  readonly type: string;
  readonly author: string;
  readonly created_at: number;
  readonly canonical: boolean;
  readonly final: boolean;
  readonly evidence: boolean;
  /** True when the event does not name its prior. */
  readonly implied: boolean;
};

/** How many endorsements are listed, the newest. */
const ENDORSEMENTS_MAX = 1_000;

/** Answers with the nodes of a range of heights, the endorsements and the freeze, if any. */
export function showDag(relay: Relay, context: Context): Reply {
  const query = readAs(dagQuery, context.req.query());
  if (isProblem(query)) return query;
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const above = readCursor('dag', query.cursor, [0] as const);
  if (isProblem(above)) return above;
  const { store } = relay;
  const { event: n, head, frozen, final_height: finalHeight } = found.row;
  const to = above[0] + query.limit;
  const isLast = store.machineLog.highest(n) <= to;
  const next = isLast ? null : makeCursor('dag', [to]);
  const range = { from: above[0] + 1, to: isLast ? EVER : to, finalHeight: finalHeight ?? 0 };
  const nodes = nodesBetween(store, n, range);
  const endorsements = store.machineLog.endorsements(n, ENDORSEMENTS_MAX);
  const answer = {
    machine: found.id,
    head: head === null ? null : (store.events.read(head)?.id ?? null),
    nodes: withEquivocation(nodes),
    endorsements: endorsements.map(endorsementAnswer),
    frozen:
      frozen === null
        ? null
        : freezeAnswer(relay, loadMachine(relay, found), JSON.parse(frozen) as Frozen),
    next,
  };
  return taggedJson(context, answer, linkTo(context, next));
}

const EVER = Number.MAX_SAFE_INTEGER;

type Range = { readonly from: number; readonly to: number; readonly finalHeight: number };

/** The nodes of a machine within a range of heights, lower ones first. */
export function nodesBetween(
  store: Store,
  machine: number,
  { from, to, finalHeight }: Range,
): Node[] {
  const rows = store.machineLog.nodes(machine, from, to);
  const accepted = rows.map((row) => acceptedNode(row, finalHeight));
  const refused = evidenceNodes(store, machine).filter(
    ({ height }) => height >= from && height <= to,
  );
  return [...accepted, ...refused].sort((a, b) => a.height - b.height);
}

function acceptedNode(row: NodeRow, finalHeight: number): Node {
  return {
    id: row.id.toString('hex'),
    prior: row.prior?.toString('hex') ?? null,
    height: row.height,
    type: row.type,
    author: row.author.toString('hex'),
    created_at: row.created_at,
    canonical: row.canonical === 1,
    final: row.canonical === 1 && row.height <= finalHeight,
    evidence: false,
    implied: row.implied === 1,
  };
}

/** Transitions among the evidence about a machine; wrong snapshots have no place in the tree. */
function evidenceNodes(store: Store, machine: number): Node[] {
  const rows = store.evidence.list(machine).filter(({ kind }) => kind === TRANSITION_KIND);
  const byId = new Map(rows.map((row) => [row.id.toString('hex'), row]));
  const heights = new Map<string | null, number>([[null, 0]]);

  const heightOf = (id: string | null): number => {
    const known = heights.get(id);
    if (known !== undefined || id === null) return known ?? 0;
    const row = byId.get(id);
    const height = row ? heightOf(hexOf(row.prior)) + 1 : acceptedHeight(store, id);
    heights.set(id, height);
    return height;
  };
  return rows.map((row) => evidenceNode(row, heightOf(row.id.toString('hex'))));
}

function evidenceNode(row: EvidenceRow, height: number): Node {
  // A quote inside a string of JSON is escaped, so this can only be the tag; parsing all is dear.
  const type = /\["t","([^"]*)"/.exec(row.event)?.[1] ?? '';
  return {
    id: row.id.toString('hex'),
    prior: hexOf(row.prior),
    height,
    type,
    author: row.author.toString('hex'),
    created_at: row.created_at,
    canonical: false,
    final: false,
    evidence: true,
    implied: false,
  };
}

function acceptedHeight(store: Store, id: string): number {
  const found = store.events.find(id);
  return (found && store.transitions.find(found.n)?.height) ?? 0;
}

/** Two siblings by one author are equivocation; by different authors, a race (PROTOCOL §7). */
function withEquivocation(nodes: readonly Node[]) {
  const placeOf = ({ prior, author }: Node) => `${prior} ${author}`;
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(placeOf(node), (counts.get(placeOf(node)) ?? 0) + 1);
  return nodes.map((node) => ({ ...node, equivocation: (counts.get(placeOf(node)) ?? 0) > 1 }));
}

function endorsementAnswer({ snapshot, head, pubkey, created_at }: EndorsementRow) {
  return {
    snapshot: snapshot.toString('hex'),
    head: hexOf(head),
    pubkey: pubkey.toString('hex'),
    created_at,
  };
}

function hexOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex');
}
