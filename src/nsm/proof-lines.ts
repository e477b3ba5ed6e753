/**
 * The form of a proof bundle: JSON lines, a header and then the signed events of a machine.
 *
 * Each line has one spelling, that of `JSON.stringify` on members in this order, and the text ends
 * with a line feed: no byte of a bundle is without meaning, so none can be changed unseen. Reading
 * says nothing yet about ids, signatures or states; what is read is hostile.
 */
import { isCount, isHex64, type NostrEvent, parseEvent } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import { isRefusal } from '../refusal.ts';
import { isObject, type Json, type JsonObject } from '../rules/json.ts';
import type { Links } from './keeper-snapshot.ts';
import { isJsonProblem, parseStrictJson } from './strict-json.ts';

/** What a bundle says it proves. */
export type ProofHeader = {
  readonly machine: string;
  /** Null at the initial state. */
  readonly head: string | null;
  readonly height: number;
  readonly state_hash: string;
  readonly links: Links;
  /** The pubkey of the relay whose keeper snapshot is in the bundle. */
  readonly keeper: string;
  /** How many lines follow. */
  readonly events: number;
  readonly rules: {
    readonly name: string;
    readonly hash: string;
    /** The object whose RFC 8785 text is hashed. */
    readonly content: JsonObject;
  };
};

/** What an event is in a bundle; in this order. */
export type ProofRole = 'definition' | 'transition' | 'endorsement' | 'keeper';

/** An event of a bundle with its line, counted from 1. */
export type ProofEvent = { readonly line: number; readonly event: NostrEvent };

/** A bundle that has the form of one. */
export type ProofBundle = {
  readonly header: ProofHeader;
  readonly definition: ProofEvent;
  readonly transitions: readonly ProofEvent[];
  readonly endorsements: readonly ProofEvent[];
  readonly keeper: ProofEvent;
};

/** Everything that can be wrong with a bundle, each with its sentence. */
export const BUNDLE_PROBLEMS = {
  size: 'the bundle is larger than 256 MiB',
  encoding: 'the line is not UTF-8',
  form: 'the line does not have the form of its place in a bundle',
  order: 'a definition, transitions, endorsements, and a keeper snapshot last: in this order',
  count: 'the header counts another number of events',
  repeated: 'the event is in the bundle twice',
  kind: 'the event is of another kind than its role',
  id: 'the id is not the hash of the event',
  signature: 'the signature does not verify',
  'rules-hash': 'the rule set is not the one its name and hash say',
  machine: 'the event belongs to another machine',
  definition: 'the definition is refused',
  link: 'the transition builds on one that does not come before it in the bundle',
  transition: 'the transition is refused',
  links: 'the header says otherwise whether every transition names the one before it',
  stray: 'the transition leads neither to the head nor to an endorsed transition',
  head: 'the head is not in the bundle',
  height: 'the head has another height',
  'state-hash': 'the state at the head has another hash',
  endorsement: 'the endorsement is not one',
  'not-final': "the head is not on the branch that the machine's custodian endorsed",
  equivocation: 'the custodian endorsed two branches, so the head can only be where they part',
  'keeper-key': 'the keeper snapshot is by another key',
  keeper: 'the keeper snapshot does not state the head and its state',
} as const;

/** What is wrong with a bundle. */
export type BundleProblemCode = keyof typeof BUNDLE_PROBLEMS;

/** The first thing that is wrong with a bundle, and on which line, counted from 1. */
export type BundleProblem = {
  readonly problem: BundleProblemCode;
  readonly line: number;
  readonly says: string;
};

const BYTES_MAX = 268_435_456;
const DEPTH_MAX = 8;
const ROLES: readonly string[] = ['definition', 'transition', 'endorsement', 'keeper'];

/** A problem by its code; `says` replaces the sentence where the caller knows more. */
export function bundleProblem(
  problem: BundleProblemCode,
  line: number,
  says?: string,
): BundleProblem {
  return { problem, line, says: says ?? BUNDLE_PROBLEMS[problem] };
}

/** True for a problem among other results. */
export function isBundleProblem(value: unknown): value is BundleProblem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** The first line of a bundle, without its line feed. */
export function headerLine(header: ProofHeader): string {
  const { machine, head, height, state_hash, links, keeper, events, rules } = header;
  const { name, hash, content } = rules;
  return JSON.stringify({
    ...{ type: 'header', machine, head, height, state_hash },
    ...{ rules: { name, hash, content }, links, keeper, events },
  });
}

/** Any other line, without its line feed; `json` is the event as `eventJson` makes it. */
export function eventLine(role: ProofRole, json: string): string {
  return `{"type":"event","role":"${role}","event":${json}}`;
}

/** A bundle from its bytes or its text, or the first thing wrong with its form. */
export function readBundle(bundle: string | Uint8Array): ProofBundle | BundleProblem {
  if (bundle.length > BYTES_MAX) return bundleProblem('size', 1);
  const lines = typeof bundle === 'string' ? linesOf(bundle) : decodeLines(bundle);
  if (isBundleProblem(lines)) return lines;
  const header = readHeader(lines[0] ?? '');
  if (isBundleProblem(header)) return header;
  const found = new Map<string, ProofEvent[]>(ROLES.map((role) => [role, []]));
  let rank = 0;
  for (const [i, text] of lines.slice(1).entries()) {
    const line = i + 2;
    const read = readEvent(text, line);
    if (isBundleProblem(read)) return read;
    const next = ROLES.indexOf(read.role);
    if (next < rank) return bundleProblem('order', line);
    rank = next;
    found.get(read.role)?.push({ line, event: read.event });
  }
  return assemble(header, found, lines.length);
}

function assemble(
  header: ProofHeader,
  found: ReadonlyMap<string, readonly ProofEvent[]>,
  line: number,
): ProofBundle | BundleProblem {
  const [definition, secondDefinition] = found.get('definition') ?? [];
  const [keeper, secondKeeper] = found.get('keeper') ?? [];
  const second = secondDefinition ?? secondKeeper;
  if (!definition || !keeper || second) return bundleProblem('order', second?.line ?? line);
  if (header.events !== line - 1) return bundleProblem('count', 1);
  const transitions = found.get('transition') ?? [];
  const endorsements = found.get('endorsement') ?? [];
  return { header, definition, transitions, endorsements, keeper };
}

/** Lines of a text, each of which ends with a line feed. */
function linesOf(text: string): readonly string[] | BundleProblem {
  const lines = text.split('\n');
  return lines.pop() === '' ? lines : bundleProblem('form', lines.length + 1);
}

/** The same of bytes, so that the line is known that is not UTF-8. */
function decodeLines(bytes: Uint8Array): readonly string[] | BundleProblem {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const line = lines.length + 1;
    if (end < 0) return bundleProblem('form', line);
    try {
      lines.push(decoder.decode(bytes.subarray(start, end)));
    } catch {
      return bundleProblem('encoding', line);
    }
    start = end + 1;
  }
  return lines;
}

/** The object of a line, undefined for anything else. */
function readLine(text: string): JsonObject | undefined {
  const parsed = parseStrictJson(text, DEPTH_MAX);
  if (isJsonProblem(parsed) || !isObject(parsed.value)) return undefined;
  return parsed.value;
}

function readHeader(text: string): ProofHeader | BundleProblem {
  const { machine, head, height, state_hash, keeper, events, ...rest } = readLine(text) ?? {};
  const bad = bundleProblem('form', 1);
  if (!isHex64(machine) || !(head === null || isHex64(head)) || !isHex64(state_hash)) return bad;
  if (!isCount(height) || !isCount(events) || !isHex64(keeper)) return bad;
  const rules = readRules(rest['rules']);
  if (rules === undefined) return bad;
  const links: Links = rest['links'] === 'inferred' ? 'inferred' : 'strict';
  const header = { machine, head, height, state_hash, rules, links, keeper, events };
  return headerLine(header) === text ? header : bad;
}

function readRules(rules: Json | undefined): ProofHeader['rules'] | undefined {
  if (!isObject(rules)) return undefined;
  const { name, hash, content } = rules;
  if (typeof name !== 'string' || !isHex64(hash) || !isObject(content)) return undefined;
  return { name, hash, content };
}

type RoleEvent = { readonly role: ProofRole; readonly event: NostrEvent };

function readEvent(text: string, line: number): RoleEvent | BundleProblem {
  const { role, event: value } = readLine(text) ?? {};
  if (!isRole(role)) return bundleProblem('form', line);
  const event = parseEvent(value);
  if (isRefusal(event)) return bundleProblem('form', line, event.says);
  // Members that were dropped or spelt otherwise would be bytes that nobody signed.
  if (eventLine(role, eventJson(event)) !== text) return bundleProblem('form', line);
  return { role, event };
}

function isRole(role: Json | undefined): role is ProofRole {
  return typeof role === 'string' && ROLES.includes(role);
}
