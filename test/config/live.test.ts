/**
 * A configuration that changes while it is in use.
 */

import { describe, expect, it } from 'vitest';
import { isReloaded, liveConfig } from '../../src/config/live.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { makeConfig } from '../../src/config.ts';

describe('a live configuration', () => {
  it('reads as the latest one, through whatever was kept of it', () => {
    const live = liveConfig(makeConfig());
    const { config } = live;
    const names = live.derive(({ relay }) => [relay.name]);
    const before = names();
    expect(names()).toBe(before);
    const done = live.replace(makeConfig({ relay: { name: 'Other' }, limits: { limitMax: 700 } }));
    expect(done).toEqual({ changed: ['relay.name', 'limits.limitMax'], needRestart: [] });
    expect([config.relay.name, config.limits.limitMax]).toEqual(['Other', 700]);
    expect(names()).toEqual(['Other']);
  });

  it('keeps what takes effect only at a start, and says so', () => {
    const live = liveConfig(makeConfig());
    const next = makeConfig({ listen: { port: 1 }, dataDir: '/x', machines: { timekeeper: true } });
    expect(live.replace(next)).toEqual({
      changed: [],
      needRestart: ['listen.port', 'dataDir', 'machines.timekeeper'],
    });
    expect(live.config).toEqual(makeConfig());
  });

  it('changes nothing when what is taken on does not go with what is kept', () => {
    const live = liveConfig(makeConfig());
    const limits = { messageBytesMax: 2_000_000, eventBytesMax: 1_000_000 };
    expect(live.replace(makeConfig({ limits, relay: { name: 'Other' } }))).toEqual({
      problem:
        'limits.messageBytesMax: must exceed limits.eventBytesMax by 1024, as long as the rest ' +
        'waits for a restart',
    });
    expect(live.config).toEqual(makeConfig());
  });

  it('takes on limits, access lists, texts and kinds, and never a secret or an address', () => {
    const reloaded = OPTIONS.filter(isReloaded).map(({ path }) => path);
    for (const path of [
      'limits.limitMax',
      'access.denyAuthors',
      'relay.description',
      'kinds.mode',
    ]) {
      expect(reloaded).toContain(path);
    }
    for (const path of ['relay.secretKey', 'listen.port', 'dataDir', 'limits.messageBytesMax']) {
      expect(reloaded).not.toContain(path);
    }
  });
});
