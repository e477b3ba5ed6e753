/**
 * A row that a broken disk has spoilt costs the machine it belongs to, never the relay.
 */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { define, move, NOW } from '../support/machines.ts';
import { startTestRelay } from '../support/start-relay.ts';

const relay = await startTestRelay({}, { now: () => NOW + 300 });
afterAll(() => relay.stop());

describe('a spoilt machine', () => {
  it('leaves reads, other machines and ordinary events as they are', async () => {
    const client = await connect(relay.url);
    const spoilt = define(undefined, { tags: [['title', 'spoilt']] });
    const sound = define(undefined, { tags: [['title', 'sound']] });
    for (const event of [spoilt, sound]) {
      expect((await client.publish(event)).accepted).toBe(true);
    }
    await relay.restart(() => {
      const db = new Database(join(relay.dataDir, 'headkeeper.db'));
      const of = 'event = (SELECT n FROM event WHERE id = ?)';
      const spoil = db.prepare(`UPDATE machine SET state = '{', kept = 0 WHERE ${of}`);
      spoil.run(Buffer.from(spoilt.id, 'hex'));
      db.prepare('UPDATE machine SET kept = 0').run();
      db.close();
    });
    const again = await connect(relay.url);
    const kept = await again.query({ kinds: [30078], authors: [relay.self] });
    expect(kept.flatMap(({ tags }) => tags.filter(([name]) => name === 'e'))).toContainEqual([
      'e',
      sound.id,
    ]);
    const refused = await again.publish(move(spoilt, 'ACCEPT'));
    expect(refused).toMatchObject({ accepted: false });
    expect(refused.message).toMatch(/^error: internal: /);
    expect(await again.publish(move(sound, 'ACCEPT'))).toMatchObject({
      accepted: true,
    });
  });
});
