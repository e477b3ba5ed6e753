/**
 * Medians, and the tables of `docs/benchmarks.md`.
 *
 * What stands outside the markers is written by people and stays.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { againstGoal } from './goals.ts';
import type { Figures } from './scenarios.ts';

/** What one relay did: figures of each scenario. */
export type Column = { readonly name: string; readonly rows: ReadonlyMap<string, Figures> };

const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** The medians of several runs, figure by figure. */
export function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name] ?? 0))]));
}

/** The middle one of some numbers. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A table with a row for each figure and a column for each relay, and what the first should do. */
export function tableOf(columns: readonly Column[], { goals = false } = {}): string {
  const heads = ['measure', ...columns.map(({ name }) => name), ...(goals ? ['goal', ''] : [])];
  const [first] = columns;
  const rows = [...(first?.rows ?? [])].flatMap(([scenario, figures]) =>
    Object.keys(figures).map((figure) => [
      `${scenario}: ${NAMES[figure] ?? figure}`,
      ...columns.map(({ rows }) => shown(rows.get(scenario)?.[figure])),
      ...(goals ? againstGoal(scenario, figure, figures[figure] ?? Number.NaN) : []),
    ]),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = heads.map((_, i) => (i === 0 ? '---' : '---:'));
  return [heads, rule, ...rows].map(line).join('\n');
}

/** Where and how it was measured. */
export function circumstances(command: string, runs: number): string {
  const [core] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const sqlite = new Database(':memory:').prepare('SELECT sqlite_version()').pluck().get();
  return (
    `${new Date().toISOString().slice(0, 10)}, ${platform()} ${arch()}, ${core?.model ?? ''}, ` +
    `${availableParallelism()} cores, ${memory} GB; Node ${process.version}, SQLite ${sqlite}, ` +
    `commit ${commit()}. \`${command}\`; medians of ${runs}.`
  );
}

/** Puts a text between the markers of that name. */
export function write(section: string, text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [open, close] = [`<!-- ${section} -->`, `<!-- /${section} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < 0) throw new Error(`docs/benchmarks.md has no place for ${section}`);
  writeFileSync(PAGE, `${page.slice(0, from + open.length)}\n\n${text}\n\n${page.slice(to)}`);
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}

const NAMES: Readonly<Record<string, string>> = {
  events_s: 'events/s',
  cpu_s_per_10k: 'CPU-s per 10k',
  ok_p50_ms: 'OK p50, ms',
  ok_p99_ms: 'OK p99, ms',
  disk_bytes_per_event: 'disk bytes per event',
  transitions_s: 'transitions/s',
  queries_s: 'queries/s',
  events_per_query: 'events per query',
  live_p50_ms: 'delivery p50, ms',
  deliveries_s: 'deliveries/s',
  kb_per_connection: 'KB per connection',
  ready_ms: 'ms to ready',
};

function shown(value = Number.NaN): string {
  if (Number.isNaN(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(2);
}
