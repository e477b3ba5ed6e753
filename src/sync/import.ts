/**
 * Import of JSON lines: an event a line, in any order.
 *
 * Lines are read one by one and wait in a spool, so a file of any size needs little memory; then
 * they go to the relay in causal order, and are judged as anybody's events are.
 */
import { parseEvent } from '../nostr/event.ts';
import { isRefusal } from '../refusal.ts';
import { openSpool, type Spool } from '../store/spool.ts';
import { deliver, type Taker } from './deliver.ts';
import { type Tally, tallyOf } from './tally.ts';

/** Told what is being done and how many events it was done to. */
export type Progress = (doing: string, count: number) => void;

/** Imports lines into a relay. Rejects with `RelayLost` when the relay is. */
export async function importLines(
  lines: AsyncIterable<string>,
  taker: Taker,
  onProgress: Progress,
): Promise<Tally> {
  const spool = openSpool();
  try {
    const unread = await fill(spool, lines, onProgress);
    await deliver(spool, taker, { onProgress: (count) => onProgress('handed in', count) });
    return tallyOf(spool, unread);
  } finally {
    spool.close();
  }
}

/** Fills a spool; returns what never got into it, by code. */
async function fill(
  spool: Spool,
  lines: AsyncIterable<string>,
  onProgress: Progress,
): Promise<ReadonlyMap<string, number>> {
  const counts = { 'bad-event': 0, duplicate: 0 };
  let read = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const event = parseEvent(parsed(line));
    if (isRefusal(event)) counts['bad-event']++;
    else if (!spool.add(event)) counts.duplicate++;
    onProgress('read', ++read);
  }
  return new Map(Object.entries(counts).filter(([, count]) => count > 0));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
