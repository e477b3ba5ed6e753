/**
 * `npm run bench`: how fast this relay is, and any other beside it.
 *
 * Writes the medians into `docs/benchmarks.md` when everything was measured. With `--vs <ws url>`
 * another relay, with an empty database, gets the same events; `--only <scenario>` measures one
 * (or those beginning so), `--runs <n>` and `--events <n>` say how often and how much. `--micro`
 * measures the pure parts, `--profile` where the time of an ingest goes, `--scale` how cost grows
 * with what is stored (`--million` further).
 */
import { parseArgs } from 'node:util';
import { measureMicro } from './load/micro.ts';
import { measureProfile } from './load/profile.ts';
import { type Column, circumstances, medians, tableOf, write } from './load/report.ts';
import { measureScale } from './load/scale.ts';
import { type Figures, FREE, fill, NEEDS_POOL, type Run, SCENARIOS } from './load/scenarios.ts';
import { CAN_PIN, keepOff, type Server, serverAt, startHeadkeeper } from './load/server.ts';

const { values } = parseArgs({
  options: {
    vs: { type: 'string' },
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '3' },
    events: { type: 'string', default: '10000' },
    micro: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    million: { type: 'boolean', default: false },
  },
});
const { vs, only } = values;
const [runs, events] = [Number(values.runs), Number(values.events)];

const failed: string[] = [];

type Start = (isPinned: boolean) => Promise<Server>;
type Seen = (scenario: string, figures: Figures) => void;

/** What fails is told, and costs its own figures. */
async function tried(name: string, work: () => Promise<Figures>): Promise<Figures | undefined> {
  try {
    return await work();
  } catch (fault) {
    failed.push(name);
    console.error(`${name} failed:`, fault);
    return undefined;
  }
}

/** One run of the scenarios that share a database. */
async function measureGroup(group: string, run: Run, seen: Seen): Promise<void> {
  const scenarios = Object.entries(SCENARIOS[group] ?? {}).filter(([name]) =>
    name.startsWith(only),
  );
  const needsPool = scenarios.some(([name]) => NEEDS_POOL.test(name));
  if (needsPool && !scenarios.some(([name]) => name === 'ingest')) await fill(run);
  for (const [name, scenario] of scenarios) {
    const figures = await tried(name, () => scenario(run));
    if (figures === undefined) continue;
    seen(name, figures);
    const shown = Object.entries(figures).map(([key, value]) => `${key} ${value.toFixed(2)}`);
    console.log(`${name.padEnd(16)}${shown.join('  ')}`);
  }
}

async function measure(name: string, start: Start): Promise<Column> {
  const seen = new Map<string, Figures[]>();
  for (let run = 0; run < runs; run++) {
    for (const group of Object.keys(SCENARIOS)) {
      const isAsked = Object.keys(SCENARIOS[group] ?? {}).some((key) => key.startsWith(only));
      if (!isAsked) continue;
      const isPinned = group !== FREE;
      keepOff(isPinned);
      const server = await start(isPinned);
      try {
        await measureGroup(group, { server, seed: String(run), events }, (scenario, figures) => {
          seen.set(scenario, [...(seen.get(scenario) ?? []), figures]);
        });
      } catch (fault) {
        failed.push(group);
        console.error(`${group} ended early:`, fault);
      } finally {
        await server.stop();
      }
    }
  }
  const rows = new Map([...seen].map(([scenario, all]) => [scenario, medians(all)] as const));
  return { name, rows };
}

/** The ordinary scenarios, with server and generator on a core each. */
async function measureAll(): Promise<void> {
  if (!CAN_PIN) console.log('server and generator share the cores: taskset or a core is missing');
  const columns = [await measure('Headkeeper', (isPinned) => startHeadkeeper(isPinned))];
  if (vs !== undefined) columns.push(await measure(vs, async () => serverAt(vs)));
  const table = tableOf(columns, { goals: true });
  console.log(`\n${table}`);
  const isWhole = only === '' && vs === undefined;
  const missing =
    failed.length === 0 ? '' : ` Failed at times: ${[...new Set(failed)].join(', ')}.`;
  if (isWhole) write('figures', `${circumstances('npm run bench', runs)}${missing}\n\n${table}`);
}

if (values.micro) await measureMicro(runs);
else if (values.profile) await measureProfile(events);
else if (values.scale) await measureScale(values.million);
else await measureAll();
process.exit();
