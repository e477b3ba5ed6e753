/**
 * Builds the events of a machine, unsigned: what a client needs to take part.
 *
 * What is built has the form that `judge` asks for; whether it is allowed is for `judge` to say,
 * and whoever holds the key signs it. A transition is never dated before what it builds on.
 */
import type { UnsignedEvent } from '../nostr/event.ts';
import type { JsonObject } from '../rules/json.ts';
import type { Custodian, ForkMode } from './definition-tags.ts';
import { ENGINE } from './engine.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from './kinds.ts';
import { snapshotContent } from './snapshot.ts';
import type { StateNode } from './view.ts';

/** Who will sign, and when: a pubkey of 64 hex and Unix seconds. */
export type Signer = { readonly pubkey: string; readonly createdAt: number };

/** What a definition says. */
export type DefinitionDraft = {
  /** The XState config, or its text. */
  readonly config: JsonObject | string;
  readonly title?: string;
  readonly description?: string;
  /** Rule libraries as `name@version`; without any the bundled ones are looked through. */
  readonly libraries?: readonly string[];
  readonly custodian?: Custodian;
  readonly forks?: ForkMode;
};

/** What a transition builds on: a node of its machine; for a first one the initial state. */
export type Head = Pick<StateNode, 'id' | 'createdAt'>;

/** What a transition says. */
export type TransitionDraft = {
  /** The id of the machine. */
  readonly machine: string;
  readonly head: Head;
  readonly type: string;
  readonly payload?: JsonObject;
};

/** What a snapshot says. */
export type SnapshotDraft = {
  /** The id of the machine. */
  readonly machine: string;
  /** The node whose state it claims, as `advance` computed it. */
  readonly node: StateNode;
  /** The coordinate under its signer's key; that of the `state` tag for the custodian. */
  readonly d: string;
};

/** A kind 7500 for a config (PROTOCOL §2); it names the engine. */
export function buildDefinition(
  { pubkey, createdAt }: Signer,
  draft: DefinitionDraft,
): UnsignedEvent {
  const { config, title, description, libraries = [], custodian, forks } = draft;
  const [major = ''] = ENGINE.version.split('.');
  return {
    pubkey,
    created_at: createdAt,
    kind: DEFINITION_KIND,
    tags: [
      ...(title === undefined ? [] : [['title', title]]),
      ...(description === undefined ? [] : [['description', description]]),
      ['engine', `${ENGINE.name}@${major}`],
      ...libraries.map((library) => ['engine', library]),
      ...(custodian === undefined ? [] : [['state', coordinate(custodian)]]),
      ...(forks === undefined ? [] : [['forks', forks]]),
    ],
    content: typeof config === 'string' ? config : JSON.stringify(config),
  };
}

/** A kind 7501 on top of a head (PROTOCOL §2); not dated before it. */
export function buildTransition(
  { pubkey, createdAt }: Signer,
  { machine, head, type, payload }: TransitionDraft,
): UnsignedEvent {
  return {
    pubkey,
    created_at: Math.max(createdAt, head.createdAt),
    kind: TRANSITION_KIND,
    tags: [['e', machine], ['t', type], ...linkTo(head)],
    content: payload === undefined ? '' : JSON.stringify(payload),
  };
}

/** A kind 30078 that claims the state of a node (PROTOCOL §6). */
export function buildSnapshot(
  { pubkey, createdAt }: Signer,
  { machine, node, d }: SnapshotDraft,
): UnsignedEvent {
  return {
    pubkey,
    created_at: createdAt,
    kind: SNAPSHOT_KIND,
    tags: [['d', d], ['e', machine], ...linkTo(node)],
    content: snapshotContent(node.computed.state),
  };
}

/** The same transition on top of another head, for its author to sign anew. */
export function rebaseTransition(
  { tags, kind, pubkey, content, created_at }: UnsignedEvent,
  { head, createdAt }: { readonly head: Head; readonly createdAt: number },
): UnsignedEvent {
  const others = tags.filter(([name]) => name !== 'transition');
  return {
    pubkey,
    created_at: Math.max(created_at, createdAt, head.createdAt),
    kind,
    tags: [...others, ...linkTo(head)],
    content,
  };
}

/** The initial state has no id; what builds on it names nothing. */
function linkTo({ id }: Pick<Head, 'id'>): readonly (readonly string[])[] {
  return id === null ? [] : [['transition', id]];
}

function coordinate({ pubkey, d }: Custodian): string {
  return `${SNAPSHOT_KIND}:${pubkey}:${d}`;
}
