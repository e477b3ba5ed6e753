/**
 * What each figure is meant to come to, and by how much it does not.
 *
 * Goals are for one core for the relay and one for the generator, everything enforced and every OK
 * on the disk.
 */

/** A figure that should be at most, or at least, so much. */
type Goal = { readonly most: number } | { readonly least: number };

/** By scenario and figure. */
const GOALS: Readonly<Record<string, Goal>> = {
  'ingest cpu_s_per_10k': { most: 1.36 },
  'ingest events_s': { least: 6_380 },
  'ingest-both-cores events_s': { least: 10_460 },
  'latency ok_p50_ms': { most: 0.8 },
  'hot transitions_s': { least: 1_000 },
  'hot-pipelined transitions_s': { least: 4_000 },
  'req-id queries_s': { least: 18_000 },
  'req-history queries_s': { least: 4_000 },
  'req-author queries_s': { least: 6_500 },
  'req-keeper queries_s': { least: 5_000 },
  'fan-out live_p50_ms': { most: 2.5 },
  'fan-out deliveries_s': { least: 80_000 },
  'idle kb_per_connection': { most: 14 },
  'start disk_bytes_per_event': { most: 800 },
  'start ready_ms': { most: 500 },
};

/** The goal of a figure as text, and whether it is met; empty where there is none. */
export function againstGoal(
  scenario: string,
  figure: string,
  value: number,
): readonly [goal: string, met: string] {
  const goal = GOALS[`${scenario} ${figure}`];
  if (goal === undefined) return ['', ''];
  const [sign, limit] = 'most' in goal ? ['≤', goal.most] : ['≥', goal.least];
  const text = `${sign} ${limit.toLocaleString('en-US')}`;
  if (Number.isNaN(value)) return [text, '–'];
  const isMet = 'most' in goal ? value <= limit : value >= limit;
  if (isMet) return [text, 'met'];
  return [text, `missed by ${Math.round(Math.abs(value / limit - 1) * 100)} %`];
}
