/**
 * Asks for stored events and measures: one REQ outstanding on each connection, for a while.
 */
import { inTime, openSockets, type Socket } from './socket.ts';

/** What was answered. */
export type Answered = {
  readonly queries: number;
  readonly events: number;
  readonly seconds: number;
};

const CONNECTIONS = 8;

/** Asks with what `filterAt` makes of 0, 1, 2, … until the time is over. */
export async function ask(
  url: string,
  seconds: number,
  filterAt: (i: number) => object,
): Promise<Answered> {
  const sockets = await openSockets(url, CONNECTIONS);
  const until = performance.now() + seconds * 1_000;
  const counts = { queries: 0, events: 0 };
  const started = performance.now();
  await Promise.all(sockets.map((socket) => askUntil(socket, { until, filterAt, counts })));
  const taken = (performance.now() - started) / 1_000;
  for (const socket of sockets) socket.close();
  return { ...counts, seconds: taken };
}

type Asking = {
  readonly until: number;
  readonly filterAt: (i: number) => object;
  readonly counts: { queries: number; events: number };
};

function askUntil(socket: Socket, { until, filterAt, counts }: Asking): Promise<void> {
  return inTime((done) => {
    // The same subscription again takes the place of the one before.
    const next = (): void => {
      if (performance.now() > until) return done();
      socket.send(JSON.stringify(['REQ', 'q', filterAt(counts.queries++)]));
    };
    socket.onFrame = (text) => {
      if (text.startsWith('["EVENT"')) counts.events++;
      else if (text.startsWith('["EOSE"')) next();
      else throw new Error(`the relay said ${text}`);
    };
    next();
  });
}
