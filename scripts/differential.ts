/**
 * `npm run differential -- [steps] [seed]`: the engine against XState's public functions.
 *
 * Prints how often each feature fired and what became of the steps. Fails when the two differ once,
 * when a feature fired less than 500 times or when less than 60 % of the steps were accepted.
 */

import { compare, problemsOf } from '../test/property/differential.ts';

const [steps = '20000', seed = '1'] = process.argv.slice(2);
const tally = compare({ steps: Number(steps), seed: Number(seed) });
const problems = problemsOf(tally, { fired: 500, accepted: 60 });

const percent = ((100 * tally.accepted) / tally.steps).toFixed(1);
console.log(`${tally.steps} steps on ${tally.machines} machines, ${percent} % accepted`);
for (const [code, count] of tally.refused) console.log(`  ${code.padEnd(18)} ${count}`);
console.log('fired');
for (const [feature, count] of tally.fired) console.log(`  ${feature.padEnd(18)} ${count}`);
console.log(`${tally.differences.length} differences`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
