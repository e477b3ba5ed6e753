/**
 * A relay that restarts while libraries use it: what was acknowledged is there afterwards, and
 * subscriptions of libraries that reconnect go on.
 *
 * Some libraries do not come back after a clean close, so the relay ends its connections without
 * one; these tests fail when it says goodbye.
 */

import type { Event } from 'nostr-tools/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { note, R, X, Z } from '../support/machines.ts';
import type { TestRelay } from '../support/start-relay.ts';
import { startFixedRelay } from './fixed-relay.ts';
import { LIBRARIES } from './libraries.ts';
import { plain, type Session } from './library.ts';

/** How long the slowest library takes to come back, and then some. */
const PATIENCE = { timeout: 40_000, interval: 50 };

let written = 0;
const START = Math.floor(Date.now() / 1_000) - 1_000;
/** A second after the one before: nostr-tools goes on one second after what it heard last. */
const newNote = (): Event => {
  const content = `note ${++written}`;
  return plain(note(1, content, { by: Z, at: START + written }));
};

describe.each(LIBRARIES.map((library) => [library.name, library] as const))('%s', (_, library) => {
  let relay: TestRelay;
  const sessions: Session[] = [];
  const open = async (): Promise<Session> => {
    const session = await library.open(relay.url, sessions.length === 0 ? X : R);
    sessions.push(session);
    return session;
  };

  beforeAll(async () => {
    relay = await startFixedRelay();
  });
  afterAll(async () => {
    for (const session of sessions) await session.close();
    await relay.stop();
  });

  it('loses nothing that was acknowledged when the relay restarts', async () => {
    const writer = await open();
    const acknowledged = new Set<string>();
    const send = () => {
      const event = newNote();
      // What the connection swallows is never answered, or an error: not acknowledged either way.
      writer.publish(event).then(
        ({ accepted }) => accepted && acknowledged.add(event.id),
        () => {},
      );
    };
    for (let i = 0; i < 20; i++) send();
    await expect.poll(() => acknowledged.size, PATIENCE).toBeGreaterThan(0);
    for (let i = 0; i < 200; i++) send();
    await relay.restart();

    const client = await connect(relay.url);
    const stored = await client.query({ kinds: [1], authors: [Z.pubkey], limit: 500 });
    await client.close();
    const found = new Set(stored.map(({ id }) => id));
    expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
  });

  it('publishes to and reads from the relay that came back', async () => {
    const session = await open();
    const event = newNote();
    expect(await session.publish(event)).toMatchObject({ accepted: true });
    expect(await session.query({ ids: [event.id] })).toEqual([event]);
  });

  it(library.resumes
    ? 'hears what comes after a restart, without being told to'
    : 'hears what comes after a restart when it is opened again', async () => {
    const filter = { kinds: [1], authors: [Z.pubkey] };
    const heard = new Map<string, Event>();
    const hear = (event: Event) => heard.set(event.id, event);
    const before = newNote();
    const reader = await open();
    await reader.listen(filter, hear);
    await publish(before);
    await expect.poll(() => heard.get(before.id), PATIENCE).toEqual(before);

    await relay.restart();
    if (!library.resumes) await (await open()).listen(filter, hear);
    const after = newNote();
    await publish(after);
    await expect.poll(() => heard.get(after.id), PATIENCE).toEqual(after);
  }, 60_000);

  async function publish(event: Event): Promise<void> {
    const client = await connect(relay.url);
    expect(await client.publish(event)).toMatchObject({ accepted: true });
    await client.close();
  }
});
