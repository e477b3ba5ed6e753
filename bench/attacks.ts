/**
 * Hostile inputs as functions: each sends one and resolves when the relay has answered.
 */

import { signEvent, testKey } from '../test/support/sign.ts';
import type { Client } from './client.ts';
import {
  DEAR_CHAIN,
  FRAMES,
  type HostileDefinition,
  type HostileStep,
  LEGAL,
  REFUSED,
  STEPS,
} from './hostile-inputs.ts';

/** One way to attack. */
export type Attack = { readonly name: string; readonly input: (client: Client) => Promise<void> };

const { secret } = testKey('attacker');
const now = (): number => Math.floor(Date.now() / 1_000);
let nonce = 0;

const sign = (kind: number, tags: string[][], content: string) =>
  signEvent({ kind, tags, content, created_at: now() }, secret);

/** Every attack; `client` publishes the machines that some of them need. */
export async function attacksOn(client: Client): Promise<readonly Attack[]> {
  const steps: Attack[] = [];
  for (const step of STEPS) steps.push(await stepping(client, step));
  return [
    ...REFUSED.map((hostile) => defining(hostile, false)),
    ...LEGAL.map((hostile) => defining(hostile, true)),
    ...steps,
    await claiming(client, DEAR_CHAIN),
    ...Object.entries(FRAMES).map(asking),
  ];
}

function definition({ config }: HostileDefinition) {
  const content = typeof config === 'string' ? config : JSON.stringify(config);
  return sign(7_500, [['nonce', `${nonce++}`]], content);
}

function defining(hostile: HostileDefinition, isLegal: boolean): Attack {
  const input = async (client: Client): Promise<void> => {
    const message = await client.publish(definition(hostile));
    const isBusy = message.includes('overloaded') || message.includes('engine-timeout');
    if (!isBusy && (message === '') !== isLegal) throw new Error(`${hostile.name}: ${message}`);
  };
  return { name: `definition: ${hostile.name}`, input };
}

/** A machine that has to be hosted; its id. */
async function host(client: Client, hostile: HostileDefinition): Promise<string> {
  const event = definition(hostile);
  const message = await client.publish(event);
  if (message !== '') throw new Error(`${hostile.name} is not legal: ${message}`);
  return event.id;
}

/** A type that the initial state refuses, so that it can be sent for ever. */
async function stepping(client: Client, step: HostileStep): Promise<Attack> {
  const machine = await host(client, step);
  const tags = [
    ['e', machine],
    ['t', step.type],
  ];
  return {
    name: `step: ${step.name}`,
    input: async (other) => {
      const message = await other.publish(sign(7_501, tags, `{"nonce":${nonce++}}`));
      if (message === '') throw new Error(`${step.name} was taken, not refused`);
    },
  };
}

/** A snapshot of the node that is furthest from a stored state. */
async function claiming(client: Client, chain: HostileStep): Promise<Attack> {
  const machine = await host(client, chain);
  const ids: string[] = [];
  while (ids.length < 64) {
    const head = ids.at(-1);
    const link = head === undefined ? [] : [['transition', head]];
    const step = sign(7_501, [['e', machine], ['t', chain.type], ...link], '');
    const message = await client.publish(step);
    if (message !== '') throw new Error(`${chain.name}: ${message}`);
    ids.push(step.id);
  }
  const link = ['transition', ids[62] ?? ''];
  return {
    name: chain.name,
    input: async (other) => {
      const tags = [['d', `${nonce++}`], ['e', machine], link];
      await other.publish(sign(30_078, tags, '{"status":"active"}'));
    },
  };
}

function asking([name, frame]: readonly [string, string]): Attack {
  return {
    name: `frame: ${name}`,
    input: (client) => {
      const subscription = `sub ${nonce++}`;
      return client.ask(frame.replace('SUB', subscription), subscription);
    },
  };
}
