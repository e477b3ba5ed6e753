/**
 * `GET /api/v1/machines/{id}/proof`: everything that shows where a machine stands, to be checked
 * offline by whoever does not trust this relay (`headkeeper verify`).
 *
 * What belongs to the bundle is settled when the answer begins: a head that moves meanwhile is for
 * the next one. Events are read as fast as the client takes them, a slice at a time.
 */
import type { Context } from 'hono';
import type { StoredMachine } from '../machine-nodes.ts';
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import { keeperAddress } from '../nsm/keeper-snapshot.ts';
import { SNAPSHOT_KIND } from '../nsm/kinds.ts';
import { eventLine, headerLine } from '../nsm/proof-lines.ts';
import type { Relay } from '../relay.ts';
import { etagOf, notModified } from './etag.ts';
import { isProblem, problem } from './problem.ts';
import { findMachine, type Reply } from './request.ts';
import { loadMachine } from './state.ts';

/** A slice of the answer ends when it is longer, in UTF-16 units. */
const SLICE_LENGTH = 65_536;

/** Answers with the proof bundle of a machine at its head, as JSON lines. */
export function showProof(relay: Relay, context: Context): Reply {
  const found = findMachine(relay, context);
  if (isProblem(found)) return found;
  const machine = loadMachine(relay, found);
  const keeper = keeperEvent(relay, machine);
  if (!keeper) return problem('internal', 'the keeper snapshot of this head could not be written');
  const { tag, lines } = bundleOf(relay, machine, keeper);
  return (
    notModified(context, tag) ??
    context.body(streamOf(lines), 200, {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-cache',
      ETag: tag,
    })
  );
}

type Bundle = { readonly tag: string; readonly lines: Iterator<string> };

/** The lines of a bundle; what is in it is decided before the first one is asked for. */
function bundleOf(
  { store, machines }: Relay,
  { definition, head, links, n }: StoredMachine,
  keeper: NostrEvent,
): Bundle {
  const { path, beside, endorsements, endorsement } = store.proofs;
  const transitions = [...path(n, head.height), ...beside(n, head.height)];
  const endorsed = endorsements(n);
  const { name, hash, content } = machines.view.rules;
  const header = headerLine({
    ...{ machine: definition.id, head: head.id, height: head.height },
    ...{ state_hash: head.computed.hash, links, keeper: keeper.pubkey },
    events: transitions.length + endorsed.length + 2,
    rules: { name, hash, content },
  });
  const read = (at: number): string => eventJson(present(store.events.read(at), at));

  function* lines(): Generator<string> {
    yield header;
    yield eventLine('definition', read(n));
    for (const at of transitions) yield eventLine('transition', read(at));
    for (const id of endorsed) yield eventLine('endorsement', present(endorsement(id), n));
    yield eventLine('keeper', eventJson(keeper));
  }
  const named = [
    header,
    keeper.id,
    transitions.join(),
    endorsed.map((id) => id.toString('hex')).join(),
  ];
  return { tag: etagOf(...named), lines: lines() };
}

/** The keeper snapshot of the head, signed; undefined when it cannot be written. */
function keeperEvent(
  { keeper, store }: Relay,
  { definition: { id }, head }: StoredMachine,
): NostrEvent | undefined {
  const read = (): NostrEvent | undefined => {
    keeper.write([id]);
    const found = store.events.latest(keeper.pubkey, SNAPSHOT_KIND, keeperAddress(id));
    const event = found && store.events.read(found.n);
    const isOfHead = event && (tagValues(event, 'transition')[0] ?? null) === head.id;
    return isOfHead ? { ...event, sig: keeper.serve(event.id) } : undefined;
  };
  const event = read();
  if (event) return event;
  // Those that are stored may be by a key that this relay had before.
  keeper.mark(id, false);
  return read();
}

function present<T>(value: T | undefined, n: number): T {
  if (value === undefined) throw new Error(`${n}: a record of the machine is missing`);
  return value;
}

function streamOf(lines: Iterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull: (controller) => {
      let slice = '';
      while (slice.length < SLICE_LENGTH) {
        const { value, done } = lines.next();
        if (done) break;
        slice += `${value}\n`;
      }
      if (slice === '') controller.close();
      else controller.enqueue(encoder.encode(slice));
    },
  });
}
