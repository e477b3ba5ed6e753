/**
 * What the tests want of a client library, whatever it calls it: publish, query, listen.
 *
 * An adapter says in a library's own words what an application written with it would say, and adds
 * nothing: no retry, no patience, no order of its own. What a test sees is what the library does.
 */

import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Answer } from '../support/client.ts';
import type { Person } from '../support/machines.ts';

/** A client library. */
export type Library = {
  readonly name: string;
  /** Whether a subscription goes on by itself when the relay is back. */
  readonly resumes: boolean;
  /** What a library does that was refused as `auth-required:`, if it authenticates at all. */
  readonly authenticates: 'and sends again' | 'for what comes next';
  readonly open: (url: string, as: Person) => Promise<Session>;
};

/** An application that uses one relay. */
export type Session = {
  /** The relay's answer, with its very text. */
  readonly publish: (event: Event) => Promise<Answer>;
  readonly query: (filter: Filter) => Promise<readonly Event[]>;
  /** Hears stored events and live ones; resolves when the stored ones are through. */
  readonly listen: (filter: Filter, hear: (event: Event) => void) => Promise<void>;
  readonly close: () => Promise<void> | void;
};

/** The seven fields of an event, as libraries take them and without what they add. */
export function plain(event: NostrEvent | Event): Event {
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  return { id, pubkey, created_at, kind, tags: tags.map((tag) => [...tag]), content, sig };
}

/** An event as a library wrote it down. */
export const fromJson = (json: string): Event => plain(JSON.parse(json));

/** A refusal, when a library throws it. */
export function refusalIn(error: unknown): Answer {
  return { accepted: false, message: error instanceof Error ? error.message : String(error) };
}
