/**
 * `health`: asks a running relay whether it takes writes. Made for container health checks, so it
 * loads next to nothing and never waits long.
 */

import type { ConfigFlags } from '../config/load.ts';
import type { Config } from '../config.ts';
import { EXIT_CONFIG, readConfig } from './config.ts';

const PATIENCE_MS = 5_000;

/** 0 when `GET <url>/readyz` answers 200, else 1 and the reason on stderr. */
export async function health({
  url,
  ...flags
}: ConfigFlags & { readonly url?: string }): Promise<number> {
  const loaded = url === undefined ? readConfig(flags) : undefined;
  const base = url ?? (loaded && localUrl(loaded.config));
  if (base === undefined) return EXIT_CONFIG;

  const { status, says } = await ask(readyUrl(base));
  if (status === 200) return 0;
  console.error(`headkeeper: not ready: ${says}`);
  return 1;
}

async function ask(url: string): Promise<{ readonly status: number; readonly says: string }> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status, says: `${url} answered ${status}` };
  } catch (error) {
    const { cause = error } = error as Error;
    return { status: 0, says: `${url}: ${(cause as Error).message}` };
  }
}

/** The relay's address is given as often with ws as with http. */
const readyUrl = (base: string): string =>
  `${base.replace(/^ws/, 'http').replace(/\/+$/, '')}/readyz`;

/** A relay that listens everywhere listens on loopback too. */
function localUrl({ listen: { host, port } }: Config): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
