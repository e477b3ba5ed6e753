/**
 * Welshman (Coracle): functions on a pool of sockets.
 */

import {
  defaultSocketPolicies,
  makeSocketPolicyAuth,
  Pool,
  publishOne,
  requestOne,
  Socket,
} from '@welshman/net';
import type { Filter as WelshmanFilter } from '@welshman/util';
import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import { fromJson, type Library } from '../library.ts';
import { signerOf } from '../signer.ts';

/** Welshman. What was refused for want of AUTH its sockets send again. */
export const welshman: Library = {
  name: 'Welshman',
  resumes: false,
  authenticates: 'and sends again',
  open: async (url, as) => {
    const auth = makeSocketPolicyAuth({ sign: signerOf(as), shouldAuth: () => true });
    const makeSocket = (relay: string) => new Socket(relay, [...defaultSocketPolicies, auth]);
    const context = { pool: new Pool({ makeSocket }) };
    return {
      publish: async (event) => {
        const { status, detail } = await publishOne({ relay: url, event, context });
        return { accepted: status === 'success', message: detail };
      },
      query: async (filter) => {
        const options = { relay: url, filters: [wholly(filter)], autoClose: true, context };
        return (await requestOne(options)).map(plainOf);
      },
      listen: (filter, hear) =>
        new Promise((resolve) => {
          requestOne({
            ...{ relay: url, filters: [wholly(filter)], context },
            onEvent: (event) => hear(plainOf(event)),
            onEose: () => resolve(),
          });
        }),
      close: () => context.pool.clear(),
    };
  },
};

const plainOf = (event: object): Event => fromJson(JSON.stringify(event));
/** Without members that are undefined. */
const wholly = (filter: Filter): WelshmanFilter => JSON.parse(JSON.stringify(filter));
