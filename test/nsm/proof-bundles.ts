/**
 * Proof bundles for tests: signed machines, and the lines that state what they have come to.
 *
 * A bundle is an array of lines until a test has had its way with it. What a dishonest relay would
 * write is made by the same functions, given something else.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import { eventJson } from '../../src/nostr/message.ts';
import { advance } from '../../src/nsm/advance.ts';
import type { Definition } from '../../src/nsm/definition.ts';
import { parseDefinition } from '../../src/nsm/definition.ts';
import type { Finality } from '../../src/nsm/forks.ts';
import { keeperSnapshot, type Links } from '../../src/nsm/keeper-snapshot.ts';
import {
  eventLine,
  headerLine,
  type ProofHeader,
  type ProofRole,
} from '../../src/nsm/proof-lines.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { Frozen, StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { signEvent, testKey } from '../support/sign.ts';

/** Somebody who signs. */
export type Person = ReturnType<typeof testKey>;

export const ANN: Person = testKey('ann');
export const BOB: Person = testKey('bob');
export const CUSTODIAN: Person = testKey('custodian');
export const RELAY: Person = testKey('relay');

/** When the definitions of these tests are made, in Unix seconds. */
export const START = 1_700_000_000;

/** A list that grows with every ADD, and that Ann alone can close; not all of it is ASCII. */
const CONFIG = {
  id: 'liste',
  initial: 'öffen',
  context: { list: [], annPubkey: ANN.pubkey, note: '„Übergabe“ 🤝' },
  meta: {
    nsm: {
      v: 1,
      guards: { isAnn: { '==': [{ var: 'by' }, { var: 'ctx.annPubkey' }] } },
      actions: { add: [{ push: ['list', { var: 'data.n' }] }] },
    },
  },
  states: {
    öffen: { on: { ADD: { actions: 'add' }, CLOSE: { target: 'zu', guard: 'isAnn' } } },
    zu: { type: 'final' },
  },
};

/** A signed definition with a custodian. */
export function signDefinition(members: object = {}, tags: readonly string[][] = []): NostrEvent {
  const state = ['state', `30078:${CUSTODIAN.pubkey}:list`];
  const content = JSON.stringify({ ...CONFIG, ...members });
  return signEvent({ kind: 7500, created_at: START, tags: [state, ...tags], content }, ANN.secret);
}

/** What a signed transition says; without `on` it names no prior. */
export type Move = {
  readonly type?: string;
  readonly on?: string | null;
  readonly by?: Person;
  readonly at?: number;
  readonly n?: number;
};

/** A signed transition. */
export function signMove({ id }: { readonly id: string }, said: Move = {}): NostrEvent {
  const { type = 'ADD', on = null, by = BOB, at = START + 10, n } = said;
  const link = on === null ? [] : [['transition', on]];
  const tags = [['e', id], ['t', type], ...link];
  const content = n === undefined ? '' : JSON.stringify({ n });
  return signEvent({ kind: 7501, created_at: at, tags, content }, by.secret);
}

/** A signed machine: its definition, its transitions, and the node that each leads to. */
export type SignedMachine = {
  readonly machine: NostrEvent;
  readonly definition: Definition;
  readonly transitions: readonly NostrEvent[];
  /** By id; null for the initial state. */
  readonly nodes: ReadonlyMap<string | null, StateNode>;
};

/** A machine with transitions in order; `infer` has those without a link build on the last. */
export function machineWith(
  transitionsOf: (machine: NostrEvent) => readonly NostrEvent[],
  { machine = signDefinition(), infer = false } = {},
): SignedMachine {
  const definition = parseDefinition(machine);
  if (isRefusal(definition)) throw new Error(`${definition.code}: ${definition.says}`);
  const { createdAt, initial: computed } = definition;
  const start: StateNode = { id: null, height: 0, createdAt, computed };
  const nodes = new Map<string | null, StateNode>([[null, start]]);
  const transitions = transitionsOf(machine);
  let last = start;
  for (const event of transitions) {
    const transition = parseTransition(event);
    if (isRefusal(transition)) throw new Error(transition.says);
    const isImplied = infer && transition.prior === null;
    const prior = isImplied ? last : nodes.get(transition.prior);
    const after = prior && advance(definition, prior, transition);
    if (!prior || !after || isRefusal(after)) throw new Error(`${event.id} does not follow`);
    const { id, created_at: time } = event;
    last = { id, height: prior.height + 1, createdAt: time, computed: after };
    nodes.set(id, last);
  }
  return { machine, definition, transitions, nodes };
}

/** A machine with a straight chain of so many ADDs, one more every second. */
export function chainOf(length: number, definition = signDefinition()): SignedMachine {
  const chainOn = (machine: NostrEvent) => {
    const chain: NostrEvent[] = [];
    for (let n = 0; n < length; n++) {
      chain.push(signMove(machine, { on: chain.at(-1)?.id ?? null, at: START + 10 + n, n }));
    }
    return chain;
  };
  return machineWith(chainOn, { machine: definition });
}

/** What a snapshot of a node says that is not so, or by whom else it is. */
export type Claim = { readonly by?: Person; readonly content?: string; tags?: string[][] };

/** A signed snapshot of a node, by the custodian unless it is by somebody else. */
export function signSnapshot(signed: SignedMachine, id: string | null, said: Claim = {}) {
  const { by = CUSTODIAN, content = contentOf(signed, id), tags = [] } = said;
  const link = id === null ? [] : [['transition', id]];
  const all = [['d', 'list'], ['e', signed.machine.id], ...link, ...tags];
  return signEvent({ kind: 30078, created_at: START + 60, tags: all, content }, by.secret);
}

/** The persisted state of a node. */
export function contentOf({ nodes }: SignedMachine, id: string | null): string {
  const node = nodes.get(id);
  if (node === undefined) throw new Error(`there is no node ${id}`);
  return snapshotContent(node.computed.state);
}

/** What a relay says of a machine. */
export type Said = {
  /** The last transition unless it is another. */
  readonly head?: string | null;
  readonly endorsements?: readonly NostrEvent[];
  readonly finality?: Finality;
  readonly frozen?: Frozen | null;
  readonly links?: Links;
  readonly by?: Person;
};

/** The keeper snapshot of a machine at a head. */
export function signKeeper(signed: SignedMachine, said: Said = {}): NostrEvent {
  const { by = RELAY, finality = 'local', frozen = null, links = 'strict' } = said;
  const { machine, definition, nodes } = signed;
  const { head = signed.transitions.at(-1)?.id ?? null } = said;
  const node = nodes.get(head);
  if (node === undefined) throw new Error(`there is no node ${head} of ${machine.id}`);
  const participants = definition.participants;
  const { hash: rules } = BUNDLED_RULES;
  const event = keeperSnapshot({
    ...{ keeper: by.pubkey, definition, node, frozen, participants, finality, rules, links },
    createdAt: START + 90,
  });
  return signEvent({ ...event, tags: event.tags.map((tag) => [...tag]) }, by.secret);
}

/** The header a relay would write, with deviations. */
export function headerOf(signed: SignedMachine, said: Said = {}): ProofHeader {
  const { by = RELAY, links = 'strict', endorsements = [] } = said;
  const { head = signed.transitions.at(-1)?.id ?? null } = said;
  const node = signed.nodes.get(head);
  if (node === undefined) throw new Error(`there is no node ${head}`);
  const { name, hash, content } = BUNDLED_RULES;
  return {
    ...{ machine: signed.machine.id, head, height: node.height, links, keeper: by.pubkey },
    state_hash: node.computed.hash,
    events: signed.transitions.length + endorsements.length + 2,
    rules: { name, hash, content },
  };
}

/** The lines of an honest bundle. */
export function linesOf(signed: SignedMachine, said: Said = {}): string[] {
  const { endorsements = [] } = said;
  return [
    headerLine(headerOf(signed, said)),
    lineOf('definition', signed.machine),
    ...signed.transitions.map((event) => lineOf('transition', event)),
    ...endorsements.map((event) => lineOf('endorsement', event)),
    lineOf('keeper', signKeeper(signed, said)),
  ];
}

/** Lines whose number the header counts, whatever else it says. */
export function recounted(
  lines: readonly string[],
  signed: SignedMachine,
  said: Said = {},
): string[] {
  const header = { ...headerOf(signed, said), events: lines.length - 1 };
  return [headerLine(header), ...lines.slice(1)];
}

/** The line of an event. */
export function lineOf(role: ProofRole, event: NostrEvent): string {
  return eventLine(role, eventJson(event));
}

/** Lines as one text. */
export function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
