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
  return { row, data: { machine, revision, head, height, status, value: JSON.parse(row.value) } };
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
  // What a new branch consists of was not a head each; what was built on it afterwards was.
  const isHead = ({ row }: Step) => row.canonical === 1 && row.height > (reorganised?.height ?? 0);
  return [
    ...beside.map((step) => besideNotice(now, step)),
    ...(reorganised ? reorganisation(now, reorganised) : []),
    ...steps.filter(isHead).map((step) => headNotice(now, step)),
    ...(changes.some(({ kind }) => kind === 'frozen') ? [frozenNotice(now)] : []),
    ...published.flatMap(({ event }) => snapshotNotices(now, event)),
  ];
}

/** An accepted transition; one that names no prior has one all the same where links are inferred. */
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

function snapshotNotices({ data, row }: Standing, event: NostrEvent): readonly Notice[] {
  if (event.kind !== SNAPSHOT_KIND) return [];
  const { id: snapshot, pubkey: author, created_at } = event;
  const about = { snapshot, author, created_at, of: parseLink(event) ?? null };
  return [{ name: 'snapshot', data: { ...data, ...about, final_height: row.final_height } }];
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
