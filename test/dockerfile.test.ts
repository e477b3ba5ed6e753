/**
 * The container without an engine for containers: what can be said of its text. `npm run packaging`
 * does what it says.
 */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { copiedPaths } from '../scripts/dockerfile.ts';

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const COPIED = copiedPaths(at('Dockerfile'));

describe('the Dockerfile', () => {
  it('copies only what exists', () => {
    expect(COPIED.length).toBeGreaterThan(4);
    expect(COPIED.filter((path) => !existsSync(at(path)))).toEqual([]);
  });

  it('copies nothing that .dockerignore leaves out', () => {
    // Everything is left out but what is named.
    const [first, ...named] = read('.dockerignore').split('\n').filter(Boolean);
    expect(first).toBe('*');
    expect(COPIED.filter((path) => !named.includes(`!${path}`))).toEqual([]);
  });

  it('runs as an ordinary user, with its data in a volume and its health asked for', () => {
    const text = read('Dockerfile');
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^VOLUME \/data$/m);
    expect(text).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(text).toMatch(/^HEALTHCHECK [\s\S]*"health"\]$/m);
  });

  it('has the relay itself as its first process, which is the one that gets signals', () => {
    expect(read('Dockerfile')).toMatch(/^ENTRYPOINT \["node", "\/app\/dist\/main\.js"\]$/m);
  });
});
