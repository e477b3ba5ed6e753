/**
 * What is played on the sample machines that have timers, as if they had none.
 */

import { sha256Hex } from '../../src/nsm/canonical.ts';
import { START } from './machine-events.ts';
import {
  DENIED,
  type Known,
  NONE,
  type Pair,
  type Payload,
  type Script,
  type Step,
} from './sample-scripts.ts';

const SALT = 'sixteen characters at least';

const commitment =
  (of: string, choice: string) =>
  ({ keyOf, definition }: Known): Payload => ({
    hash: sha256Hex(`${definition}:${keyOf(of)}:${choice}:${SALT}`),
  });

const commit = ([by, choice]: Pair, says: string, of = by): Step => [
  ...([by, 'COMMIT'] as const),
  { data: commitment(of, choice), says },
];

const reveal = ([by, choice]: Pair, says: string, salt = SALT): Step => [
  ...([by, 'REVEAL'] as const),
  { data: { move: choice, salt }, says },
];

const rps: Script = {
  machine: 'rps',
  at: START,
  steps: [
    ['A', 'COMMIT', { data: { hash: 'short' }, says: DENIED }],
    commit(['C', 'rock'], DENIED),
    commit(['A', 'rock'], '"commit"'),
    commit(['A', 'paper'], DENIED),
    reveal(['A', 'rock'], NONE),
    commit(['B', 'rock'], '"reveal"'),
    reveal(['A', 'paper'], DENIED),
    reveal(['A', 'rock'], DENIED, 'short'),
    reveal(['A', 'rock'], '"reveal"'),
    reveal(['A', 'rock'], DENIED),
    reveal(['B', 'rock'], '"commit"'),
    commit(['B', 'scissors'], '"commit"'),
    commit(['A', 'rock'], '"reveal"'),
    reveal(['B', 'scissors'], '"reveal"'),
    reveal(['A', 'rock'], '"done"'),
  ],
  ends: { status: 'done', context: { winner: 'A' } },
};

const rpsCopied: Script = {
  machine: 'rps',
  at: START,
  steps: [
    commit(['A', 'paper'], '"commit"'),
    commit(['B', 'paper'], '"reveal"', 'A'),
    reveal(['A', 'paper'], '"reveal"'),
    reveal(['B', 'paper'], DENIED),
  ],
  ends: { status: 'active', value: 'reveal' },
};

const bet: Script = {
  machine: 'bet',
  at: START,
  steps: [
    ['A', 'TAKE', { says: DENIED }],
    ['T', 'WITHDRAW', { says: DENIED }],
    ['T', 'TAKE', { says: '"running"' }],
    ['T', 'RESULT', { data: { outcome: 'taker' }, says: DENIED }],
    ['O', 'RESULT', { data: { outcome: 'void' }, says: DENIED }],
    ['O', 'RESULT', { data: { outcome: 'maker' }, says: '"reported"' }],
    ['A', 'DISPUTE', { says: DENIED }],
    ['T', 'DISPUTE', { at: START + 5, says: '"disputed"' }],
    ['O', 'RULE', { at: START + 5, data: { outcome: 'void' }, says: DENIED }],
    ['J', 'RULE', { at: START + 5, data: { outcome: 'void' }, says: '"refunded"' }],
  ],
  ends: { status: 'done', context: { taker: 'T', outcome: 'void', winner: null } },
};

const multisig: Script = {
  machine: 'multisig',
  at: START,
  steps: [
    ['D', 'PROPOSE', { data: { pay: 5 }, says: DENIED }],
    ['A', 'PROPOSE', { says: DENIED }],
    ['A', 'PROPOSE', { data: { pay: 5 }, says: '"collecting"' }],
    ['A', 'APPROVE', { data: { proposal: '' }, says: DENIED }],
    ['B', 'APPROVE', { data: { proposal: 'nope' }, says: DENIED }],
    ['B', 'WITHDRAW', { says: DENIED }],
    ['A', 'WITHDRAW', { says: '"idle"' }],
    ['B', 'EXECUTED', { says: NONE }],
  ],
  ends: { status: 'active', context: { executed: 0, proposal: null, approvals: [] } },
};

/** An approval of the very proposal that is open. */
const approve = (by: string, says: string): Step => [
  ...([by, 'APPROVE'] as const),
  { data: ({ context }) => ({ proposal: Object(context['proposal']).id }), says },
];

const multisigExecuted: Script = {
  machine: 'multisig',
  at: START,
  steps: [
    ['B', 'PROPOSE', { data: { pay: { to: 'C', sum: 5 } }, says: '"collecting"' }],
    approve('B', DENIED),
    approve('D', DENIED),
    approve('A', '"approved"'),
    approve('C', NONE),
    ['D', 'EXECUTED', { says: DENIED }],
    ['C', 'EXECUTED', { says: '"idle"' }],
  ],
  ends: { status: 'active', context: { executed: 1, proposal: null } },
};

const SEAL = 'ab'.repeat(32);
const offer = ([by, to]: Pair, says: string, seal = SEAL): Step => [
  ...([by, 'OFFER'] as const),
  { data: { to, seal }, says },
];
const accept = (by: string, says: string, seal = SEAL): Step => [
  ...([by, 'ACCEPT'] as const),
  { data: { seal }, says },
];
const reading = (by: string, temp: unknown, says: string): Step => [
  ...([by, 'READING'] as const),
  { data: { temp }, says },
];

const custody: Script = {
  machine: 'custody',
  at: START,
  steps: [
    offer(['T', 'W'], DENIED),
    offer(['M', 'W'], DENIED),
    offer(['M', 'T'], DENIED, 'seal'),
    offer(['M', 'T'], '"offered"'),
    accept('W', DENIED),
    accept('T', DENIED, 'cd'.repeat(32)),
    ['T', 'REFUSE', { says: '"held"' }],
    offer(['M', 'T'], '"offered"'),
    accept('T', '"held"'),
    reading('M', 4, DENIED),
    reading('T', 4, '"held"'),
    reading('T', 5.5, 'guard-error'),
    offer(['T', 'W'], '"offered"'),
    accept('W', '"held"'),
    offer(['W', 'S'], '"offered"'),
    accept('S', '"arrived"'),
    reading('S', 90, 'machine-finished'),
  ],
  ends: { status: 'done', context: { holder: 'S', leg: 3, pending: null } },
};

const custodySpoiled: Script = {
  machine: 'custody',
  at: START,
  steps: [reading('M', 9, '"spoiled"')],
  ends: { status: 'done' },
};

/** Scripts by title. */
export const TIMELESS_SCRIPTS: Readonly<Record<string, Script>> = {
  'rock-paper-scissors with a tie': rps,
  'a copied commitment': rpsCopied,
  'a disputed bet': bet,
  'an approval that is withdrawn': multisig,
  'an approval that is executed': multisigExecuted,
  'a custody hand-over': custody,
  'a spoiled consignment': custodySpoiled,
};
