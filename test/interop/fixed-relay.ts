/**
 * A relay of ours that comes back at the same address after a restart, with the clock of the world.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { ConfigInput } from '../../src/config.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** Starts a relay on a port that was free a moment ago, and is kept over restarts. */
export async function startFixedRelay(deviations: ConfigInput = {}): Promise<TestRelay> {
  return startTestRelay({ ...deviations, listen: { port: await freePort() } });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
