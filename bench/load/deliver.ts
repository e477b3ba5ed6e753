/**
 * Live delivery: many subscribers of one machine, one publisher, and how long until all have it.
 */
import type { Chain } from './profiles.ts';
import { inTime, openSocket, openSockets } from './socket.ts';

/** Deliveries a second, and ms from sending an event to each of its deliveries, sorted. */
export type Delivered = { readonly perSecond: number; readonly waits: readonly number[] };

/** A fan-out: so many subscribers, so many events that not all of them have yet. */
export type FanOut = { readonly subscribers: number; readonly window: number };

/** Publishes the transitions of a chain (its definition is stored already) to its subscribers. */
export async function deliver(
  url: string,
  chain: Chain,
  { subscribers, window }: FanOut,
): Promise<Delivered> {
  const [definition, ...transitions] = chain;
  const publisher = await openSocket(url);
  const sockets = await openSockets(url, subscribers);
  await inTime((done) => {
    let open = 0;
    for (const socket of sockets) {
      socket.onFrame = () => {
        if (++open === subscribers) done();
      };
      socket.send(JSON.stringify(['REQ', 'live', { '#e': [definition?.id], limit: 0 }]));
    }
  });
  const sentAt: number[] = [];
  const missing = transitions.map(() => subscribers);
  const waits: number[] = [];
  let complete = 0;
  const send = (): void => {
    const event = transitions[sentAt.length];
    if (event === undefined) return;
    sentAt.push(performance.now());
    publisher.send(JSON.stringify(['EVENT', event]));
  };
  const started = performance.now();
  await inTime((done) => {
    for (const socket of sockets) {
      // Events of one machine come in its order.
      let at = 0;
      socket.onFrame = () => {
        waits.push(performance.now() - (sentAt[at] ?? 0));
        missing[at] = (missing[at] ?? 0) - 1;
        if (missing[at++] !== 0) return;
        complete++;
        if (complete === transitions.length) done();
        else send();
      };
    }
    for (let i = 0; i < window; i++) send();
  });
  const perSecond = (waits.length * 1_000) / (performance.now() - started);
  for (const socket of [publisher, ...sockets]) socket.close();
  return { perSecond, waits: waits.sort((a, b) => a - b) };
}
