/**
 * The kinds of value an option can have, as zod schemas.
 *
 * Each takes its bounds or choices and the sentence that documents the option. All of them have a
 * default, so that every part of a configuration may be left out, and an empty string always means
 * "none": the loader derives environment names and documentation from these schemas and relies on
 * both.
 */

import { isIP } from 'node:net';
import { decode } from 'nostr-tools/nip19';
import { z } from 'zod';

type Bounds = { readonly min: number; readonly max: number; readonly default: number };

/** A whole number within its bounds. */
export const integer = ({ min, max, default: value }: Bounds, says: string) =>
  z.int().min(min).max(max).prefault(value).describe(says);

/** Free text of at most so many characters, or none. */
export const text = (max: number, says: string) => z.string().max(max).prefault('').describe(says);

/** Yes or no; the first argument is the default. */
export const yes = (value: boolean, says: string) => z.boolean().prefault(value).describe(says);

/** One of some words; the first is the default. */
export const oneOf = <const T extends readonly [string, ...string[]]>(words: T, says: string) =>
  z.enum(words).prefault(words[0]).describe(says);

/** A URL with one of those schemes, or none. */
export const address = (schemes: readonly string[], says: string) =>
  z
    .string()
    .refine((written) => written === '' || isAddress(written, schemes), {
      error: `expected a URL beginning with ${schemes.map((name) => `${name}://`).join(' or ')}`,
    })
    .prefault('')
    .describe(says);

/** One key, or none: 64 hex in the end, whichever of hex and bech32 (NIP-19) was written. */
export const key = (prefix: 'npub' | 'nsec', says: string) =>
  hexKey(prefix, /^([0-9a-f]{64})?$/)
    .prefault('')
    .describe(says);

/** Public keys, as hex in the end. */
export const keys = (says: string) =>
  z
    .array(hexKey('npub', /^[0-9a-f]{64}$/))
    .prefault([])
    .readonly()
    .describe(says);

/** Kinds of events. */
export const kindList = (says: string) =>
  z.array(z.int().min(0).max(65_535)).prefault([]).readonly().describe(says);

/** Addresses and ranges of addresses, as they were written. */
export const ranges = (says: string) =>
  z
    .array(z.string().refine(isRange, { error: EXPECTED_RANGE }))
    .prefault([])
    .readonly()
    .describe(says);

const EXPECTED_RANGE = 'expected an address or a range such as 10.0.0.0/8';

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

/** Options with a common first name; all may be left out, and unknown names are errors. */
export const group = <T extends z.core.$ZodLooseShape>(schema: z.ZodObject<T, z.core.$strict>) =>
  schema.prefault({} as z.input<typeof schema>).readonly();

const hexKey = (prefix: 'npub' | 'nsec', form: RegExp) =>
  z
    .string()
    .transform((written) => decodeKey(written.trim(), prefix))
    .pipe(z.string().regex(form, `expected 64 hex digits or an ${prefix}`));

/** The hex form of a NIP-19 key with that prefix; anything else is left to the pattern. */
function decodeKey(written: string, prefix: 'npub' | 'nsec'): string {
  if (!written.startsWith(prefix)) return written.toLowerCase();
  try {
    const { type, data } = decode(written);
    if (type === 'npub') return data;
    return type === 'nsec' ? Buffer.from(data).toString('hex') : written;
  } catch {
    return written;
  }
}

function isAddress(written: string, schemes: readonly string[]): boolean {
  return URL.canParse(written) && schemes.includes(new URL(written).protocol.slice(0, -1));
}
