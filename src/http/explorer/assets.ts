/**
 * `/assets/…`: the scripts of the pages, bundled, and the one stylesheet that is not ours.
 *
 * `npm run build` bundles them beside the compiled relay. From source (tests) they are bundled when
 * they are first asked for, so that what is tested is what is there.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Context } from 'hono';
import type { Relay } from '../../relay.ts';
import { problem } from '../problem.ts';
import type { Reply } from '../request.ts';

/** The scripts by the last segment of their path; package.json names them for the build. */
const SCRIPTS = new Map([
  ['explorer.js', new URL('../../browser/explorer.ts', import.meta.url)],
  ['play.js', new URL('../../browser/play.ts', import.meta.url)],
  ['status.js', new URL('../../browser/status.ts', import.meta.url)],
  ['verifier.js', new URL('../../browser/verifier.ts', import.meta.url)],
]);
const SHEET = 'uplot.css';
const SHEET_FILE = 'uplot/dist/uPlot.min.css';
const isSource = import.meta.url.endsWith('.ts');
const made = new Map<string, Promise<string>>();

/** Answers with a script or a stylesheet. */
export async function showAsset(_: Relay, context: Context): Promise<Reply> {
  const name = context.req.param('name') ?? '';
  if (name === SHEET) {
    const css = await readFile(createRequire(import.meta.url).resolve(SHEET_FILE), 'utf8');
    return context.body(css, 200, { 'Content-Type': 'text/css; charset=utf-8' });
  }
  const entry = SCRIPTS.get(name);
  if (entry === undefined) return problem('not-found', 'there is no such path');
  const script = made.get(name) ?? (isSource ? bundle(entry) : built(entry));
  made.set(name, script);
  return context.body(await script, 200, {
    'Content-Type': 'text/javascript; charset=utf-8',
    'Cache-Control': 'no-cache',
  });
}

function built(entry: URL): Promise<string> {
  return readFile(new URL(entry.href.replace(/\.ts$/, '.js')), 'utf8');
}

async function bundle(entry: URL): Promise<string> {
  const { build } = await import('esbuild');
  const options = { bundle: true, format: 'esm', platform: 'browser', write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [fileURLToPath(entry)] });
  return outputFiles[0]?.text ?? '';
}
