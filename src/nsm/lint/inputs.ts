/**
 * The inputs that are worth trying in a state: who might send, when, and with what payload.
 *
 * Everybody whose key the machine knows, and a stranger; now, and whenever a comparison changes its
 * answer; and payloads made of what the rules of that type ask for. The same state always gets the
 * same inputs.
 */
import { isHex64 } from '../../nostr/event.ts';
import { isList, isObject, type Json } from '../../rules/json.ts';
import { canonicalJson, sha256Hex } from '../canonical.ts';
import {
  type Clue,
  type Clues,
  carryClue,
  collectClues,
  evaluator,
  type Member,
  type Moment,
  newClues,
} from './clues.ts';
import { type Choice, payloadsOf } from './payload.ts';
import type { Ruled, Uses } from './uses.ts';

/** At most this many senders are tried in a state; that many mean that some were left out. */
export const SENDERS_MAX = 16;

const TIMES_MAX = 4;
const VALUES_MAX = 6;
const DIGESTS_MAX = 4;
const KEYS_TRIED = 3;
/** Keys of nobody, and ids of transitions: 64 hex that no machine is likely to hold. */
const STRANGERS: readonly string[] = ['f1', 'f2', 'f3', 'f4'].map((byte) => byte.repeat(32));
const IDS: readonly string[] = Array.from({ length: 16 }, (_, i) =>
  `e${i.toString(16)}`.repeat(32),
);

/** What can be tried in a machine. */
export type Inputs = {
  /** A stranger first, then the author and every key in the context. */
  readonly senders: (context: Json) => readonly string[];
  /** A transition id that the state does not hold. */
  readonly id: (canonical: string) => string;
  /** Times after the moment at which a guard of these transitions may answer otherwise. */
  readonly times: (ruled: readonly Ruled[], moment: Moment) => readonly number[];
  /** Payloads for these transitions besides the empty one. */
  readonly payloads: (ruled: readonly Ruled[], moment: Moment) => readonly Json[];
  /** Before, at or after each time that guards compare with: -1, 0 or 1. */
  readonly signs: (moment: Moment) => readonly number[];
};

/** The inputs of a machine by its author. */
export function inputsFor(uses: Uses, author: string): Inputs {
  const clues = new Map(uses.ruled.map((ruled) => [ruled, cluesOf(ruled)]));
  const cluesFor = (ruled: readonly Ruled[]): readonly Clues[] =>
    ruled.flatMap((one) => clues.get(one) ?? []);
  const all = [...clues.values()];
  const timed = all.flatMap(({ times }) => times);
  const passing = cluesFor(uses.ruled.filter(({ trigger }) => trigger !== 'event'));
  const hashes = all.flatMap((found) =>
    found.hashed.map((term) => ({ evaluate: evaluator(term, null), found })),
  );

  /** Hashes that a later transition could open, and keys. */
  const hexFor = (moment: Moment): readonly Json[] => {
    const digests = hashes.flatMap(({ evaluate, found }) =>
      payloadsOf(choicesOf(found.payload, moment, () => []))
        .slice(0, DIGESTS_MAX)
        .map((data) => evaluate(moment, data, null))
        .flatMap((text) => (typeof text === 'string' ? [sha256Hex(text)] : [])),
    );
    const others = keysIn(moment.context).filter((key) => key !== moment.by);
    const keys = [...new Set(others)].slice(0, KEYS_TRIED);
    return [...digests.slice(0, DIGESTS_MAX), ...keys, strangerIn(moment.context)];
  };

  return {
    senders: (context) => {
      const known = new Set([strangerIn(context), author, ...keysIn(context)]);
      return [...known].slice(0, SENDERS_MAX);
    },
    id: (canonical) => IDS.find((id) => !canonical.includes(id)) ?? IDS[0] ?? '',
    times: (ruled, moment) => {
      const found = [...cluesFor(ruled), ...passing].flatMap(({ times }) =>
        times.flatMap((time) => time(moment)),
      );
      const later = new Set(found.filter((time) => time > moment.at));
      return [...later].sort((a, b) => a - b).slice(0, TIMES_MAX);
    },
    payloads: (ruled, moment) => {
      const found = cluesFor(ruled).flatMap(({ payload }) => payload);
      return payloadsOf(choicesOf(found, moment, hexFor));
    },
    signs: (moment) => timed.flatMap((time) => time(moment).map((at) => Math.sign(at - moment.at))),
  };
}

/** What a transition's own rules give away. */
function cluesOf({ guard, actions }: Ruled): Clues {
  const clues = newClues();
  if (guard?.rule.guard) collectClues(guard.rule.guard, guard.params, clues);
  for (const { rule, params } of actions) {
    for (const { target, value } of rule.action) {
      for (const term of [...target, ...(value === null ? [] : [value])]) {
        collectClues(term, params, clues);
        carryClue(term, clues);
      }
    }
  }
  return clues;
}

function choicesOf(
  clues: readonly Clue[],
  moment: Moment,
  hexFor: (moment: Moment) => readonly Json[],
): readonly Choice[] {
  const found = new Map<string, { member: Member; exact: Json[]; other: Json[] }>();
  for (const { member, give, wantsHex, isExact } of clues) {
    const name = canonicalJson(member);
    const entry = found.get(name) ?? { member, exact: [], other: [] };
    found.set(name, entry);
    entry[isExact ? 'exact' : 'other'].push(...give(moment));
    if (wantsHex) entry.other.push(...hexFor(moment));
  }
  return [...found.values()].flatMap(({ member, exact, other }) => {
    const values = distinct([...exact, ...other]).slice(0, VALUES_MAX);
    return values.length === 0 ? [] : [{ member, values }];
  });
}

function distinct(values: readonly Json[]): readonly Json[] {
  return [...new Map(values.map((value) => [canonicalJson(value), value])).values()];
}

/** Every key in a value, names of members included. */
function keysIn(value: Json): readonly string[] {
  if (typeof value === 'string') return isHex64(value) ? [value] : [];
  if (isList(value)) return value.flatMap(keysIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => [
    ...(isHex64(name) ? [name] : []),
    ...keysIn(item),
  ]);
}

function strangerIn(context: Json): string {
  const known = new Set(keysIn(context));
  return STRANGERS.find((key) => !known.has(key)) ?? STRANGERS[0] ?? '';
}
