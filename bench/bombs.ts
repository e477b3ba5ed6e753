/**
 * `npm run bombs`: how long the worst rules hold the thread that serves everybody.
 *
 * Each is published and set off many times, in process: its definition through the linter, the
 * compiler and the first step, then the one transition. Prints processor time in milliseconds.
 * Exits 1 when the median of a step, or of a refusal by the linter, is more than 5 ms.
 */
import { eventId, type NostrEvent } from '../src/nostr/event.ts';
import { advance } from '../src/nsm/advance.ts';
import { type Definition, parseDefinition } from '../src/nsm/definition.ts';
import { DEFINITION_KIND } from '../src/nsm/kinds.ts';
import { isRefusal, type Refusal } from '../src/refusal.ts';
import { bombConfig, RULE_BOMBS, type RuleBomb } from './rule-bombs.ts';

const LIMIT_MS = 5;
const RUNS = 60;
const AUTHOR = 'a1'.repeat(32);

function definitionEvent(bomb: RuleBomb): NostrEvent {
  const content = JSON.stringify(bombConfig(bomb));
  const unsigned = { pubkey: AUTHOR, created_at: 0, kind: DEFINITION_KIND, tags: [], content };
  return { id: eventId(unsigned), ...unsigned, sig: '' };
}

/** Of this process alone, whoever else wants the machine. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Milliseconds of each run after the first ten, sorted, and what the last one came to. */
function timed<Result>(run: () => Result): {
  readonly ms: readonly number[];
  readonly result: Result;
} {
  let result = run();
  const ms = Array.from({ length: RUNS }, () => {
    const started = cpuMs();
    result = run();
    return cpuMs() - started;
  });
  return { ms: ms.slice(10).sort((a, b) => a - b), result };
}

const share = (ms: readonly number[], part: number): number =>
  ms[Math.min(ms.length - 1, Math.floor(ms.length * part))] ?? 0;

function go(definition: Definition, { data = null }: RuleBomb) {
  const { id, createdAt, initial: computed } = definition;
  const prior = { id: null, height: 0, createdAt, computed };
  const said = { machine: id, prior: null, type: 'GO', author: AUTHOR, createdAt, payload: data };
  return advance(definition, prior, { id: '0'.repeat(64), ...said });
}

/** The median that counts: of the step, or of the linter where it refuses. */
function report(bomb: RuleBomb): number {
  const event = definitionEvent(bomb);
  const lint = timed(() => parseDefinition(event));
  const { result: definition } = lint;
  const step = isRefusal(definition) ? undefined : timed(() => go(definition, bomb));
  const counted = step?.ms ?? lint.ms;
  const end: Refusal | object = step?.result ?? definition;
  const columns = [lint.ms, step?.ms].flatMap((ms) => [
    ms === undefined ? '' : share(ms, 0.5).toFixed(2),
    ms === undefined ? '' : share(ms, 0.99).toFixed(2),
  ]);
  const cells = columns.map((cell) => cell.padStart(8)).join('');
  console.log(`${cells}  ${(isRefusal(end) ? end.code : 'taken').padEnd(18)} ${bomb.name}`);
  return share(counted, 0.5);
}

console.log('  definition          step');
console.log('  median     p99  median     p99');
const medians = RULE_BOMBS.map(report);
const worst = Math.max(...medians);
console.log(`worst median ${worst.toFixed(2)} ms, at most ${LIMIT_MS} are allowed`);
process.exitCode = worst <= LIMIT_MS ? 0 : 1;
