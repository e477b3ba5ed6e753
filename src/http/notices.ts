/**
 * What is told of machines that somebody follows: from what was committed to notices.
 *
 * `revision`, `head`, `height`, `status` and `value` are those of the machine when it was told,
 * save in `head`: several transitions may share a commit, and each is told as the head it was.
 */
import type { Change } from '../branches.ts';
import type { Judged, Published } from '../intake.ts';
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { parseLink } from '../nsm/transition.ts';
import { refusalText } from '../refusal.ts';
import type { MachineRow } from '../store/machine-rows.ts';
import type { Store } from '../store/store.ts';
import type { TransitionRow } from '../store/transition-rows.ts';
import type { NoticeData, NoticeName } from './feed.ts';

/** A notice that is still to be numbered. */
export type Notice = { readonly name: NoticeName; readonly data: NoticeData };

/** A machine as notices tell of it. */
export type Standing = { readonly row: MachineRow; readonly data: NoticeData };

/** What one commit did to one machine. */
export type Happened = {
  readonly published: readonly Published[];
  readonly changes: readonly Change[];
};

/** Where a machine stands, by its id and sequence number. */
export function standingOf(store: Store, machine: string, n: number): Standing {
  const row = store.machines.find(n);
  if (row === undefined) throw new Error(`machine ${machine} has lost its row`);
  const head = row.head === null ? null : (store.events.read(row.head)?.id ?? null);
  const { revision, height } = row;
  const status = row.frozen === null ? row.status : 'frozen';
  const value: unknown = JSON.parse(row.value);
  const final_height = finalHeightOf(row);
  return { row, data: { machine, revision, head, height, status, value, final_height } };
}

/** As in the answer about the state: an order that was inferred is never final. */
function finalHeightOf({ final_height, height, links }: MachineRow): number | null {
  return final_height === null || links === 'inferred' ? null : Math.min(final_height, height);
}

/** The notices of a commit about one machine: side branches, changes, heads, snapshots. */
export function noticesOf(store: Store, now: Standing, happened: Happened): readonly Notice[] {
  const { published, changes } = happened;
  const steps = published.flatMap(({ event, n }) => {
    const row =
      event.kind === TRANSITION_KIND && n !== undefined ? store.transitions.find(n) : undefined;
    return row ? [{ event, row, prior: store.transitions.place(event.id).prior }] : [];
  });
  const reorganised = changes.findLast(({ kind }) => kind === 'reorganised');
  const beside = steps.filter(({ row }) => row.canonical === 0);
  // What a new branch consists of was not a head each; what was built on it later was.
  const isHead = ({ row }: Step) => row.canonical === 1 && row.height > (reorganised?.height ?? 0);
  return [
    ...beside.map((step) => besideNotice(now, step)),
    ...(reorganised ? reorganisation(now, reorganised) : []),
    ...steps.filter(isHead).map((step) => headNotice(now, step)),
    ...(changes.some(({ kind }) => kind === 'frozen') ? [frozenNotice(now)] : []),
    ...snapshotNotices(now, happened),
  ];
}

/** An accepted transition; where links are inferred, one that names no prior has one as well. */
type Step = {
  readonly event: NostrEvent;
  readonly row: TransitionRow;
  readonly prior: string | null;
};

/** Two transitions on one prior, of which the new one does not count. */
function besideNotice({ data }: Standing, step: Step): Notice {
  const about = { reorganised: false, at: step.prior, ...stepMembers(step) };
  return { name: 'fork', data: { ...data, ...about } };
}

/** The canonical path leaves the old one at a node; its head is told as a head too. */
function reorganisation({ data }: Standing, { at, head, height }: Change): readonly Notice[] {
  const isNow = head === data.head;
  return [
    { name: 'fork', data: { ...data, reorganised: true, at, branch: { head, height } } },
    ...(isNow ? [{ name: 'head' as const, data: { ...data, reorganised: true } }] : []),
  ];
}

function headNotice({ data, row: { frozen } }: Standing, step: Step): Notice {
  const { event, row } = step;
  const { status, value, height } = row;
  const isHead = event.id === data.head && frozen !== null;
  const head = { head: event.id, height, status: isHead ? 'frozen' : status };
  const about = { ...stepMembers(step), state_hash: row.state_hash.toString('hex') };
  return { name: 'head', data: { ...data, ...head, value: JSON.parse(value), ...about } };
}

function stepMembers({ event, row: { type }, prior }: Step) {
  const { id: transition, pubkey: author, created_at } = event;
  return { transition, prior, type, author, created_at };
}

/** Frozen, or let go: then `frozen` is null. */
export function frozenNotice({ data, row }: Standing): Notice {
  const frozen = row.frozen === null ? null : (JSON.parse(row.frozen) as object);
  return { name: 'frozen', data: { ...data, frozen } };
}

/** Snapshots that were stored; null for an endorsement that is only logged, and yet decides. */
function snapshotNotices({ data }: Standing, { published, changes }: Happened): readonly Notice[] {
  const snapshots = published.filter(({ event }) => event.kind === SNAPSHOT_KIND);
  const notices = snapshots.map(({ event }): Notice => {
    const { id: snapshot, pubkey: author, created_at } = event;
    const about = { snapshot, author, created_at, of: parseLink(event) ?? null };
    return { name: 'snapshot', data: { ...data, ...about } };
  });
  const isFinal = changes.some(({ kind }) => kind === 'final');
  if (notices.length > 0 || !isFinal) return notices;
  const about = { snapshot: null, author: null, created_at: null, of: null };
  return [{ name: 'snapshot', data: { ...data, ...about } }];
}

/** Why an event about a machine was refused; `omitted` were refused before it and not told. */
export function refusalNotices(
  { data }: Standing,
  { event, outcome }: Judged,
  omitted: number,
): readonly Notice[] {
  if (outcome.accepted) return [];
  const { id, kind, pubkey: author } = event;
  const type = tagValues(event, 't')[0] ?? null;
  const { code } = outcome.refusal;
  const about = { id, kind, author, type, code, message: refusalText(outcome.refusal), omitted };
  return [{ name: 'refusal', data: { ...data, refusal: about } }];
}
