/**
 * NIP-42 as a client does it: get a challenge, sign it, hear whether it counts.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Answer, type Client, isOk, isVerb } from './client.ts';
import { NOW, type Person } from './machines.ts';
import { signEvent } from './sign.ts';

/** What an AUTH event says; everything is right unless it is given. */
export type Proof = {
  readonly challenge: string;
  readonly relay: string;
  readonly kind?: number;
  readonly at?: number;
  readonly tags?: readonly (readonly string[])[];
};

/** Gets a connection's first challenge, by asking for what only its addressee may read. */
export async function askForChallenge(client: Client): Promise<string> {
  client.send(['REQ', 'challenge me', { kinds: [1059] }]);
  const [, challenge] = await client.nextFrame(isVerb('AUTH'));
  await client.nextFrame(isVerb('CLOSED'));
  return String(challenge);
}

/** An AUTH event; `tags` replace those with challenge and relay. */
export function proveKey(person: Person, proof: Proof): NostrEvent {
  const { challenge, relay, kind = 22_242, at = NOW } = proof;
  const {
    tags = [
      ['relay', relay],
      ['challenge', challenge],
    ],
  } = proof;
  return signEvent({ kind, created_at: at, tags, content: '' }, person.secret);
}

/** Sends an AUTH event and waits for its OK. */
export async function sendAuth(client: Client, event: NostrEvent): Promise<Answer> {
  client.send(['AUTH', event]);
  const [, , accepted, message] = await client.nextFrame(isOk(event.id));
  return { accepted: accepted === true, message: String(message) };
}

/** Authenticates a connection as these people, one after the other. Throws when it cannot. */
export async function authenticate(
  client: Client,
  relay: string,
  ...people: readonly Person[]
): Promise<void> {
  const challenge = await askForChallenge(client);
  for (const person of people) {
    const { accepted, message } = await sendAuth(client, proveKey(person, { challenge, relay }));
    if (!accepted) throw new Error(message);
  }
}
