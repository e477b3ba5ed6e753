/**
 * The document at /openapi.json against the relay: every path, every example, every shape.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS, type Operation, SHAPES } from '../../src/http/openapi/operations.ts';
import { EXAMPLES } from '../../src/http/openapi/recorded.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { manage, OPERATOR } from '../support/administer.ts';
import { move, NOW, publishAccepted, publishAll, publishMachine, R } from '../support/machines.ts';
import { readSources } from '../support/sources.ts';
import { setStage } from '../support/stage.ts';
import { ask } from './job.ts';
import { recordExamples, recordedFile } from './recording.ts';

const stage = setStage({ admin: { pubkeys: [OPERATOR.pubkey] } });
const RECORDED = '../../src/http/openapi/recorded.ts';

type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};
type Described = {
  readonly operationId: string;
  readonly parameters: readonly { name: string; examples?: Record<string, { value: string }> }[];
  readonly responses: Readonly<Record<string, unknown>>;
};

const readDocument = async (): Promise<Document> =>
  (await ask<Document>(stage.relay, '/openapi.json')).json;

/** What of an answer its shape does not know, or does not find, as text. */
function misfit(shape: keyof typeof SHAPES, answer: unknown): unknown {
  const read = SHAPES[shape].safeParse(answer);
  if (!read.success) return read.error.message;
  return JSON.stringify(sorted(read.data)) === JSON.stringify(sorted(answer)) ? null : answer;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('the document of the API', () => {
  it('is served, with a tag, as OpenAPI 3.1', async () => {
    const { headers, json } = await ask<Document>(stage.relay, '/openapi.json');
    expect(json.openapi).toMatch(/^3\.1\.\d$/);
    const known = { 'If-None-Match': headers.get('etag') ?? '' };
    expect((await ask(stage.relay, '/openapi.json', { headers: known })).status).toBe(304);
  });

  it('refers to nothing that it does not hold', async () => {
    const text = JSON.stringify(await readDocument());
    const references = new Set([...text.matchAll(/"\$ref":"#([^"]+)"/g)].map(([, to = '']) => to));
    expect(references.size).toBeGreaterThan(Object.keys(SHAPES).length - 2);
    const found = (to: string) =>
      to
        .split('/')
        .slice(1)
        .reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], JSON.parse(text));
    expect([...references].filter((to) => found(to) === undefined)).toEqual([]);
  });

  it('has every path of the API, and none that is not served', async () => {
    const sources = readSources(['src/http']).map(({ text }) => text);
    const routes = /^\s*(?:app\.\w+\()?'(\/api\/v1\/[^']+)'[:,]/gm;
    const served = sources
      .flatMap((text) => [...text.matchAll(routes)])
      .map(([, path = '']) => path.replace(':id', '{id}'));
    const { paths } = await readDocument();
    expect(Object.keys(paths).sort()).toEqual([...new Set(served)].sort());
  });

  it('has the examples that a relay answers with', async () => {
    await expect(recordedFile(await recordExamples())).toMatchFileSnapshot(RECORDED);
  });

  it('has an example for every operation, save those whose answer is a file', () => {
    const shown = new Set(EXAMPLES.map(({ operation }) => operation));
    const silent = Object.keys(OPERATIONS).filter((id) => !shown.has(id));
    const files = ['application/x-ndjson', 'image/svg+xml'];
    const types = silent.map((id) => new Map(Object.entries<Operation>(OPERATIONS)).get(id)?.type);
    expect(types.filter((type) => !files.includes(type ?? ''))).toEqual([]);
  });

  it('names parameters of examples that are read', async () => {
    const { paths } = await readDocument();
    for (const { operation, name, parameters } of EXAMPLES) {
      const described = Object.values(paths)
        .flatMap((methods) => Object.values(methods))
        .find(({ operationId }) => operationId === operation);
      const said = described?.parameters.flatMap(({ name: of, examples }) =>
        examples?.[name] === undefined ? [] : [[of, examples[name].value]],
      );
      if (described) expect(Object.fromEntries(said ?? [])).toEqual(parameters);
    }
  });
});

describe('the shapes in the document', () => {
  const machines: NostrEvent[] = [];
  beforeAll(async () => {
    const fresh = await publishMachine(stage.client);
    const { machine: frozen } = await publishAccepted(stage.client);
    const { machine: done, first } = await publishAccepted(stage.client);
    const second = move(done, 'START_TRANSIT', { on: first });
    const third = move(done, 'DELIVER', { on: second });
    const fourth = move(done, 'CONFIRM', { on: third, by: R });
    await publishAll(stage.client, [second, third, fourth]);
    await stage.client.publish(move(done, 'NOTE', { on: first, at: NOW - 1 }));
    await manage(stage.relay, 'freezemachine', frozen.id);
    machines.push(fresh, frozen, done);
  });

  const OF_MACHINE = Object.entries<Operation>(OPERATIONS).filter(
    ([, { path, type }]) => path.includes('{id}') && type === undefined,
  );
  it.each(OF_MACHINE)('are those of %s, whatever has become of a machine', async (_, operation) => {
    for (const { id } of machines) {
      const path = operation.path.replace('{id}', id);
      for (const query of ['', '?projected=true&canonical=true', '?branch=all&limit=1']) {
        const { status, json } = await ask(stage.relay, path + query);
        expect([status, misfit(operation.shape, json)]).toEqual([200, null]);
      }
    }
  });

  it.each(Object.entries<Operation>(OPERATIONS).filter(([id]) => /^(list|showStats)/.test(id)))(
    'are those of %s',
    async (_, { path, shape }) => {
      const { json } = await ask(stage.relay, path.replace('{id}', machines[2]?.id ?? ''));
      expect(misfit(shape, json)).toBeNull();
    },
  );

  it('are those of a proof, line by line', async () => {
    const path = `/api/v1/machines/${machines[2]?.id}/proof`;
    const { text } = await ask(stage.relay, path);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(7);
    for (const line of lines)
      expect(SHAPES.ProofLine.safeParse(JSON.parse(line)).error).toBe(undefined);
  });

  it('are those of every recorded answer', () => {
    const shapes = new Map(Object.entries<Operation>(OPERATIONS));
    const misfits = EXAMPLES.filter(({ operation }) => operation !== 'followMachine').map(
      ({ operation, answer }) => misfit(shapes.get(operation)?.shape ?? 'Problem', answer),
    );
    expect(misfits.filter((found) => found !== null)).toEqual([]);
  });
});
