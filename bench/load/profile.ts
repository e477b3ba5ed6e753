/**
 * Where the time of an ingest goes: the main thread's CPU profile, summed by what the code is for.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poolOf } from './pool.ts';
import { publish } from './publish.ts';
import { circumstances, write } from './report.ts';
import { keepOff, startHeadkeeper } from './server.ts';

const SAMPLE_MICROSECONDS = 500;

/** The first that a function's file matches is what it counts as. */
const AREAS: readonly (readonly [name: string, files: RegExp])[] = [
  ['SQLite: statements and commits, waiting for the disk included', /better-sqlite3|\/store\//],
  ['judging: definitions, transitions, rules', /\/(nsm|rules)\/|xstate|noble\/hashes/],
  [
    'hosted machines, batches, keeper',
    /dist\/(machine|batch|writer|keeper|intake|lanes|objection)/,
  ],
  ['signatures: handing over and hearing of it', /\/verify\/|internal\/worker|messageport/],
  ['websockets and their sockets', /\/ws\/|node:(net|internal\/stream)|\/wire|\/connection/],
  ['reading and hashing events', /\/nostr\/|internal\/crypto/],
];
const NATIVE: ReadonlyMap<string, string> = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['postMessage', 'signatures: handing over and hearing of it'],
  ['writev', 'websockets and their sockets'],
]);

type Frame = { readonly functionName: string; readonly url: string };
type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** Profiles an ingest and writes the shares. */
export async function measureProfile(events: number): Promise<void> {
  keepOff(true);
  const folder = mkdtempSync(join(tmpdir(), 'headkeeper-profile-'));
  const options = ['--cpu-prof', `--cpu-prof-interval=${SAMPLE_MICROSECONDS}`];
  try {
    const server = await startHeadkeeper(true, [...options, `--cpu-prof-dir=${folder}`]);
    await publish(server.url, poolOf('parcel', 'profile', events), { connections: 8, window: 32 });
    await server.end();
    const table = tableOf(sharesOf(mainProfile(folder)));
    console.log(table);
    write('profile', `${circumstances('npm run bench -- --profile', 1)}\n\n${table}`);
    await server.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The profile of thread 0: its number is in the name, before that of the file. */
function mainProfile(folder: string): Profile {
  const name = readdirSync(folder).find((file) => /\.0\.\d+\.cpuprofile$/.test(file));
  if (name === undefined) throw new Error('the relay left no profile');
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile;
}

function sharesOf({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  const areas = new Map(nodes.map(({ id, callFrame }) => [id, areaOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const area = areas.get(id);
    if (area === undefined) continue;
    const time = timeDeltas[i] ?? 0;
    times.set(area, (times.get(area) ?? 0) + time);
    busy += time;
  }
  return new Map([...times].map(([area, time]) => [area, time / busy] as const));
}

/** Undefined where the thread had nothing to do. */
function areaOf({ functionName, url }: Frame): string | undefined {
  if (functionName === '(idle)') return undefined;
  const native = NATIVE.get(functionName);
  if (native !== undefined) return native;
  return AREAS.find(([, files]) => files.test(url))?.[0] ?? 'everything else, the start included';
}

function tableOf(shares: ReadonlyMap<string, number>): string {
  const sorted = [...shares].sort(([, a], [, b]) => b - a);
  const rows = sorted.map(([area, share]) => `| ${area} | ${Math.round(share * 100)} % |`);
  return ['| of the main thread | share |', '|---|---:|', ...rows].join('\n');
}
