/**
 * Signing for libraries that ask for it: they bring what is to be signed, and wait.
 */

import type { Event, EventTemplate } from 'nostr-tools/core';
import type { Person } from '../support/machines.ts';
import { signEvent } from '../support/sign.ts';
import { plain } from './library.ts';

/** Signs for somebody whatever a library wants signed. */
export const signerOf =
  ({ secret }: Person) =>
  async (template: EventTemplate): Promise<Event> =>
    plain(signEvent(template, secret));
