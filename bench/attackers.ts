/**
 * Worker entry: the attackers, in a thread of their own so that they do not slow the bystander's
 * clock down.
 *
 * Is told where the relay is and answers with the names of its attacks; then runs what it is asked
 * to, one after the other, and says how many inputs were answered in how long.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { type Attack, attacksOn } from './attacks.ts';
import { type Client, openClient } from './client.ts';

/** One attack by its number, or all of them in turn. */
export type Order = {
  readonly attack: number | 'all';
  readonly clients: number;
  /** Inputs of each client on their way at a time. */
  readonly window: number;
  readonly ms: number;
};

/** What became of an order. */
export type Result = { readonly answered: number; readonly took: number };

const CLIENTS_MAX = 6;

const clients: Client[] = [];
while (clients.length < CLIENTS_MAX) clients.push(await openClient(String(workerData)));
const attacks = await attacksOn(clients[0] as Client);

parentPort?.on('message', async ({ attack, clients: count, ...order }: Order) => {
  let next = 0;
  const chosen = attack === 'all' ? attacks : attacks.slice(attack, attack + 1);
  const input: Attack['input'] = async (client) => chosen[next++ % chosen.length]?.input(client);
  parentPort?.postMessage(await run({ ...order, clients: clients.slice(0, count), input }));
});
parentPort?.postMessage(attacks.map(({ name }) => name));

type Crowd = Pick<Order, 'window' | 'ms'> & {
  readonly clients: readonly Client[];
  readonly input: Attack['input'];
};

/** Sends inputs for a time and waits for the last answer. */
async function run({ clients: crowd, window, ms, input }: Crowd): Promise<Result> {
  const started = performance.now();
  let answered = 0;
  const one = async (client: Client): Promise<void> => {
    while (performance.now() < started + ms) {
      await input(client);
      answered++;
    }
  };
  await Promise.all(crowd.flatMap((client) => Array.from({ length: window }, () => one(client))));
  return { answered, took: performance.now() - started };
}
