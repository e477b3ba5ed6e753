/**
 * Each library does what an application wants of a relay, with the relay's own words.
 *
 * Who listens is another session than who publishes: some libraries show an application its own
 * events before, or although, the relay said no.
 */

import { readFileSync } from 'node:fs';
import type { Event } from 'nostr-tools/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { C, note, R, X, Z } from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { newDelivery } from './delivery.ts';
import { LIBRARIES } from './libraries.ts';
import { type Library, plain, type Session } from './library.ts';

const ids = (events: readonly Event[]): readonly string[] => events.map(({ id }) => id);

describe.each(LIBRARIES.map((library) => [library.name, library] as const))('%s', (_, library) => {
  let relay: TestRelay;
  let writer: Session;
  let reader: Session;

  beforeAll(async () => {
    relay = await startTestRelay();
    writer = await library.open(relay.url, X);
    reader = await library.open(relay.url, R);
  });
  afterAll(async () => {
    await writer.close();
    await reader.close();
    await relay.stop();
  });

  it('publishes a machine and its steps, and hears why a stale step is refused', async () => {
    const { machine, steps, stale } = newDelivery();
    for (const event of [machine, ...steps]) {
      expect(await writer.publish(event)).toMatchObject({ accepted: true });
    }
    const { accepted, message } = await writer.publish(stale);
    expect(accepted).toBe(false);
    expect(message).toContain(`invalid: stale-head: head=${steps[1].id} height=2 — `);
  });

  it('hears what is stored and what comes, and nothing that was refused', async () => {
    const { machine, steps, stale } = newDelivery();
    for (const event of [machine, steps[0]]) await writer.publish(event);
    const heard: Event[] = [];
    await reader.listen({ kinds: [7501], '#e': [machine.id] }, (event) => heard.push(event));
    await expect.poll(() => heard).toEqual([steps[0]]);
    for (const event of [stale, steps[1]]) await writer.publish(event);
    await expect.poll(() => heard).toEqual([...steps]);
  });

  it('finds machines, steps and states by the filters of applications', async () => {
    const { machine, steps } = newDelivery();
    for (const event of [machine, ...steps]) await writer.publish(event);
    expect(await reader.query({ ids: [machine.id] })).toEqual([machine]);
    const found = await reader.query({ kinds: [7501], '#e': [machine.id] });
    expect(ids(found).toSorted()).toEqual(ids(steps).toSorted());
    expect(await reader.query({ kinds: [7501], '#e': [machine.id], limit: 1 })).toEqual([steps[1]]);
    const [state] = await reader.query({
      kinds: [30078],
      authors: [relay.self],
      '#e': [machine.id],
    });
    expect(state?.tags).toContainEqual(['s', 'in_transit']);
    expect(await reader.query({ ids: ['0'.repeat(64)] })).toEqual([]);
  });

  it('publishes and reads text that needs care', async () => {
    const event = plain(
      note(1, 'a\n"\\\t\u2028🤙é', { by: Z, at: Math.floor(Date.now() / 1_000) }),
    );
    expect(await writer.publish(event)).toMatchObject({ accepted: true });
    expect(await reader.query({ ids: [event.id] })).toEqual([event]);
  });
});

describe.each(LIBRARIES.map((library) => [library.name, library] as const))(
  '%s, when a relay wants to know who it is',
  (_, library) => {
    let relay: TestRelay;
    beforeAll(async () => {
      relay = await startTestRelay({ access: { authRequired: true } });
    });
    afterAll(() => relay.stop());

    it('authenticates and publishes', async () => {
      const session = await library.open(relay.url, C);
      const { machine } = newDelivery();
      expect((await again(library, () => session.publish(machine))).accepted).toBe(true);
      expect(await session.query({ ids: [machine.id] })).toEqual([machine]);
      await session.close();
    });

    it('authenticates and reads', async () => {
      const session = await library.open(relay.url, C);
      const event = plain(note(1, 'for those who are known', { by: Z, at: 1_700_000_000 }));
      const writer = await library.open(relay.url, Z);
      await again(library, () => writer.publish(event));
      const heard: Event[] = [];
      await session.listen({ kinds: [1] }, (one) => heard.push(one));
      await expect.poll(() => heard).toEqual([event]);
      await session.close();
      await writer.close();
    });
  },
);

describe('docs/conformance.md', () => {
  const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');

  it.each(LIBRARIES)('says of $name what is seen here', ({ name, resumes, authenticates }) => {
    const [, , back, auth] = page.split('\n').find(isRowOf(name))?.split(' | ') ?? [];
    expect([back?.startsWith('by itself'), auth]).toEqual([resumes, `${authenticates} |`]);
  });

  const isRowOf = (name: string) => (line: string) => line.startsWith(`| ${name} |`);
});

/** Does something, and does it again for libraries that leave that to the application. */
async function again<Result>({ authenticates }: Library, work: () => Promise<Result>) {
  const result = await work();
  if (authenticates === 'and sends again') return result;
  return await work();
}
