/**
 * Metrics as a scrape sees them, and that documents, dashboard and alerts name no others.
 */

import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/registry.ts';
import { METRICS } from '../../src/metrics/table.ts';
import { connect } from '../support/client.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const { secret } = testKey('client');
const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.stop());

const note = (kind: number, tags: string[][] = []) =>
  signEvent({ kind, created_at: Math.floor(Date.now() / 1_000), tags, content: '' }, secret);

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${relay.httpUrl}/metrics`)).text();
  const samples = text.split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Status of a request as somebody says who is not on this machine, or was passed on. */
function statusFor(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    get(url, { headers }, ({ statusCode = 0 }) => resolve(statusCode));
  });
}

describe('GET /metrics', () => {
  it('counts frames, events and their answers apart', async () => {
    const client = await connect(relay.url);
    const event = note(1);
    await client.publish(event);
    await client.publish(event);
    await client.publish(note(20_001));
    await client.publish(note(7501, [['e', '0'.repeat(64)]]));
    client.send(['NONSENSE']);
    expect(await client.query({ kinds: [1] })).toHaveLength(1);
    const samples = await scrape();
    expect(Object.fromEntries(samples)).toMatchObject({
      'nostr_client_messages_total{verb="EVENT"}': 4,
      'nostr_client_messages_total{verb="REQ"}': 1,
      'nostr_client_messages_total{verb="other"}': 1,
      'nostr_relay_messages_total{verb="OK"}': 4,
      'nostr_relay_messages_total{verb="EOSE"}': 1,
      'nostr_relay_messages_total{verb="EVENT"}': 1,
      'nostr_events_total{kind="1"}': 2,
      'nostr_events_total{kind="7501"}': 1,
      'nostr_events_total{kind="other"}': 1,
      'nsm_events_total{result="stored"}': 1,
      'nsm_events_total{result="duplicate"}': 1,
      'nsm_events_total{result="passed"}': 1,
      'nsm_events_total{result="refused"}': 1,
      'nsm_refusals_total{code="event-type"}': 1,
      'nsm_transitions_total{result="refused",reason="event-type"}': 1,
      nsm_ok_duration_seconds_count: 4,
      'nsm_ok_duration_seconds_bucket{le="+Inf"}': 4,
      nsm_eose_duration_seconds_count: 1,
      nsm_connections: 1,
      nsm_connections_total: 1,
      nsm_stored_events: 1,
      nsm_pending_events: 0,
      nsm_faults_total: 0,
      nsm_ready: 1,
    });
    await client.close();
  });

  it('has a sample of every metric without labels, and of nothing else', async () => {
    const samples = [...(await scrape()).keys()];
    const bases = samples.map((name) => name.replace(/\{.*/, ''));
    const known = (name: string) =>
      Object.hasOwn(METRICS, name) ||
      Object.hasOwn(METRICS, name.replace(/_(bucket|sum|count)$/, ''));
    expect(bases.filter((name) => !known(name))).toEqual([]);
    const unlabelled = Object.entries(METRICS).filter(([, { labels }]) => labels.length === 0);
    const absent = unlabelled.filter(
      ([name]) => !bases.includes(name) && !bases.includes(`${name}_count`),
    );
    expect(absent).toEqual([]);
  });

  it('is for this machine alone, and not for what a proxy passes on', async () => {
    const url = `${relay.httpUrl}/metrics`;
    expect(await statusFor(url, {})).toBe(200);
    for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
      expect(await statusFor(url, { [name]: '127.0.0.1' }), name).toBe(404);
    }
    const everywhere = await startTestRelay({ listen: { host: '0.0.0.0' } });
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address } of own.filter(
      ({ family, internal }) => family === 'IPv4' && !internal,
    )) {
      const { port } = new URL(everywhere.httpUrl);
      expect(await statusFor(`http://${address}:${port}/metrics`, {}), address).toBe(404);
    }
    await everywhere.stop();
  });

  it('is for everybody where the operator wants that', async () => {
    const open = await startTestRelay({ metrics: { public: true } });
    expect(await statusFor(`${open.httpUrl}/metrics`, { Via: 'a proxy' })).toBe(200);
    await open.stop();
  });
});

describe('the text for Prometheus', () => {
  it('adds up buckets and escapes labels', () => {
    const metrics = createMetrics();
    for (const seconds of [0.001, 0.002, 0.3, 60]) {
      metrics.observe('nsm_ok_duration_seconds', seconds);
    }
    metrics.count('nsm_refusals_total', 'a"b\\c');
    const text = metrics.expose({});
    expect(text).toContain('nsm_ok_duration_seconds_bucket{le="0.0005"} 0\n');
    expect(text).toContain('nsm_ok_duration_seconds_bucket{le="0.0025"} 2\n');
    expect(text).toContain('nsm_ok_duration_seconds_bucket{le="10"} 3\n');
    expect(text).toContain('nsm_ok_duration_seconds_bucket{le="+Inf"} 4\n');
    expect(text).toContain('nsm_refusals_total{code="a\\"b\\\\c"} 1\n');
    expect(text).toMatch(/^# HELP nsm_ready 1 when .*\n# TYPE nsm_ready gauge\n/m);
  });
});

describe('dashboard and alerts', () => {
  it.each(['deploy/grafana/headkeeper.json', 'deploy/prometheus/alerts.yml'])(
    '%s ask for nothing that is not measured',
    (path) => {
      const named = [...read(path).matchAll(/\b(?:nsm|nostr|process|nodejs)_[a-z_]+\b/g)];
      const names = named.map(([name]) => name.replace(/_bucket$/, ''));
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
    },
  );
});
