/**
 * rx-nostr, with its own verifier.
 */

import { bytesToHex } from '@noble/hashes/utils.js';
import { createRxBackwardReq, createRxForwardReq, createRxNostr } from 'rx-nostr';
import { seckeySigner, verifier } from 'rx-nostr-crypto';
import { firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { WebSocket } from 'ws';
import { type Library, plain } from '../library.ts';

/** rx-nostr. */
export const rxNostr: Library = {
  name: 'rx-nostr',
  resumes: true,
  authenticates: 'and sends again',
  open: async (url, as) => {
    const signer = seckeySigner(bytesToHex(as.secret));
    const rx = createRxNostr({
      ...{ verifier, signer, authenticator: 'auto' as const },
      websocketCtor: WebSocket as never,
    });
    rx.setDefaultRelays([url]);
    return {
      publish: async (event) => {
        const { ok, notice = '' } = await lastValueFrom(rx.send(event));
        return { accepted: ok, message: notice };
      },
      query: (filter) => {
        const req = createRxBackwardReq();
        const events = rx.use(req).pipe(
          map(({ event }) => plain(event)),
          toArray(),
        );
        const found = firstValueFrom(events);
        req.emit(filter);
        req.over();
        return found;
      },
      listen: (filter, hear) =>
        new Promise((resolve) => {
          const req = createRxForwardReq();
          rx.createAllMessageObservable().subscribe(({ type }) => {
            if (type === 'EOSE') resolve();
          });
          rx.use(req).subscribe(({ event }) => hear(plain(event)));
          req.emit(filter);
        }),
      close: () => rx.dispose(),
    };
  },
};
