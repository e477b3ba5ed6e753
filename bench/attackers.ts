/**
 * Worker entry: the attackers, in a thread of their own so that they do not slow the bystander's
 * clock down.
 *
 * Is told where the relay is and answers with the names of its attacks; then runs what it is asked
 * to, each time over new connections, since a relay may make those wait who ask for much. An input
 * may be answered later, but it has to be.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { attacksOn } from './attacks.ts';
import { type Client, openClient } from './client.ts';

/** One attack by its number or all of them in turn; or an end to it. */
export type Order =
  | {
      readonly attack: number | 'all';
      readonly clients: number;
      /** Inputs of each client on their way at a time. */
      readonly window: number;
      readonly ms: number;
    }
  | 'end';

/** What became of an order: inputs answered in how long; at the end, whatever was not answered. */
export type Result = {
  readonly answered: number;
  readonly took: number;
  readonly faults: readonly string[];
};

/** How long an order waits for the answers to what it has sent. */
const GRACE_MS = 1_000;

const url = String(workerData);
const attacks = await attacksOn(await openClient(url));
const faults: string[] = [];
const unfinished: Promise<void>[] = [];

parentPort?.on('message', async (order: Order) => {
  parentPort?.postMessage(order === 'end' ? await end() : await run(order));
});
parentPort?.postMessage(attacks.map(({ name }) => name));

async function run({ attack, clients, window, ms }: Exclude<Order, 'end'>): Promise<Result> {
  const chosen = attack === 'all' ? attacks : attacks.slice(attack, attack + 1);
  const crowd = await Promise.all(Array.from({ length: clients }, () => openClient(url)));
  const started = performance.now();
  let answered = 0;
  let next = 0;
  const one = async (client: Client): Promise<void> => {
    while (performance.now() < started + ms) {
      await chosen[next++ % chosen.length]?.input(client);
      answered++;
    }
  };
  const all = crowd.flatMap((client) => Array.from({ length: window }, () => one(client)));
  unfinished.push(...all.map((each) => each.catch((fault) => void faults.push(String(fault)))));
  await Promise.race([Promise.all(all), sleep(ms + GRACE_MS)]).catch(() => {});
  return { answered, took: performance.now() - started, faults };
}

/** Waits for all answers that are still to come. */
async function end(): Promise<Result> {
  const started = performance.now();
  await Promise.all(unfinished);
  return { answered: 0, took: performance.now() - started, faults };
}
