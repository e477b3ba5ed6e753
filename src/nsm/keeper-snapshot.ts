/**
 * The keeper snapshot (PROTOCOL §8): computed state as an event any NIP-01 client can filter.
 *
 * One `s` per active state path, one `p` per participant, one `n` per type that has a handler
 * now. Everything but `created_at` follows from the machine's state, so it can be built whenever
 * somebody asks.
 */
import { tagValues, type UnsignedEvent } from '../nostr/event.ts';
import type { Definition } from './definition.ts';
import { activePaths, enabledTypes } from './enabled.ts';
import type { Finality } from './forks.ts';
import { SNAPSHOT_KIND } from './kinds.ts';
import { snapshotContent } from './snapshot.ts';
import type { Frozen, StateNode } from './view.ts';

/** At most this many `p` tags; later participants are left out. */
export const PARTICIPANTS_MAX = 64;

/** How the `d` of every keeper snapshot begins. */
export const KEEPER_PREFIX = 'nsm:';

/** Whether every transition names the one before it, or some order is only the relay's word. */
export type Links = 'strict' | 'inferred';

/** The `d` of a machine's keeper snapshot. */
export function keeperAddress(machine: string): string {
  return `${KEEPER_PREFIX}${machine}`;
}

/** True for a keeper snapshot, of whichever relay. */
export function isKeeperSnapshot(event: Pick<UnsignedEvent, 'kind' | 'tags'>): boolean {
  if (event.kind !== SNAPSHOT_KIND) return false;
  const [machine] = tagValues(event, 'e');
  return machine !== undefined && tagValues(event, 'd')[0] === keeperAddress(machine);
}

/**
 * The unsigned keeper snapshot of a machine at a node, at its own address or at the `d` where a
 * definition wants it. Times are Unix seconds.
 */
export function keeperSnapshot(input: {
  readonly keeper: string;
  readonly d?: string;
  readonly definition: Definition;
  readonly node: StateNode;
  readonly frozen: Frozen | null;
  readonly participants: readonly string[];
  readonly finality: Finality;
  readonly createdAt: number;
  /** Hash of the rule set. */
  readonly rules: string;
  /** `inferred` when transitions did not name the one before them. */
  readonly links?: Links;
}): UnsignedEvent {
  const { keeper, definition, node, frozen, participants, finality, createdAt, rules } = input;
  const { d = keeperAddress(definition.id), links } = input;
  const { state } = node.computed;
  const next = frozen ? [] : enabledTypes(definition.machine, state);
  return {
    pubkey: keeper,
    created_at: createdAt,
    kind: SNAPSHOT_KIND,
    tags: [
      ['d', d],
      ['e', definition.id],
      ...(node.id === null ? [] : [['transition', node.id]]),
      ['height', String(node.height)],
      ['status', frozen ? 'frozen' : state.status],
      ...activePaths(state).map((path) => ['s', path]),
      ...participants.slice(0, PARTICIPANTS_MAX).map((pubkey) => ['p', pubkey]),
      ...next.map(({ type }) => ['n', type]),
      ['finality', finality],
      ...(links === 'inferred' ? [['links', links]] : []),
      ['rules', rules],
    ],
    content: snapshotContent(state),
  };
}
