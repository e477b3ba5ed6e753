/**
 * Payloads put together from values for their members.
 */
import { isObject, type Json } from '../../rules/json.ts';

/** A value and the place in a payload that it is for; `*` stands for the one item of a list. */
export type Part = { readonly member: readonly string[]; readonly value: Json };

/** Values to choose from for one member. */
export type Choice = { readonly member: readonly string[]; readonly values: readonly Json[] };

/** At most this many payloads are made of one list of choices. */
const PAYLOADS_MAX = 36;

/** The payload in which every part has its place; what does not fit is left out. */
export function payloadOf(parts: readonly Part[]): Json {
  const outerFirst = [...parts].sort((a, b) => a.member.length - b.member.length);
  return outerFirst.reduce<Json>((payload, { member, value }) => put(payload, member, value), {});
}

function put(into: Json, [step, ...rest]: readonly string[], value: Json): Json {
  if (step === undefined) return value;
  if (step === '*') return [put(Array.isArray(into) ? (into[0] ?? null) : null, rest, value)];
  const members = isObject(into) ? into : {};
  return { ...members, [step]: put(members[step] ?? null, rest, value) };
}

/**
 * Payloads for choices: all combinations where they are few, else an even spread of them that has
 * every value at least once. The same choices give the same payloads.
 */
export function payloadsOf(choices: readonly Choice[]): readonly Json[] {
  const combinations = choices.reduce((product, { values }) => product * values.length, 1);
  const count = Math.min(combinations, PAYLOADS_MAX);
  const payloads = Array.from({ length: count }, (_, i) => {
    let rest = Math.floor((i * combinations) / count);
    const parts = choices.map(({ member, values }, nth) => {
      const index = combinations > count ? i + nth * Math.floor(i / values.length) : rest;
      rest = Math.floor(rest / values.length);
      return { member, value: values[index % values.length] ?? null };
    });
    return payloadOf(parts);
  });
  return payloads.filter(
    (payload) => isObject(payload) && !('type' in payload) && !('inputterPubKey' in payload),
  );
}
