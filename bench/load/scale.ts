/**
 * How cost grows with what is stored: the same questions at 10,000 and 100,000 events, and a
 * million where asked for, in machines of 50 events; with 1 to 10,000 machines, or 100,000; and in
 * one machine.
 */
import { longChain, poolOf } from './pool.ts';
import { publish } from './publish.ts';
import { type Column, circumstances, tableOf, write } from './report.ts';
import { askKeeper, type Figures, SCENARIOS } from './scenarios.ts';
import { keepOff, startHeadkeeper } from './server.ts';

const SIZES = [10_000, 100_000];
const MILLION = 1_000_000;
const LONG = 10_000;
const QUESTIONS = ['req-id', 'req-history', 'req-author', 'start'];
const MACHINES = [1, 100, 10_000];
const MANY_MACHINES = 100_000;

/** Measures at each size and writes a column for each. */
export async function measureScale(withMillion: boolean): Promise<void> {
  keepOff(true);
  const columns: Column[] = [];
  for (const events of withMillion ? [...SIZES, MILLION] : SIZES) {
    columns.push({ name: `${events.toLocaleString('en-US')} events`, rows: await grow(events) });
  }
  const hosting: Column[] = [];
  for (const machines of withMillion ? [...MACHINES, MANY_MACHINES] : MACHINES) {
    hosting.push({
      name: `${machines.toLocaleString('en-US')} machines`,
      rows: await host(machines),
    });
  }
  const tables = [columns, hosting, [await growOne()]].map((table) => tableOf(table));
  const table = tables.join('\n\n');
  console.log(table);
  const command = `npm run bench -- --scale${withMillion ? ' --million' : ''}`;
  write('scale', `${circumstances(command, 1)}\n\n${table}`);
}

async function grow(events: number): Promise<ReadonlyMap<string, Figures>> {
  const server = await startHeadkeeper(true);
  try {
    const rows = new Map<string, Figures>();
    for (const name of ['ingest', ...QUESTIONS]) {
      const figures = await SCENARIOS['parcel']?.[name]?.({ server, seed: 'scale', events });
      rows.set(name, figures ?? {});
      console.log(events, name, figures);
    }
    rows.set('memory', { MB: server.memoryKb() / 1_024 });
    return rows;
  } finally {
    await server.stop();
  }
}

/** So many machines of one to three events each. */
async function host(machines: number): Promise<ReadonlyMap<string, Figures>> {
  const server = await startHeadkeeper(true);
  try {
    const rows = new Map<string, Figures>();
    const chains = poolOf('short', 'hosted', 2 * machines).slice(0, machines);
    const before = server.cpuSeconds();
    const { seconds, waits } = await publish(server.url, chains, { connections: 8, window: 32 });
    rows.set('ingest', {
      events_s: waits.length / seconds,
      cpu_s_per_10k: ((server.cpuSeconds() - before) / waits.length) * 10_000,
    });
    rows.set('req-keeper', await askKeeper(server));
    rows.set('start', { ready_ms: await server.restart() });
    rows.set('memory', { MB: server.memoryKb() / 1_024 });
    console.log(machines, rows);
    return rows;
  } finally {
    await server.stop();
  }
}

/** One machine of 10,000 transitions: each thousand of them should take as long as the first. */
async function growOne(): Promise<Column> {
  const server = await startHeadkeeper(true);
  const chain = longChain('scale', LONG);
  const rows = new Map<string, Figures>();
  try {
    for (let at = 0; at < LONG; at += LONG / 4) {
      const before = server.cpuSeconds();
      const part = chain.slice(at, at + LONG / 4);
      const { seconds } = await publish(server.url, [part], { connections: 1, window: 256 });
      rows.set(`transitions from ${at}`, {
        transitions_s: part.length / seconds,
        cpu_s_per_10k: ((server.cpuSeconds() - before) / part.length) * 10_000,
      });
    }
    return { name: 'one machine', rows };
  } finally {
    await server.stop();
  }
}
