/**
 * What a relay is loaded with: chains of signed events, one for each machine.
 *
 * Three machines that cost differently: one that goes round in circles, one with guards, a context
 * that it writes and a timer, and one whose context grows with every step. The same seed gives the
 * same events, and every event of a chain is legal on top of those before it.
 */
import type { NostrEvent } from '../../src/nostr/event.ts';
import { nodeAfter } from '../../src/nsm/advance.ts';
import { buildDefinition, buildSnapshot, buildTransition } from '../../src/nsm/builders.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal, type Refusal } from '../../src/refusal.ts';
import type { JsonObject } from '../../src/rules/json.ts';
import { signEvent, testKey } from '../../test/support/sign.ts';
import { BET, betContext, PARCEL, PARCEL_STEPS, VOTE } from './machines.ts';

/** The events of one machine in their order; the definition comes first. */
export type Chain = readonly NostrEvent[];

/** Makes the chain of machine number `i` of a pool. */
export type Profile = (seed: string, i: number) => Chain;

/** The time of every definition, in Unix seconds: long ago, so that nothing lies in the future. */
const START = 1_700_000_000;
const VOTERS = 500;
const SNAPSHOT_EVERY = 25;

/** The machines that a relay can be loaded with. */
export const PROFILES = {
  /** 47 to 50 transitions by two authors, and a snapshot of every 25th; 52 events. */
  parcel: (seed, i) => parcel(seed, { i, length: 47 + (i % 4) }),
  /** A parcel that has hardly left; 1 to 3 events. */
  short: (seed, i) => parcel(seed, { i, length: i % 3 }),
  /** A bet from two deposits to the payout by a timer; 5 events. */
  bet,
  /** 500 voters, one after another; 501 events. */
  vote,
} satisfies Readonly<Record<string, Profile>>;

/** A parcel on its way round and round. */
export function parcel(
  seed: string,
  { i, length }: { readonly i: number; readonly length: number },
): Chain {
  const [sender, carrier] = [`${seed} sender ${i}`, `${seed} carrier ${i}`];
  const chain = begin(sender, { ...PARCEL, id: `parcel-${seed}-${i}` });
  for (let step = 1; step <= length; step++) {
    const type = PARCEL_STEPS[(step - 1) % PARCEL_STEPS.length] ?? '';
    chain.take(step % 2 === 1 ? sender : carrier, { at: step, type });
    if (step % SNAPSHOT_EVERY === 0 && length <= 50) chain.snapshot(sender);
  }
  return chain.events;
}

function bet(seed: string, i: number): Chain {
  const [ann, bob] = [`${seed} ann ${i}`, `${seed} bob ${i}`];
  const [oracle, escrow] = [`${seed} oracle`, `${seed} escrow`];
  const keys = [ann, bob, oracle, escrow].map(pubkeyOf);
  const chain = begin(ann, { ...BET, id: `bet-${seed}-${i}`, context: betContext(keys, START) });
  const deposit = (bettor: string) => ({
    type: 'DEPOSIT',
    payload: { bettor: pubkeyOf(bettor), amount: 50_000, receipt: pubkeyOf(bettor) },
  });
  chain.take(escrow, { at: 300, ...deposit(ann) });
  chain.take(escrow, { at: 900, ...deposit(bob) });
  chain.take(oracle, { at: 9_300, type: 'RESULT', payload: { outcome: 'home' } });
  chain.take(ann, { at: 12_900, type: 'nsm.tick' });
  return chain.events;
}

function vote(seed: string, i: number): Chain {
  const chain = begin(`${seed} chair`, { ...VOTE, id: `vote-${seed}-${i}` });
  for (let voter = 0; voter < VOTERS; voter++) {
    const payload = { choice: voter % 3 === 0 ? 'no' : 'yes' };
    chain.take(`${seed} voter ${voter}`, { at: voter, type: 'CAST', payload });
  }
  return chain.events;
}

type Step = { readonly at: number; readonly type: string; readonly payload?: JsonObject };

/** A chain that grows by what its machine allows; throws on what it does not. */
function begin(author: string, config: JsonObject) {
  const draft = { config, title: String(config['id']) };
  const event = sign(author, START, (signer) => buildDefinition(signer, draft));
  const definition = must<Definition>(parseDefinition(event, BUNDLED_RULES));
  const events = [event];
  let node: StateNode = { id: null, height: 0, createdAt: START, computed: definition.initial };
  return {
    events,
    take: (by: string, { at, ...step }: Step): void => {
      const transition = sign(by, START + at, (signer) =>
        buildTransition(signer, { machine: definition.id, head: node, ...step }),
      );
      node = must(nodeAfter(definition, node, must(parseTransition(transition))));
      events.push(transition);
    },
    snapshot: (by: string): void => {
      const place = { machine: definition.id, node, d: definition.id };
      events.push(sign(by, node.createdAt, (signer) => buildSnapshot(signer, place)));
    },
  };
}

type Build = (signer: { pubkey: string; createdAt: number }) => Omit<NostrEvent, 'id' | 'sig'>;

const keys = new Map<string, ReturnType<typeof testKey>>();

function keyOf(name: string): ReturnType<typeof testKey> {
  const known = keys.get(name) ?? testKey(name);
  keys.set(name, known);
  return known;
}

function pubkeyOf(name: string): string {
  return keyOf(name).pubkey;
}

function sign(name: string, createdAt: number, build: Build): NostrEvent {
  const { pubkey, secret } = keyOf(name);
  return signEvent(build({ pubkey, createdAt }), secret);
}

function must<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(`the chain is not legal: ${value.code}`);
  return value;
}
