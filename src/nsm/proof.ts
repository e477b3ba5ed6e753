/**
 * Proof bundles: is the state of a machine what somebody says it is? Answered offline.
 *
 * Nothing in a bundle is believed. Ids and signatures are checked, the chain is judged again from
 * the definition on, and what the header, the custodian and the relay say is compared with what
 * comes of that. A bundle cannot show what was left out of it: a newer head, another endorsement.
 */
import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { eventId, type NostrEvent, tagValues } from '../nostr/event.ts';
import { isRefusal, refusalText } from '../refusal.ts';
import { type ComputedState, canonicalJson, sha256Hex } from './canonical.ts';
import { type Definition, parseDefinition } from './definition.ts';
import type { Custodian } from './definition-tags.ts';
import type { Finality } from './forks.ts';
import { keeperSnapshot, type Links } from './keeper-snapshot.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND } from './kinds.ts';
import { endorsedBy, type Ruling, rulingOf } from './proof-endorsements.ts';
import {
  type BundleProblem,
  bundleProblem,
  isBundleProblem,
  type ProofBundle,
  type ProofEvent,
  readBundle,
} from './proof-lines.ts';
import { findStray, growTree } from './proof-tree.ts';
import { BUNDLED_RULES, type RuleSet } from './rule-set.ts';
import { compareSnapshot } from './snapshot.ts';
import type { StateNode } from './view.ts';

/** What a verifier may be told. */
export type VerifyOptions = {
  /** The relay that is expected; without it the one that the bundle names. */
  readonly keeper?: string;
  /** The rule set that is agreed on; by default that of this version, without added libraries. */
  readonly rules?: RuleSet;
  /** Whether the signature of an event verifies; by default in plain JavaScript. */
  readonly verify?: (event: NostrEvent) => boolean;
};

/** What a bundle proves. */
export type Proven = {
  readonly machine: string;
  /** The definition: what the parties agreed on. */
  readonly definition: NostrEvent;
  readonly head: string | null;
  readonly height: number;
  readonly status: 'active' | 'done' | 'frozen' | 'error';
  readonly computed: ComputedState;
  readonly rules: { readonly name: string; readonly hash: string };
  /** `inferred` when the order of the transitions is only the relay's word. */
  readonly links: Links;
  /** `final` when the custodian endorsed the head, `provisional` when he endorsed one below. */
  readonly finality: Finality;
  /** Height up to which the custodian's word makes the chain final; null without one. */
  readonly final_height: number | null;
  /** `proven` by two endorsements that contradict each other, or `claimed` by the relay alone. */
  readonly frozen: 'proven' | 'claimed' | null;
  readonly custodian: Custodian | null;
  readonly endorsements: number;
  /** The relay's key, and when it said so in Unix seconds. */
  readonly keeper: { readonly pubkey: string; readonly created_at: number };
};

/**
 * What became of a bundle: all of it holds; the first thing that does not; or it was made under
 * rules that this verifier does not have, so that nothing can be said of its states.
 */
export type ProofReport =
  | ({ readonly verdict: 'valid' } & Proven)
  | ({ readonly verdict: 'invalid' } & BundleProblem)
  | {
      readonly verdict: 'unknown-rules';
      readonly rules: { readonly name: string; readonly hash: string };
      readonly says: string;
    };

/** Verifies a bundle, given as bytes or as text. Pure; takes as long as the chain is long. */
export function verifyBundle(
  bundle: string | Uint8Array,
  options: VerifyOptions = {},
): ProofReport {
  const { rules = BUNDLED_RULES } = options;
  const read = readBundle(bundle);
  if (isBundleProblem(read)) return { verdict: 'invalid', ...read };
  const problem = checkSigned(read, options);
  if (problem) return { verdict: 'invalid', ...problem };
  const { name, hash } = read.header.rules;
  if (hash !== rules.hash) {
    const says = `made under ${name} ${hash}; this verifier has ${rules.name} ${rules.hash}`;
    return { verdict: 'unknown-rules', rules: { name, hash }, says };
  }
  const proven = prove(read, rules);
  if (isBundleProblem(proven)) return { verdict: 'invalid', ...proven };
  return { verdict: 'valid', ...proven };
}

/** What can be seen without any rules: ids, signatures, who signed, and the rules themselves. */
function checkSigned(bundle: ProofBundle, options: VerifyOptions): BundleProblem | undefined {
  const { verify = isSigned } = options;
  const { header, definition, transitions, endorsements, keeper } = bundle;
  const seen = new Set<string>();
  for (const { line, event } of [definition, ...transitions, ...endorsements, keeper]) {
    if (eventId(event) !== event.id) return bundleProblem('id', line);
    if (seen.has(event.id)) return bundleProblem('repeated', line);
    seen.add(event.id);
    if (!verify(event)) return bundleProblem('signature', line);
  }
  const { name, hash, content } = header.rules;
  const isNamed = content['name'] === name && sha256Hex(canonicalJson(content)) === hash;
  if (!isNamed) return bundleProblem('rules-hash', 1);
  if (header.machine !== definition.event.id) {
    return bundleProblem('machine', 1, 'the header names another machine than the definition');
  }
  if (header.keeper !== keeper.event.pubkey) return bundleProblem('keeper-key', 1);
  const isExpected = options.keeper === undefined || options.keeper === header.keeper;
  return isExpected ? undefined : bundleProblem('keeper-key', keeper.line);
}

function isSigned({ id, pubkey, sig }: NostrEvent): boolean {
  return schnorr.verify(hexToBytes(sig), hexToBytes(id), hexToBytes(pubkey));
}

function prove(bundle: ProofBundle, rules: RuleSet): Proven | BundleProblem {
  const { header, transitions, keeper } = bundle;
  const { links } = header;
  const definition = readDefinition(bundle.definition, rules);
  if (isBundleProblem(definition)) return definition;
  // A relay that is the custodian endorses with its keeper snapshot too.
  const isCustodian = definition.custodian?.pubkey === keeper.event.pubkey;
  const snapshots = isCustodian ? [...bundle.endorsements, keeper] : bundle.endorsements;
  const endorsed = endorsedBy(snapshots, definition);
  if (isBundleProblem(endorsed)) return endorsed;
  const wanted = new Set([header.head, ...endorsed.map(({ head }) => head)]);
  const tree = growTree({ definition, transitions, links, wanted });
  if (isBundleProblem(tree)) return tree;
  const head = tree.get(header.head);
  if (head?.computed === undefined) return bundleProblem('head', 1);
  if (head.height !== header.height) return bundleProblem('height', 1);
  if (head.computed.hash !== header.state_hash) return bundleProblem('state-hash', 1);
  const stray = findStray(tree, { transitions, wanted });
  if (stray) return stray;
  const ruling = rulingOf({ tree, endorsed, head: head.id, links });
  if (isBundleProblem(ruling)) return ruling;
  const node = { ...head, computed: head.computed };
  const wrong = checkKeeper(keeper, { header, definition, node, ruling });
  return wrong ?? proven(bundle, { definition, node, ruling });
}

function readDefinition({ line, event }: ProofEvent, rules: RuleSet): Definition | BundleProblem {
  if (event.kind !== DEFINITION_KIND) return bundleProblem('kind', line);
  const definition = parseDefinition(event, rules);
  return isRefusal(definition)
    ? bundleProblem('definition', line, refusalText(definition))
    : definition;
}

/** What the rest of a bundle comes to. */
type Found = {
  readonly definition: Definition;
  readonly node: StateNode;
  readonly ruling: Ruling;
};

/** The tags of a keeper snapshot that state something about the machine. */
const STATING = new Set(['d', 'e', 'transition', 'height', 'status', 's', 'n', 'links', 'rules']);

/** What is wrong with a keeper snapshot: it has to be the one a relay would make of that head. */
function checkKeeper(
  { line, event }: ProofEvent,
  { header, definition, node, ruling }: Found & { readonly header: ProofBundle['header'] },
): BundleProblem | undefined {
  if (event.kind !== SNAPSHOT_KIND) return bundleProblem('kind', line);
  const claimed = tagValues(event, 'status')[0] === 'frozen';
  if (ruling.isFrozen && !claimed) {
    return bundleProblem('keeper', line, 'it does not say that the machine is frozen');
  }
  const expected = keeperSnapshot({
    ...{ keeper: event.pubkey, definition, node, participants: [], finality: ruling.finality },
    ...{ createdAt: event.created_at, rules: header.rules.hash, links: header.links },
    frozen: claimed ? { at: node.id, cause: 'equivocation' } : null,
  });
  const stating = ({ tags }: Pick<NostrEvent, 'tags'>): string =>
    JSON.stringify(tags.filter(([name = '']) => STATING.has(name)));
  if (stating(event) !== stating(expected)) return bundleProblem('keeper', line);
  const mismatch = compareSnapshot(event, node.computed);
  if (mismatch) return bundleProblem('keeper', line, refusalText(mismatch));
  const isTooSure = tagValues(event, 'finality')[0] === 'final' && ruling.finality !== 'final';
  if (!isTooSure) return undefined;
  return bundleProblem('keeper', line, 'it calls final what no endorsement here makes final');
}

function proven(bundle: ProofBundle, { definition, node, ruling }: Found): Proven {
  const { header, keeper, endorsements } = bundle;
  const { machine, links } = header;
  const isFrozen = tagValues(keeper.event, 'status')[0] === 'frozen';
  const claimed = isFrozen ? 'claimed' : null;
  return {
    machine,
    definition: bundle.definition.event,
    head: node.id,
    height: node.height,
    status: isFrozen ? 'frozen' : node.computed.state.status,
    computed: node.computed,
    rules: { name: header.rules.name, hash: header.rules.hash },
    links,
    finality: ruling.finality,
    final_height: ruling.finalHeight,
    frozen: ruling.isFrozen ? 'proven' : claimed,
    custodian: definition.custodian,
    endorsements: endorsements.length,
    keeper: { pubkey: keeper.event.pubkey, created_at: keeper.event.created_at },
  };
}
