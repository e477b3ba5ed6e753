/**
 * How to be refused by a relay in trouble: one way for each code.
 *
 * The trouble is real: rows that somebody spoilt in the file of a stopped relay, a database that
 * takes no further row, a definition that takes longer than it may, a relay that stops with work
 * on its hands.
 */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createDefinitionTrial } from '../../src/definition-trial.ts';
import type { RefusalCode } from '../../src/refusal.ts';
import { DATABASE_FILE } from '../../src/store/database.ts';
import { connect, isOk, isVerb } from './client.ts';
import { define, move, note, publishAccepted } from './machines.ts';
import type { Provocation } from './provoke.ts';

/** Runs SQL in the database of a data folder, beside the relay or while it is stopped. */
export function editDatabase(dataDir: string, sql: string): void {
  const db = new Database(join(dataDir, DATABASE_FILE));
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

/** As if the rule set had changed, and under it what the transitions lead to. */
export const SPOIL_VERDICTS =
  "UPDATE machine SET rules = 'another'; UPDATE transition SET state_hash = zeroblob(32)";

/** States that are no longer JSON, of machines whose keeper snapshots need not be written again. */
const SPOIL_STATES = "UPDATE machine SET state = '{', kept = revision";

/** As if the disk were full. */
export const FILL_DISK =
  "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk full'); END";

/**
 * A definition within every limit that is as much work as limits allow: sixteen regions that are
 * left and entered until the engine gives up, each with all the levels and histories there may be.
 */
const LABORIOUS = {
  type: 'parallel',
  states: Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => {
      const inner = nest(14);
      return [
        `r${i}`,
        { initial: 'a', states: { a: { ...inner, always: { target: 'a', reenter: true } } } },
      ];
    }),
  ),
} as const;

/** Longer than a machine of ordinary size takes, much shorter than the laborious one. */
const TRIAL_MS = 20;

/** Codes of faults and of overload. */
export const FAULT_PROVOCATIONS = {
  storage: async ({ open }) => {
    const { relay, client } = await open();
    editDatabase(relay.dataDir, FILL_DISK);
    return client.publish(note(1));
  },
  internal: async ({ open }) => {
    const { relay, client } = await open();
    const { machine, first } = await publishAccepted(client);
    await relay.restart(() => editDatabase(relay.dataDir, SPOIL_STATES));
    const again = await connect(relay.url);
    return again.publish(move(machine, 'START_TRANSIT', { on: first }));
  },
  'machine-frozen': async ({ open }) => {
    const { relay, client } = await open();
    const { machine, first } = await publishAccepted(client);
    await relay.restart(() => editDatabase(relay.dataDir, SPOIL_VERDICTS));
    const again = await connect(relay.url);
    return again.publish(move(machine, 'START_TRANSIT', { on: first }));
  },
  'engine-timeout': async ({ open }) => {
    const trial = createDefinitionTrial({ milliseconds: TRIAL_MS });
    const { client } = await open({}, { trial });
    const answer = await client.publish(define(LABORIOUS));
    await trial.close();
    return answer;
  },
  overloaded: async ({ open }) => {
    const { client } = await open({ limits: { pendingEventsMax: 1 } });
    const [, second] = await Promise.all([client.publish(define()), client.publish(note(1))]);
    return second;
  },
  'shutting-down': async ({ open }) => {
    const { relay, client } = await open();
    client.send(['EVENT', define(LABORIOUS)]);
    // Frames are read in order: the answer to this one says that the one before was taken.
    client.send('no JSON');
    await client.nextFrame(isVerb('NOTICE'));
    const late = note(1);
    const stopped = relay.stop();
    client.send(['EVENT', late]);
    const [, , accepted, message] = await client.nextFrame(isOk(late.id));
    await stopped;
    return { accepted: accepted === true, message: String(message) };
  },
} as const satisfies Partial<Record<RefusalCode, Provocation>>;

/** A chain of states, each with a history. */
function nest(levels: number): object {
  if (levels === 0) return {};
  return { initial: 'c', states: { c: nest(levels - 1), h: { history: 'deep' } } };
}
