/**
 * What the relay of a demonstration holds: the parts of all examples by name, every example played
 * to its end, and each once more as far as its middle, so that there is something to go on with.
 */

import { finalizeEvent } from 'nostr-tools/pure';
import { exampleNames, exampleTemplate, scriptNames } from '../examples/example.ts';
import { EXAMPLE_START, partKey } from '../examples/template.ts';
import { publishTo, withRelay } from './client.ts';
import { play } from './play.ts';

/** How long before now what is unfinished came to where it is, in seconds. */
const LATELY = 600;

/** Publishes it all to a relay; `now` is in Unix seconds. Throws when that goes away. */
export async function fillDemo(url: string, now: number): Promise<void> {
  await introduce(url, exampleNames());
  for (const name of exampleNames()) await playOut(name, url);
  for (const name of exampleNames()) await begin(name, url, now);
}

/** Publishes profiles (kind 0) of those who take part in examples: their names are their parts. */
export async function introduce(url: string, examples: readonly string[]): Promise<void> {
  const parts = new Set(
    examples.flatMap((name) =>
      scriptNames(name).flatMap((script) =>
        exampleTemplate(name, script).steps.flatMap((step) => ('by' in step ? [step.by] : [])),
      ),
    ),
  );
  await withRelay(url, async (relay) => {
    for (const name of parts) {
      const profile = { kind: 0, created_at: EXAMPLE_START, tags: [] };
      const content = JSON.stringify({ name });
      await publishTo(relay, finalizeEvent({ ...profile, content }, partKey(name)));
    }
  });
}

async function playOut(name: string, url: string): Promise<void> {
  const reports = play(name, url);
  while (!(await reports.next()).done);
}

/** Plays the first half of an example's script, as if that had been lately. */
async function begin(name: string, url: string, now: number): Promise<void> {
  const { steps } = exampleTemplate(name, 'script');
  const half = Math.ceil(steps.length / 2);
  const times = steps.slice(0, half).map((step) => ('at' in step && step.at) || 0);
  const start = now - LATELY - Math.max(...times);
  let left = half;
  for await (const { script } of play(name, url, { start })) {
    left--;
    if (left <= 0 || script !== 'script') return;
  }
}
