/**
 * Names instead of keys: from the profile (kind 0) the relay holds, else a short npub.
 *
 * Anybody can call himself anything, so the npub is always in reach, and nothing is fetched.
 */
import { html } from 'hono/html';
import { npubEncode } from 'nostr-tools/nip19';
import type { Relay } from '../../relay.ts';
import { isolated, type Markup } from './page.ts';

const NAME_MAX = 32;
/** Longer profiles are passed over, in UTF-16 units. */
const PROFILE_MAX = 65_536;

/** A key as a link to the machines it takes part in. */
export function personOf(relay: Relay, pubkey: string): Markup {
  const npub = npubEncode(pubkey);
  const short = `${npub.slice(0, 9)}…${npub.slice(-4)}`;
  const name = pubkey === relay.keeper.pubkey ? 'this relay' : profileName(relay, pubkey);
  return html`<a class="who" href="/machines?participant=${npub}" title="${npub}">${
    name === undefined ? short : isolated(name, NAME_MAX)
  }</a>`;
}

/** Those who take part in a machine, by its sequence number; of more, the first ones. */
export function peopleOf(relay: Relay, n: number, most: number): Markup {
  const people = relay.store.machines.participants(n, most + 1);
  const shown = people.slice(0, most).map((pubkey) => personOf(relay, pubkey));
  const more = people.length > most ? ' …' : '';
  return html`${shown.map((person, i) => html`${i > 0 ? ', ' : ''}${person}`)}${more}`;
}

function profileName({ store }: Relay, pubkey: string): string | undefined {
  const found = store.events.latest(pubkey, 0, '');
  const content = found && store.events.read(found.n)?.content;
  if (!content || content.length > PROFILE_MAX) return undefined;
  const profile = readJson(content);
  const names = ['display_name', 'name'].map((member) => profile[member]);
  return names.find((name): name is string => typeof name === 'string' && name.trim() !== '');
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
