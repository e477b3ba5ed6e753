/**
 * Publishes chains and measures: each machine on one connection, in order, with a number of events
 * unanswered at a time.
 */
import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Chain } from './profiles.ts';
import { inTime, openSockets, type Socket } from './socket.ts';

/** What became of a load: how long it took, and how long each answer. */
export type Published = {
  readonly seconds: number;
  /** In ms, sorted. */
  readonly waits: readonly number[];
  readonly refused: number;
};

/** How it is sent. */
export type Sending = { readonly connections: number; readonly window: number };

/** Publishes everything; resolves when everything is answered. */
export async function publish(
  url: string,
  chains: readonly Chain[],
  { connections, window }: Sending,
): Promise<Published> {
  const sockets = await openSockets(url, Math.min(connections, chains.length));
  const frames = sockets.map((_, i) =>
    chains.filter((_, chain) => chain % sockets.length === i).flatMap((chain) => chain.map(framed)),
  );
  const waits: number[] = [];
  let refused = 0;
  const note = (ms: number, accepted: boolean): void => {
    waits.push(ms);
    if (!accepted) refused++;
  };
  const started = performance.now();
  await Promise.all(
    sockets.map((socket, i) => run(socket, { frames: frames[i] ?? [], window, note })),
  );
  const seconds = (performance.now() - started) / 1_000;
  for (const socket of sockets) socket.close();
  return { seconds, waits: waits.sort((a, b) => a - b), refused };
}

type Framed = { readonly id: string; readonly frame: string };

type Run = {
  readonly frames: readonly Framed[];
  readonly window: number;
  readonly note: (ms: number, accepted: boolean) => void;
};

function framed(event: NostrEvent): Framed {
  return { id: event.id, frame: JSON.stringify(['EVENT', event]) };
}

function run(socket: Socket, { frames, window, note }: Run): Promise<void> {
  const sentAt = new Map<string, number>();
  let at = 0;
  let answered = 0;
  const sendNext = (): void => {
    const next = frames[at++];
    if (next === undefined) return;
    sentAt.set(next.id, performance.now());
    socket.send(next.frame);
  };
  return inTime((done) => {
    socket.onFrame = (text) => {
      if (!text.startsWith('["OK"')) return;
      const [, id, accepted] = JSON.parse(text) as [string, string, boolean];
      note(performance.now() - (sentAt.get(id) ?? Number.NaN), accepted);
      answered++;
      if (answered === frames.length) done();
      else sendNext();
    };
    for (let i = 0; i < window; i++) sendNext();
  });
}
