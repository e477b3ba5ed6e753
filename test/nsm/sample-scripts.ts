/**
 * What is played on the sample machines that have no timers: legal steps, and every illegal one
 * worth trying. The others are in sample-scripts-timeless.ts.
 */

import { START } from './machine-events.ts';

/** What a payload may be made of: keys of people, the id of the definition, what is the case. */
export type Known = {
  readonly keyOf: (letter: string) => string;
  readonly definition: string;
  readonly context: { readonly [name: string]: unknown };
};

/** The members of a payload. */
export type Payload = { readonly [name: string]: unknown };

/** Who sends which type, and what comes of it: the value as JSON, or a code. */
export type Step = readonly [
  by: string,
  type: string,
  said: {
    readonly says: string;
    readonly at?: number;
    readonly data?: Payload | ((known: Known) => Payload);
  },
];

/** One play of one machine. */
export type Script = {
  readonly machine: string;
  /** When the definition was made. */
  readonly at: number;
  readonly steps: readonly Step[];
  /** Some members of the last state. */
  readonly ends: { readonly [name: string]: unknown };
};

export const DENIED = 'guard-denied';
export const NONE = 'no-transition';

const inc = (by: string, n: unknown, says: string): Step => [by, 'INC', { data: { by: n }, says }];

const counter: Script = {
  machine: 'counter',
  at: START,
  steps: [
    inc('B', 1, DENIED),
    inc('A', 3, DENIED),
    inc('A', '2', DENIED),
    inc('A', 1.5, DENIED),
    ['A', 'INC', { says: DENIED }],
    inc('A', 2, '"playing"'),
    inc('A', 1, DENIED),
    ['B', 'DEC', { says: NONE }],
    inc('B', 1, '"playing"'),
    inc('A', 1, '"won"'),
    inc('B', 1, 'machine-finished'),
  ],
  ends: { status: 'done', context: { n: 4, turn: 1 } },
};

/** A person, and what she says. */
export type Pair = readonly [by: string, what: string];

const vote = ([by, choice]: Pair, at: number, says: string): Step => [
  ...([by, 'VOTE'] as const),
  { data: { choice }, at, says },
];

const voteByDeadline: Script = {
  machine: 'vote',
  at: 1_000,
  steps: [
    vote(['E', 'yes'], 1_000, DENIED),
    vote(['A', 'perhaps'], 1_000, DENIED),
    vote(['A', 'yes'], 1_000, '"open"'),
    vote(['A', 'no'], 1_001, DENIED),
    ['E', 'CLOSE', { at: 1_999, says: DENIED }],
    vote(['B', 'no'], 1_500, '"open"'),
    vote(['C', 'yes'], 1_999, '"open"'),
    vote(['D', 'no'], 2_000, DENIED),
    ['E', 'CLOSE', { at: 2_000, says: '"passed"' }],
    vote(['D', 'no'], 2_000, 'machine-finished'),
  ],
  ends: { status: 'done' },
};

const voteByAll: Script = {
  machine: 'vote',
  at: 1_000,
  steps: [
    vote(['D', 'no'], 1_000, '"open"'),
    vote(['C', 'yes'], 1_000, '"open"'),
    vote(['B', 'no'], 1_000, '"open"'),
    vote(['A', 'yes'], 1_000, '"rejected"'),
  ],
  ends: { status: 'done', value: 'rejected' },
};

const voteWithoutQuorum: Script = {
  machine: 'vote',
  at: 1_000,
  steps: [vote(['A', 'yes'], 1_000, '"open"'), ['A', 'CLOSE', { at: 9_000, says: '"rejected"' }]],
  ends: { status: 'done' },
};

const delivery: Script = {
  machine: 'delivery',
  at: START,
  steps: [
    ['E', 'START_TRANSIT', { says: NONE }],
    ['A', 'ACCEPT', { says: DENIED }],
    ['E', 'CANCEL', { says: DENIED }],
    ['E', 'ACCEPT', { says: '"accepted"' }],
    ['F', 'ACCEPT', { says: NONE }],
    ['R', 'CANCEL', { says: DENIED }],
    ['A', 'START_TRANSIT', { says: DENIED }],
    ['E', 'START_TRANSIT', { says: '"in_transit"' }],
    ['R', 'DELIVER', { says: DENIED }],
    ['E', 'DELIVER', { says: '"delivered"' }],
    ['E', 'CONFIRM_DELIVERY', { says: DENIED }],
    ['R', 'CONFIRM_DELIVERY', { says: '"completed"' }],
    ['A', 'CANCEL', { says: 'machine-finished' }],
  ],
  ends: { status: 'done', context: { executorPubKey: 'E', inputterPubKey: null } },
};

const deliveryDisputed: Script = {
  machine: 'delivery',
  at: START,
  steps: [
    ['E', 'ACCEPT', { says: '"accepted"' }],
    ['E', 'START_TRANSIT', { says: '"in_transit"' }],
    ['A', 'DISPUTE', { says: '"disputed"' }],
    ['E', 'DELIVER', { says: NONE }],
  ],
  ends: { status: 'active' },
};

/** Scripts by title. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  counter,
  'a vote that ends at its deadline': voteByDeadline,
  'a vote that ends when all have voted': voteByAll,
  'a vote without a quorum': voteWithoutQuorum,
  'a delivery': delivery,
  'a disputed delivery': deliveryDisputed,
};
