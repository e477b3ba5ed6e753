/**
 * The options about the disk: durability, the room that stays free, backups.
 */
import { z } from 'zod';
import { integer, oneOf, text } from './values.ts';

/** Where acknowledged events lie. */
export const storage = z.strictObject({
  synchronous: oneOf(
    ['full', 'normal'],
    'full answers OK only after the event is on the disk; normal is faster and may lose ' +
      'acknowledged events when the machine, not just the process, dies.',
  ),
  freeBytesMin: integer(
    { min: 0, max: 1_099_511_627_776, default: 134_217_728 },
    'Bytes that stay free on the disk of the data folder: below that, events are refused as ' +
      'storage and reads go on. The write-ahead log has to fit into it; 0 looks at nothing.',
  ),
  cachedBytesMax: integer(
    { min: 0, max: 17_179_869_184, default: 67_108_864 },
    'Memory for events that were read lately, in bytes, about; 0 reads each anew.',
  ),
});

/** When the relay copies its own database. */
export const backup = z.strictObject({
  folder: text(
    1_000,
    'Folder for scheduled backups, each a dated folder in it; empty takes none. It is better on ' +
      'another disk than dataDir.',
  ),
  intervalHours: integer({ min: 1, max: 8_760, default: 24 }, 'Hours from one backup to the next.'),
  keep: integer(
    { min: 1, max: 10_000, default: 7 },
    'How many scheduled backups are kept; the oldest goes when a new one has passed its check.',
  ),
});
