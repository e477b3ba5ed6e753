/**
 * What to do next, for whoever has just started a relay in an empty folder.
 *
 * People are told in a few lines, and only at a terminal and the first time; the log has a line for
 * everybody else. On stderr either way: stdout has the one line that programs wait for.
 */

import type { Logger } from '../log.ts';
import type { RunningRelay } from '../relay.ts';

/** Tells where the data is and what to try. */
export function tellFirstSteps(
  { url, httpUrl }: Pick<RunningRelay, 'url' | 'httpUrl'>,
  { dataDir, log }: { readonly dataDir: string; readonly log: Logger },
): void {
  const relay = url === 'ws://127.0.0.1:7777' ? '' : ` --relay ${url}`;
  const commands = [
    'npx headkeeper lint machine.json',
    `npx headkeeper publish events.jsonl${relay}`,
    `npx headkeeper state <machine>${relay}`,
  ];
  if (process.stderr.isTTY !== true) return log.info({ dataDir, next: commands }, 'relay.new');
  const lines = [
    `A new relay; its data is in ${dataDir}. Open ${httpUrl} in a browser, or try:`,
    ...commands.map((command) => `  ${command}`),
    'Machines to copy are in the folder examples of the package, options in docs/configuration.md.',
    'Ctrl-C stops it; what was acknowledged is on the disk.',
  ];
  console.error(`\n${lines.join('\n')}\n`);
}
