/**
 * `npm run demo`: a relay with a temporary data folder, and examples played against it.
 *
 * The relay is the real command in a process of its own, so what is seen is what a stranger gets.
 * It stays until Ctrl-C, or with `--once` until the last step. However this process ends, the relay
 * and its folder go with it. An entry of its own: exits with 1 when anything went otherwise than
 * the examples say.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { exampleNames } from '../examples/example.ts';
import type { StateNode } from '../nsm/view.ts';
import { shortened } from './ask.ts';
import { httpUrl } from './client.ts';
import { introduce } from './demo-data.ts';
import { play, type Report } from './play.ts';

const USAGE = 'npm run demo -- [--once] [example…]';
const SHOWN: readonly string[] = ['delivery', 'vote'];
const START_MS = 20_000;
const STOP_MS = 5_000;
const NAME_WIDTH = 12;
const MARGIN = ' '.repeat(NAME_WIDTH + 1);

type Relay = ChildProcessByStdio<null, Readable, null>;

/** The command line beside this file, compiled or not. */
const MAIN = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url),
);

/** Resolves at the first signal. Later ones change nothing: npm passes on what it gets too. */
const stopAsked = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve());
});

process.exit(await demo());

/** Plays what the command line names; resolves with the exit code. */
async function demo(): Promise<number> {
  const wanted = readArguments();
  if (typeof wanted === 'string') {
    console.error(`${wanted}\nusage: ${USAGE}\nexamples: ${exampleNames().join(', ')}`);
    return 1;
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-demo-'));
  const relay = startRelay(dataDir);
  process.on('exit', () => {
    relay.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  const ended = once(relay, 'exit').then(() => {
    throw new Error('the relay has ended');
  });
  try {
    return await Promise.race([show(relay, wanted), ended, stopAsked.then(() => 0)]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(colored('red', `the demo failed: ${reason}`));
    return 1;
  } finally {
    relay.kill('SIGTERM');
    await Promise.race([ended.catch(() => {}), setTimeout(STOP_MS)]);
  }
}

type Wanted = { readonly names: readonly string[]; readonly isOnce: boolean };

/** What to play, or what is wrong with the command line. */
function readArguments(): Wanted | string {
  try {
    const options = { once: { type: 'boolean', default: false } } as const;
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.find((name) => !exampleNames().includes(name));
    if (unknown !== undefined) return `there is no example ${unknown}`;
    const names = positionals.length > 0 ? [...new Set(positionals)] : SHOWN;
    return { names, isOnce: values.once };
  } catch (error) {
    return (error as Error).message;
  }
}

/** `headkeeper start` on a free port, with nothing configured but the folder. */
function startRelay(dataDir: string): Relay {
  const args = [...process.execArgv, MAIN, 'start', '--port', '0', '--data', dataDir];
  const env = { HEADKEEPER_LOG_LEVEL: 'warn', HEADKEEPER_EXPLORER_PLAY: 'true' };
  // In that folder it finds no config.json, and from this environment no other option.
  return spawn(process.execPath, args, { cwd: dataDir, env, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The websocket address in the line that the relay prints when it is ready. */
async function readyUrl({ stdout }: Relay): Promise<string> {
  // What the relay says when it cannot start is on stderr, before this runs out.
  const signal = AbortSignal.timeout(START_MS);
  const [line] = (await once(createInterface(stdout), 'line', { signal })) as [string];
  return /ws:\S+/.exec(line)?.[0] ?? '';
}

async function show(relay: Relay, { names, isOnce }: Wanted): Promise<number> {
  const url = await readyUrl(relay);
  console.log(`Headkeeper at ${url}`);
  await introduce(url, names);
  let machine = '';
  let differences = 0;
  for (const name of names) {
    console.log(`\n${colored('bold', name)}  examples/${name}`);
    for await (const report of play(name, url)) {
      if ('definition' in report.step && report.script !== 'script')
        console.log(`\n${colored('bold', `${name}, ${report.script}`)}`);
      print(report);
      ({ machine } = report);
      differences += report.differences.length;
    }
  }
  if (differences > 0) {
    console.error(colored('red', `\n${differences} answers are not as the examples say`));
    return 1;
  }
  if (isOnce) return 0;
  console.log(invitation(url, machine));
  await stopAsked;
  return 0;
}

function print({ step, did, answers, reached, differences }: Report): void {
  const by = 'by' in step ? step.by : 'anybody';
  const lines = [
    ...(step.say === undefined ? [] : ['', colored('dim', step.say)]),
    `${by.padEnd(NAME_WIDTH)} ${shortened(did)}`,
    ...answers.map((answer) => `${MARGIN}${shortened(verdictColored(answer))}`),
    ...(reached === undefined ? [] : [`${MARGIN}${colored('dim', described(reached))}`]),
    ...differences.map((difference) => `${MARGIN}${colored('red', shortened(difference))}`),
  ];
  for (const line of lines) console.log(`  ${line}`.trimEnd());
}

/** A state by its value, and by its hash in full: whoever computes it comes to the same. */
function described({ height, computed: { state, hash } }: StateNode): string {
  return `height ${height} ${JSON.stringify(state.value)} ${hash}`;
}

function verdictColored(answer: string): string {
  return answer
    .replace(/^OK true/, (ok) => colored('green', ok))
    .replace(/^OK false/, (ok) => colored('yellow', ok));
}

/** Only for a terminal that can show it, and not against NO_COLOR. */
function colored(format: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string): string {
  const isColored = process.stdout.isTTY && process.stdout.hasColors();
  return isColored ? styleText(format, text) : text;
}

function invitation(url: string, machine: string): string {
  const http = httpUrl(url);
  return `
The relay stays at ${url} until Ctrl-C. Open ${http} in a browser, or ask:
  curl ${http}/api/v1/machines
  curl ${http}/api/v1/machines/${machine}/state
  curl -H 'Accept: application/nostr+json' ${http}`;
}
