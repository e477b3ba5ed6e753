/**
 * What stands in the place of names: an example says by name what a signed event says by key, id,
 * time and hash.
 *
 * Pure, since the page of play fills templates in too, with keys and a start of its own.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { getPublicKey } from 'nostr-tools/pure';
import { sha256Hex } from '../nsm/canonical.ts';

/** When every example begins, in Unix seconds: long ago, so that no play has to wait. */
export const EXAMPLE_START = 1_700_000_000;

/** What the names in a template stand for. */
export type Values = {
  /** The secret key of a part; of an example if not said. */
  readonly keyOf?: KeyOf;
  /** What times count from, in Unix seconds; the start of all examples if not said. */
  readonly start?: number;
  /** The id of the machine; undefined where there is none yet. */
  readonly machine?: string | undefined;
  /** The id of the transition at a height; undefined where there is none. */
  readonly idAt?: (height: number) => string | undefined;
};

/** The secret key that a part signs with. */
export type KeyOf = (part: string) => Uint8Array;

/** The secret key of a part in an example; made of its name, so known to everybody. */
export function partKey(part: string): Uint8Array {
  return sha256(utf8ToBytes(`headkeeper example: ${part}`));
}

/** The content of a definition from its template. */
export function parseTemplate(text: string, values: Values = {}): string {
  return JSON.stringify(fillIn(JSON.parse(text), values));
}

/**
 * Puts what is meant in the place of every `{{…}}` in a JSON value: `{{name}}` is a pubkey,
 * `"{{+60}}"` a time, `{{machine}}` and `{{@2}}` are ids, `{{sha256 …}}` is the hash of a text in
 * which everything is filled in. Throws for an id that does not exist yet.
 */
export function fillIn<Template>(template: Template, values: Values): Template {
  return fillValue(template, values) as Template;
}

function fillValue(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const seconds = /^\{\{\+(\d+)\}\}$/.exec(value)?.[1];
    if (seconds === undefined) return fillText(value, values);
    return (values.start ?? EXAMPLE_START) + Number(seconds);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fillValue(item, values));
  const members = Object.entries(value).map(([name, item]) => [
    fillText(name, values),
    fillValue(item, values),
  ]);
  return Object.fromEntries(members);
}

/** From the inside out, for a hash may be of a text that holds names. */
function fillText(text: string, values: Values): string {
  const filled = text.replace(/\{\{([^{}]+)\}\}/g, (_, name: string) => meaningOf(name, values));
  return filled === text ? text : fillText(filled, values);
}

function meaningOf(name: string, { machine, idAt, keyOf = partKey }: Values): string {
  if (name.startsWith('sha256 ')) return sha256Hex(name.slice('sha256 '.length));
  const height = /^@(\d+)$/.exec(name)?.[1];
  if (height === undefined && name !== 'machine') return getPublicKey(keyOf(name));
  const id = height === undefined ? machine : idAt?.(Number(height));
  if (id === undefined) throw new Error(`{{${name}}} does not exist yet`);
  return id;
}
