/**
 * The library entry: a relay inside another program.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRelay } from '../src/index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-library-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('createRelay', () => {
  it('runs relays side by side, each with its own key, until they are stopped', async () => {
    const names = ['one', 'two'];
    const relays = await Promise.all(
      names.map((name) =>
        createRelay({ listen: { port: 0 }, dataDir: join(folder, name), relay: { name } }),
      ),
    );
    const documents = await Promise.all(
      relays.map(async ({ httpUrl }) => {
        const response = await fetch(httpUrl, { headers: { Accept: 'application/nostr+json' } });
        return response.json();
      }),
    );
    expect(documents).toMatchObject(relays.map(({ self }, i) => ({ name: names[i], self })));
    expect(relays[0]?.self).not.toBe(relays[1]?.self);

    await Promise.all(relays.map((relay) => relay.stop()));
    await expect(fetch(relays[0]?.httpUrl ?? '')).rejects.toThrow();
  });

  it('takes no option it does not know', async () => {
    const misspelt = { listen: { prot: 7777 } } as object;
    await expect(createRelay(misspelt)).rejects.toThrow('prot');
  });

  it('does not look at the environment', async () => {
    process.env['HEADKEEPER_RELAY_NAME'] = 'from outside';
    const relay = await createRelay({ listen: { port: 0 }, dataDir: join(folder, 'three') });
    const response = await fetch(relay.httpUrl, { headers: { Accept: 'application/nostr+json' } });
    expect(await response.json()).toMatchObject({ name: 'Headkeeper' });
    await relay.stop();
    delete process.env['HEADKEEPER_RELAY_NAME'];
  });
});
