/**
 * Nostrify: one relay, asked with async iterators.
 */

import { NRelay1 } from '@nostrify/nostrify';
import { type Library, plain, refusalIn } from '../library.ts';
import { signerOf } from '../signer.ts';

/** Nostrify. */
export const nostrify: Library = {
  name: 'Nostrify',
  resumes: true,
  authenticates: 'and sends again',
  open: async (url, as) => {
    const relay = new NRelay1(url, {
      auth: (challenge) => {
        const tags = [
          ['relay', url],
          ['challenge', challenge],
        ];
        const created_at = Math.floor(Date.now() / 1_000);
        return signerOf(as)({ kind: 22_242, created_at, tags, content: '' });
      },
    });
    return {
      publish: async (event) => {
        try {
          await relay.event(event);
          return { accepted: true, message: '' };
        } catch (error) {
          return refusalIn(error);
        }
      },
      query: async (filter) => (await relay.query([filter])).map(plain),
      listen: (filter, hear) =>
        new Promise((resolve, reject) => {
          const read = async () => {
            for await (const [verb, , event] of relay.req([filter])) {
              if (verb === 'EOSE') resolve();
              if (verb === 'EVENT') hear(plain(event));
            }
          };
          read().catch(reject);
        }),
      close: () => relay.close(),
    };
  },
};
