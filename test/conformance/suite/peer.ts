/**
 * A relay that is known by its address, and strangers who talk to it.
 *
 * Time is real time. Everybody's keys are new in every run: what another run left behind is by
 * others. The relay is `fast` when it answers pings only after what came before, as ours does;
 * from others one has to wait for what might still come.
 */

import { randomBytes } from 'node:crypto';
import type { NostrEvent } from '../../../src/nostr/event.ts';
import { type Client, type ClientManners, connect } from '../../support/client.ts';
import type { Content, Person, Said } from '../../support/machines.ts';
import { note } from '../../support/machines.ts';
import { testKey } from '../../support/sign.ts';
import { Untested } from './untested.ts';

/** The relay under test, and what is needed to test it. */
export type Peer = {
  readonly url: string;
  /** The same address over HTTP. */
  readonly httpUrl: string;
  /** The NIP-11 document; empty where there is none. */
  readonly info: Readonly<Record<string, unknown>>;
  /** A connection that all tests share. */
  readonly client: Client;
  /** A connection of its own. */
  readonly another: () => Promise<Client>;
  /** The same person for the same name, within this run. */
  readonly person: (name: string) => Person;
  /** Somebody nobody has heard of. */
  readonly newcomer: () => Person;
  readonly close: () => Promise<void>;
};

/** What an event says beyond its kind and content. */
export type Draft = Omit<Said, 'at'> & {
  /** Seconds before now; negative is ahead. */
  readonly ago?: number;
};

/** The present in Unix seconds. */
export const present = (): number => Math.floor(Date.now() / 1_000);

/** A signed event of now. */
export function draft(kind: number, content: Content = '', said: Draft = {}): NostrEvent {
  const { ago = 0, ...rest } = said;
  return note(kind, content, { ...rest, at: present() - ago });
}

/** Meets a relay. Rejects when it cannot be reached. */
export async function meet(url: string, manners: ClientManners = {}): Promise<Peer> {
  const httpUrl = url.replace(/^ws/, 'http');
  const run = randomBytes(8).toString('hex');
  const clients: Client[] = [];
  const another = async (): Promise<Client> => {
    const client = await connect(url, manners);
    clients.push(client);
    return client;
  };
  let people = 0;
  const person = (name: string): Person => testKey(`${run} ${name}`);
  return {
    ...{ url, httpUrl, another, person },
    info: await documentAt(httpUrl),
    client: await another(),
    newcomer: () => person(`newcomer ${++people}`),
    close: async () => {
      for (const { socket } of clients) socket.terminate();
      await Promise.all(clients.map(({ ended }) => ended));
    },
  };
}

/** True when the relay says that it supports a NIP. */
export function claims({ info }: Peer, nip: number): boolean {
  const nips = info['supported_nips'];
  return Array.isArray(nips) && nips.includes(nip);
}

/** Goes on only where the relay says that it supports a NIP. */
export function onlyWith(peer: Peer, nip: number): void {
  if (!claims(peer, nip)) throw new Untested(`it does not claim NIP-${nip}`);
}

/** A limit of the NIP-11 document. Untested where it is not given. */
export function limitOf({ info }: Peer, name: string): number {
  const limitation = info['limitation'];
  const table = new Map(Object.entries(limitation ?? {}));
  const value: unknown = table.get(name);
  if (typeof value !== 'number') throw new Untested(`it names no ${name}`);
  return value;
}

async function documentAt(httpUrl: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const headers = { Accept: 'application/nostr+json' };
    const response = await fetch(httpUrl, { headers });
    const json: unknown = await response.json();
    return typeof json === 'object' && json !== null ? { ...json } : {};
  } catch {
    return {};
  }
}
