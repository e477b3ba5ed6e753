/**
 * A relay that is killed among reorganisations and freezes: what it holds then follows from the
 * endorsements it has (PROTOCOL §7), and those it acknowledged are there.
 *
 * `KILLS=50` kills more often, `SEED=` repeats a run.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { nodeAfter } from '../../src/nsm/advance.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { type Client, connect } from '../support/client.ts';
import { note, type Person } from '../support/machines.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { testKey } from '../support/sign.ts';
import { checkForks } from './forked-folder.ts';
import { startProcess } from './killed-relay.ts';

const KILLS = Number(process.env['KILLS'] ?? 2);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const ANSWERS_MAX = 160;
const SIDE_BY_SIDE = 4;

const CONFIG = {
  initial: 'a',
  context: { n: 0 },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', { var: 'data.x' }] }] } } },
  states: { a: { on: { ADD: { actions: 'add' } } } },
};

const CUSTODIAN: Person = testKey('custodian');
let nonce = Date.now() % 1_000_000;

/** One life of a relay, as its client sees it. */
type Life = {
  readonly client: Client;
  readonly acknowledged: Set<string>;
  readonly random: Random;
  readonly answered: () => void;
};

/** A machine whose chain is endorsed away, and in the end, now and then, endorsed again. */
async function dispute(life: Life): Promise<void> {
  const at = Math.floor(Date.now() / 1_000);
  const tags = [['state', `30078:${CUSTODIAN.pubkey}:killed-${nonce++}`]];
  const machine = note(7500, CONFIG, { by: CUSTODIAN, at, tags });
  const definition = parseDefinition(machine);
  if (isRefusal(definition)) throw new Error(definition.says);
  const { createdAt, initial: computed } = definition;
  const start: StateNode = { id: null, height: 0, createdAt, computed };
  const [ours, theirs] = [draw(life, definition, start), draw(life, definition, start)];
  await send(life, machine);
  for (const { event } of ours) await send(life, event);
  // Refused as evidence, save what the relay sees before the head has moved.
  for (const { event } of theirs) await send(life, event);
  await send(life, endorsement(definition, theirs.at(-1)?.node ?? start));
  const more = draw(life, definition, theirs.at(-1)?.node ?? start);
  for (const { event } of more) await send(life, event);
  await send(life, endorsement(definition, more.at(-1)?.node ?? start));
  if (life.random.chance(50)) await send(life, endorsement(definition, ours.at(-1)?.node ?? start));
}

type Drawn = { readonly event: NostrEvent; readonly node: StateNode };

/** A few transitions on a node. */
function draw({ random }: Life, definition: Definition, on: StateNode): readonly Drawn[] {
  const drawn: Drawn[] = [];
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) {
    const prior = drawn.at(-1)?.node ?? on;
    const link = prior.id === null ? [] : [['transition', prior.id]];
    const tags = [['e', definition.id], ['t', 'ADD'], ...link];
    const event = note(7501, { x: 1, nonce: nonce++ }, { at: prior.createdAt, tags });
    const transition = parseTransition(event);
    if (isRefusal(transition)) throw new Error(transition.says);
    const node = nodeAfter(definition, prior, transition);
    if (isRefusal(node)) throw new Error(node.says);
    drawn.push({ event, node });
  }
  return drawn;
}

function endorsement({ id, custodian }: Definition, node: StateNode): NostrEvent {
  const link = node.id === null ? [] : [['transition', node.id]];
  const tags = [['d', custodian?.d ?? ''], ['e', id], ...link];
  const content = snapshotContent(node.computed.state);
  return note(30_078, content, { by: CUSTODIAN, at: node.createdAt, tags });
}

async function send({ client, acknowledged, answered }: Life, event: NostrEvent): Promise<void> {
  const { accepted } = await client.publish(event);
  if (accepted) acknowledged.add(event.id);
  answered();
}

async function live(dataDir: string, acknowledged: Set<string>, random: Random): Promise<void> {
  const relay = await startProcess(dataDir);
  // Whoever waits for an answer learns of the kill at once; slowness is no matter here.
  const client = await connect(relay.url, { patienceMs: 60_000 });
  let left = 1 + random.below(ANSWERS_MAX);
  let gone = Promise.resolve();
  const answered = () => {
    left -= 1;
    if (left === 0) gone = relay.kill();
  };
  const life: Life = { client, acknowledged, random, answered };
  const keepOn = async (): Promise<never> => {
    for (;;) await dispute(life);
  };
  const disputes = await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, keepOn));
  await gone;
  for (const outcome of disputes) {
    // Everybody ends because the relay is gone, and for no other reason.
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'closed with 1006' } });
  }
}

describe('a relay that is killed among reorganisations', () => {
  it(
    `holds what follows from the endorsements it has (SEED=${SEED})`,
    async () => {
      const random = randomFrom(SEED);
      const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-forked-'));
      const acknowledged = new Set<string>();
      try {
        let found = { reorganised: 0, frozen: 0 };
        for (let i = 0; i < KILLS || found.reorganised === 0 || found.frozen === 0; i++) {
          await live(dataDir, acknowledged, random);
          found = checkForks(dataDir, acknowledged);
        }
        expect(acknowledged.size).toBeGreaterThan(0);
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    60_000 + KILLS * 20_000,
  );
});
