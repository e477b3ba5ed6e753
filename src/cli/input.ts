/**
 * What commands are given to look at: definitions and events, from files or from stdin.
 */

import { readFileSync } from 'node:fs';
import { getPublicKey } from 'nostr-tools/pure';
import { EXAMPLE_START, parseTemplate, partKey } from '../examples/template.ts';
import { loadLibraries } from '../libraries.ts';
import { eventId, type NostrEvent, parseEvent, type UnsignedEvent } from '../nostr/event.ts';
import { buildDefinition } from '../nsm/builders.ts';
import { DEFINITION_KIND } from '../nsm/kinds.ts';
import { BUNDLED_RULES, makeRuleSet, type RuleSet } from '../nsm/rule-set.ts';
import { isRefusal } from '../refusal.ts';
import { isObject, type Json, type JsonObject } from '../rules/json.ts';
import { Unable } from './outcome.ts';

const STDIN = '-';

/** The part that signs a definition where nothing else is said. */
const AUTHOR = 'author';

/** The text of a file, of stdin for `-`. Throws `Unable`. */
export function readText(path: string): string {
  return readBytes(path).toString('utf8');
}

/** The bytes of a file, of stdin for `-`. Throws `Unable`. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path === STDIN ? process.stdin.fd : path);
  } catch (error) {
    throw new Unable((error as Error).message);
  }
}

/** The rule set with the libraries of a folder, if one is named. Throws `Unable`. */
export function rulesWith(folder: string | undefined): RuleSet {
  if (folder === undefined) return BUNDLED_RULES;
  try {
    return makeRuleSet(loadLibraries(folder));
  } catch (error) {
    throw new Unable((error as Error).message);
  }
}

/**
 * The event of a definition: as it is, or made of a config, which may be a template as those of the
 * examples are. Then the part `author` has signed it, and as a config cannot name libraries, every
 * one of the rule set is named for it. What is no JSON is for the linter to say.
 */
export function definitionEvent(text: string, rules: RuleSet = BUNDLED_RULES): NostrEvent {
  const value = parsed(text);
  if (isDefinitionEvent(value)) return withId(value);
  const signer = { pubkey: partPubkey(AUTHOR), createdAt: EXAMPLE_START };
  const config = text.includes('{{') && value !== undefined ? parseTemplate(text) : text;
  // Without names the bundled ones are looked through, so that ids are those of the examples.
  const known = rules.hash === BUNDLED_RULES.hash ? [] : rules.libraries;
  const libraries = known.flatMap(({ name, majors }) =>
    majors.slice(-1).map((n) => `${name}@${n}`),
  );
  return withId(buildDefinition(signer, { config, libraries }));
}

/** The pubkey that a part has in examples and scripts. */
export function partPubkey(part: string): string {
  return getPublicKey(partKey(part));
}

/** An event that nobody has signed. */
export function withId({ pubkey, created_at, kind, tags, content }: UnsignedEvent): NostrEvent {
  const unsigned = { pubkey, created_at, kind, tags, content };
  return { id: eventId(unsigned), ...unsigned, sig: '' };
}

/** The signed events of a file: one, or JSON lines. Throws `Unable`. */
export function readEvents(path: string): readonly NostrEvent[] {
  const text = readText(path);
  const whole = parsed(text);
  if (whole !== undefined) return [strictEvent(whole, path)];
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    return [strictEvent(parsed(line), `${path}:${i + 1}`)];
  });
}

/** The object in a file. Throws `Unable`. */
export function readObject(path: string): JsonObject {
  const value = parsed(readText(path));
  if (!isObject(value)) throw new Unable(`${path}: not a JSON object`);
  return value;
}

function strictEvent(value: Json | undefined, place: string): NostrEvent {
  const event = parseEvent(value);
  if (isRefusal(event)) throw new Unable(`${place}: ${event.says}`);
  return event;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** True for what has the members of an event; a config has none of them. */
function isDefinitionEvent(value: Json | undefined): value is JsonObject & UnsignedEvent {
  if (!isObject(value)) return false;
  const { kind, content, pubkey, created_at: createdAt, tags } = value;
  const isTyped = typeof content === 'string' && typeof pubkey === 'string';
  return (
    kind === DEFINITION_KIND && isTyped && Array.isArray(tags) && typeof createdAt === 'number'
  );
}
