/**
 * Every operation of the API: its path, what it is asked with, what it answers.
 *
 * The schemas of parameters are the ones that read the requests, so the document cannot say
 * anything else. Each operation has one example, or more where they have names; answers to them
 * are recorded (`recorded.ts`), and a test asks every one of them again.
 */
import { z } from 'zod';
import type { ProblemCode } from '../problem.ts';
import {
  chartQuery,
  dagQuery,
  eventIdText,
  eventsQuery,
  machinesQuery,
  nextQuery,
  refusalsQuery,
  stateQuery,
  transitionsQuery,
  validateBody,
} from '../queries.ts';
import * as answers from './answer-shapes.ts';
import * as shapes from './machine-shapes.ts';

/** Shapes of answers by their name in the document. */
export const SHAPES = {
  Event: shapes.event,
  State: shapes.state,
  Machine: shapes.machine,
  Machines: shapes.machines,
  Notice: shapes.notice,
  Next: answers.nextTypes,
  Transitions: answers.transitions,
  Dag: answers.dag,
  ProofLine: answers.proofLine,
  Chart: answers.chart,
  Verdict: answers.verdict,
  Refusals: answers.refusals,
  Stats: answers.stats,
  Problem: answers.problemShape,
} as const satisfies Record<string, z.ZodType>;

/** The name of a shape. */
export type ShapeName = keyof typeof SHAPES;

/** One operation. */
export type Operation = {
  readonly path: string;
  readonly method: 'get' | 'post';
  readonly summary: string;
  readonly says: string;
  readonly query: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly shape: ShapeName;
  /** The media type of the answer, JSON if not said. */
  readonly type?: string;
  readonly problems: readonly ProblemCode[];
  /** Whether answers have an ETag. */
  readonly isTagged: boolean;
};

/** The parameter in the path of everything about one machine. */
export const machineInPath = z.object({
  id: eventIdText.describe('The machine: hex, note1… or nevent1… of its definition.'),
});

const nothing = z.object({});
const OF_MACHINE: readonly ProblemCode[] = ['bad-request', 'not-found', 'rate-limited'];
const LISTED: readonly ProblemCode[] = ['bad-request', 'bad-cursor', 'rate-limited'];

const read = { method: 'get', query: nothing, problems: OF_MACHINE, isTagged: true } as const;

/** All operations, by the id they have in the document. */
export const OPERATIONS = {
  listMachines: {
    ...read,
    path: '/api/v1/machines',
    summary: 'Machines, newest activity first',
    says:
      'All conditions that are given hold. A page may hold fewer machines than asked for and not ' +
      'be the last. A machine that moves meanwhile keeps its place in a listing that has begun.',
    query: machinesQuery,
    shape: 'Machines',
    problems: LISTED,
  },
  showMachine: {
    ...read,
    path: '/api/v1/machines/{id}',
    summary: 'Everything about one machine that does not grow with its chain',
    says: 'At most 1,000 participants are listed.',
    shape: 'Machine',
  },
  showState: {
    ...read,
    path: '/api/v1/machines/{id}/state',
    summary: 'The state at the head, or at any accepted transition',
    says:
      'Its ETag is made of the revision and the rule set, so that an answer that is known costs ' +
      'next to nothing. With `projected` there is none, since time passes.',
    query: stateQuery,
    shape: 'State',
    problems: [...OF_MACHINE, 'machine-frozen'],
  },
  showNext: {
    ...read,
    path: '/api/v1/machines/{id}/next',
    summary: 'What can be sent now, by whoever or by one key',
    says: 'Nothing when the machine is done or frozen.',
    query: nextQuery,
    shape: 'Next',
  },
  listTransitions: {
    ...read,
    path: '/api/v1/machines/{id}/transitions',
    summary: 'Accepted transitions in chain order, with their events',
    says: 'A page ends early when its events are long.',
    query: transitionsQuery,
    shape: 'Transitions',
    problems: [...OF_MACHINE, 'bad-cursor'],
  },
  showDag: {
    ...read,
    path: '/api/v1/machines/{id}/dag',
    summary: 'The tree of transitions, with forks, evidence and endorsements',
    says: 'Pages are of heights, so that siblings stay together; `limit` counts heights.',
    query: dagQuery,
    shape: 'Dag',
    problems: [...OF_MACHINE, 'bad-cursor'],
  },
  showChart: {
    ...read,
    path: '/api/v1/machines/{id}/chart.svg',
    summary: 'The state chart, with the present state marked',
    says: 'Not there for a machine of more than 80 states or 160 transitions.',
    query: chartQuery,
    shape: 'Chart',
    type: 'image/svg+xml',
    isTagged: false,
  },
  showProof: {
    ...read,
    path: '/api/v1/machines/{id}/proof',
    summary: 'A bundle that shows where the machine stands, for `headkeeper verify`',
    says: 'One JSON object a line: a header, then events in causal order.',
    shape: 'ProofLine',
    type: 'application/x-ndjson',
  },
  followMachine: {
    ...read,
    path: '/api/v1/machines/{id}/events',
    summary: 'What happens to the machine, as server-sent events',
    says:
      'Does not end by itself. With the header `Last-Event-ID` it begins with what was missed; ' +
      'who reads too slowly gets a last event `dropped`, and may come back.',
    query: eventsQuery,
    shape: 'Notice',
    type: 'text/event-stream',
    problems: [...OF_MACHINE, 'overloaded'],
    isTagged: false,
  },
  validate: {
    ...read,
    path: '/api/v1/validate',
    method: 'post',
    summary: 'A dry run: what would the relay say to this event?',
    says:
      'The checks of an event that is sent, in their order, and nothing is stored. The author ' +
      'counts as authenticated, and an event without `sig` as signed.',
    body: validateBody,
    shape: 'Verdict',
    problems: ['bad-request', 'event-too-large', 'rate-limited'],
    isTagged: false,
  },
  listRefusals: {
    ...read,
    path: '/api/v1/refusals',
    summary: 'Machine events that were refused lately, newest first',
    says: 'The last 10,000 are remembered.',
    query: refusalsQuery,
    shape: 'Refusals',
    problems: LISTED,
  },
  showStats: {
    ...read,
    path: '/api/v1/stats',
    summary: 'Figures: what is stored, and counters since the start',
    says: 'Of a large store they are up to a minute old.',
    shape: 'Stats',
    problems: ['rate-limited'],
    isTagged: false,
  },
} as const satisfies Record<string, Operation>;

/** The id of an operation. */
export type OperationId = keyof typeof OPERATIONS;
