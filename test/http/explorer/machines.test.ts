/**
 * The list of machines as people leaf through it.
 */

import { afterAll, expect, it } from 'vitest';
import { connect } from '../../support/client.ts';
import { define, move, NOW, publishAll, X } from '../../support/machines.ts';
import { startTestRelay } from '../../support/start-relay.ts';
import { ask } from '../job.ts';

const relay = await startTestRelay({}, { now: () => NOW });
afterAll(() => relay.stop());

const shown = (text: string): string[] =>
  [...text.matchAll(/href="\/machines\/([0-9a-f]{64})"/g)].map(([, id = '']) => id);
const more = (text: string): string | undefined =>
  /href="(\/machines\?[^"]*cursor=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');

it('shows each machine once, also one that moves while somebody leafs', async () => {
  const client = await connect(relay.url);
  const machines = [define(), define(), define()];
  for (const machine of machines) await publishAll(client, [machine]);
  const seen: string[] = [];
  for (let path: string | undefined = '/machines?limit=1'; path; ) {
    const { text } = await ask(relay, path);
    seen.push(...shown(text));
    path = more(text);
    const [oldest] = machines;
    if (seen.length === 1 && oldest) await publishAll(client, [move(oldest, 'ACCEPT', { by: X })]);
  }
  await client.close();
  expect(seen.sort()).toEqual(machines.map(({ id }) => id).sort());
});
