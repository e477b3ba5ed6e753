/**
 * `GET /api/v1/machines` and `/api/v1/machines/{id}`: which machines there are, and all about one.
 */
import type { Context } from 'hono';
import type { z } from 'zod';
import { allKept } from '../kept.ts';
import type { StoredMachine } from '../machine-nodes.ts';
import { tagValues } from '../nostr/event.ts';
import { PARTICIPANTS_MAX } from '../nsm/keeper-snapshot.ts';
import type { Relay } from '../relay.ts';
import type { ListedMachine } from '../store/machine-list.ts';
import { linkTo, makeCursor, readCursor } from './cursor.ts';
import { taggedJson } from './etag.ts';
import { isProblem } from './problem.ts';
import { machinesQuery } from './queries.ts';
import { findMachine, isLeaving, type NamedMachine, type Reply, readAs } from './request.ts';
import { loadMachine, stateAnswer } from './state.ts';

/** How many participants the answer about one machine lists. */
const ALL_PARTICIPANTS_MAX = 1_000;

/** Answers with a page of the machines that meet all conditions, newest activity first. */
export async function listMachines(relay: Relay, context: Context): Promise<Reply> {
  const query = readAs(machinesQuery, context.req.query());
  if (isProblem(query)) return query;
  const page = await pageOfMachines(relay, query);
  if (isProblem(page)) return page;
  const { next } = page;
  const machines = page.machines.map((machine) => listedMachine(relay, machine));
  return taggedJson(context, { machines, next }, linkTo(context, next));
}

/** The machines of a page that are shown, and the cursor of the next page; a problem otherwise. */
export async function pageOfMachines(
  relay: Relay,
  { limit, cursor, ...filter }: z.output<typeof machinesQuery>,
) {
  const { store, access } = relay;
  // State and type are read from keeper snapshots, which are written when somebody asks.
  if (filter.state !== undefined || filter.type !== undefined) await allKept(relay);
  const upTo = store.lastEvent();
  const start = readCursor('machines', cursor, [upTo + 1, upTo] as const);
  if (isProblem(start)) return start;
  const [before, began] = start;
  const page = store.machineList.page(filter, { before, upTo: began, limit });
  const { isHidden } = access.rules();
  return {
    machines: page.machines.filter(({ id }) => !isHidden(id)),
    next: page.next === null ? null : makeCursor('machines', [page.next, began]),
  };
}

/** Answers with everything about one machine that does not grow with its chain. */
export function showMachine(relay: Relay, context: Context): Reply {
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  return taggedJson(context, machineAnswer(relay, found));
}

function listedMachine({ store }: Relay, { n, id, value, ...rest }: ListedMachine) {
  const participants = store.machines.participants(n, PARTICIPANTS_MAX);
  return { machine: id, ...rest, value: JSON.parse(value) as unknown, participants };
}

function machineAnswer(relay: Relay, found: NamedMachine) {
  const { store } = relay;
  const machine = loadMachine(relay, found);
  const { definition, n, forks } = machine;
  const event = store.events.read(n);
  if (!event) throw new Error(`machine ${found.id} has a row and no definition`);
  const { beside, evidence, snapshots } = countsOf(relay, machine);
  const isShown = event.sig !== '' && !isLeaving(relay, event);
  const texts = isShown ? event : { ...event, tags: [] };
  return {
    machine: definition.id,
    definition: isShown ? event : null,
    title: tagValues(texts, 'title')[0] ?? null,
    description: tagValues(texts, 'description')[0] ?? null,
    author: definition.pubkey,
    created_at: definition.createdAt,
    first_seen: found.row.first_seen,
    content_hash: definition.contentHash,
    custodian: custodianAnswer(relay, machine),
    forks,
    participants: store.machines.participants(n, ALL_PARTICIPANTS_MAX),
    warnings: definition.warnings,
    // False when something of it was removed, so that its states cannot be computed anew.
    replayable: !store.tombstones.hasGap(n),
    counts: { transitions: machine.head.height + beside, evidence, snapshots },
    state: stateAnswer(relay, machine, machine.head),
  };
}

function countsOf({ store, keeper }: Relay, { n, definition }: StoredMachine) {
  return {
    beside: store.transitions.countBeside(n, null).total,
    evidence: store.machineLog.countEvidence(n),
    snapshots: store.machineLog.countSnapshots(definition.id, keeper.pubkey),
  };
}

/** Silent until the designated custodian's first valid snapshot. */
function custodianAnswer({ store }: Relay, { n, definition, frozen }: StoredMachine) {
  if (definition.custodian === null) return null;
  const hasSpoken = store.machineLog.endorsements(n, 1).length > 0;
  const status = hasSpoken ? 'active' : 'silent';
  return {
    ...definition.custodian,
    status: frozen?.cause === 'equivocation' ? 'equivocated' : status,
  };
}
