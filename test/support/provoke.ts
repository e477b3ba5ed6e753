/**
 * Ways to be refused, one for each code: real input over a socket; the last answer is the refusal.
 */

import type { ConfigInput } from '../../src/config.ts';
import type { Answer, Client } from './client.ts';
import type { TestRelay, TestRelayOptions } from './start-relay.ts';

/** What a provocation has at hand. */
export type Scene = {
  /** A client of a relay with the default configuration. */
  readonly client: Client;
  /** A relay of its own, and a client of it; both are closed afterwards. */
  readonly open: (
    deviations?: ConfigInput,
    options?: TestRelayOptions,
  ) => Promise<{ readonly relay: TestRelay; readonly client: Client }>;
};

/** Gets itself refused; resolves with the answer that says so. */
export type Provocation = (scene: Scene) => Promise<Answer>;
