/**
 * A relay and a client that all tests of a file or block share, opened and closed by its hooks.
 */

import { afterAll, beforeAll } from 'vitest';
import type { ConfigInput } from '../../src/config.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Held, heldBy, verdictOf } from './answers.ts';
import { type Client, connect } from './client.ts';
import { NOW } from './machines.ts';
import { startTestRelay, type TestRelay, type TestRelayOptions } from './start-relay.ts';

/** What is on stage; there from the first test on. */
export type Stage = {
  readonly relay: TestRelay;
  readonly client: Client;
  /** Another client, closed with the stage. */
  readonly another: () => Promise<Client>;
  /** Publishes an event and looks where its machine stands then. */
  readonly submit: (event: NostrEvent, machine?: { readonly id: string }) => Promise<Submitted>;
};

/** An answer in short, and where the machine stands after it. */
export type Submitted = { readonly verdict: string; readonly held: Held | null };

/** Sets the stage for the tests of the surrounding block; the clock stands still at `NOW`. */
export function setStage(deviations: ConfigInput = {}, options: TestRelayOptions = {}): Stage {
  const open: { relay?: TestRelay; client?: Client; clients: Client[] } = { clients: [] };
  const another = async (): Promise<Client> => {
    const client = await connect(present(open.relay).url);
    open.clients.push(client);
    return client;
  };

  beforeAll(async () => {
    open.relay = await startTestRelay(deviations, { now: () => NOW, ...options });
    open.client = await another();
  });
  afterAll(async () => {
    await Promise.all(open.clients.map((client) => client.close()));
    await open.relay?.stop();
  });

  return {
    get relay() {
      return present(open.relay);
    },
    get client() {
      return present(open.client);
    },
    another,
    submit: async (event, machine = event) => {
      const client = present(open.client);
      const verdict = verdictOf(await client.publish(event));
      return { verdict, held: await heldBy(client, present(open.relay).self, machine.id) };
    },
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the stage is set by the hooks of a test');
  return value;
}
