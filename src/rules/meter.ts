/**
 * What one step may spend on rules, and how running out is told (PROTOCOL §13, fuel).
 *
 * Every node of an expression pays 1 before it is evaluated, and work whose size depends on values
 * pays that size before it is done: time and memory are bounded however rules are nested. Amounts
 * are part of the rule set: relays that count differently disagree on which steps are valid.
 */
import { isList, isObject, type Json, utf8Bytes } from './json.ts';

/** Every limit of the rules language; they decide validity and are never options. */
export const RULE_LIMITS = {
  /** Fuel of one step. */
  fuel: 10_000,
  /** Actions run in one step. */
  actions: 32,
  /** Operations of all actions run in one step. */
  operations: 256,
  /** Expressions, with all they are made of, in the rules of one definition. */
  nodes: 2_000,
  /** Expressions within expressions. */
  depth: 32,
  /** RFC 8785 text of a context, in bytes. */
  contextBytes: 65_536,
  /** Lists and objects within one another in a context; a definition's own text allows no more. */
  contextDepth: 64,
} as const;

/** What one step may still spend; a new one per step. */
export type Meter = {
  fuel: number;
  actions: number;
  operations: number;
  /** Bytes of the context's RFC 8785 text; null until an operation needs to know. */
  contextBytes: number | null;
};

/** A full meter. */
export function newMeter(): Meter {
  const { fuel, actions, operations } = RULE_LIMITS;
  return { fuel, actions, operations, contextBytes: null };
}

/** Why a rule stopped. Thrown inside a rule, caught by the engine; never leaves `nsm/`. */
export class RuleError extends Error {
  readonly code: 'guard-error' | 'engine-budget' | 'state-limits';

  constructor(code: RuleError['code'], message: string) {
    super(message);
    this.name = 'RuleError';
    this.code = code;
  }
}

/** For values on which a rule has no meaning: a wrong type, a zero divisor, a path to nowhere. */
export function guardError(message: string): RuleError {
  return new RuleError('guard-error', message);
}

/** Takes an amount of fuel. Throws `engine-budget` when there is less. */
export function spend(meter: Meter, amount: number): void {
  if (amount > meter.fuel) {
    meter.fuel = 0;
    throw new RuleError('engine-budget', `the step needs more than ${RULE_LIMITS.fuel} fuel`);
  }
  meter.fuel -= amount;
}

/** Takes one action of the step. Throws `engine-budget` when there is none left. */
export function spendAction(meter: Meter): void {
  if (meter.actions === 0) {
    throw new RuleError('engine-budget', `the step runs more than ${RULE_LIMITS.actions} actions`);
  }
  meter.actions -= 1;
}

/** Takes one operation of the step. Throws `engine-budget` when there is none left. */
export function spendOperation(meter: Meter): void {
  if (meter.operations === 0) {
    const message = `the step runs more than ${RULE_LIMITS.operations} operations`;
    throw new RuleError('engine-budget', message);
  }
  meter.operations -= 1;
}

/** Fuel for the bytes of a string: one for every 16, rounded up. */
export function textFuel(text: string): number {
  return bytesFuel(utf8Bytes(text));
}

/** Fuel for a number of bytes: one for every 16, rounded up. */
export function bytesFuel(bytes: number): number {
  return Math.ceil(bytes / 16);
}

/**
 * Takes 1 for every full 16 of what is counted or copied one by one. Nothing for the small values
 * rules are meant for; without it, thousands of steps over one large value would be almost free.
 */
export function spendBulk(meter: Meter, count: number): void {
  spend(meter, Math.floor(count / 16));
}

/**
 * Takes the deep size of a value: 1 for itself and for every value in it, and for every string,
 * member names included, its bytes. Walks no further than the fuel reaches.
 */
export function spendSize(meter: Meter, value: Json): void {
  spend(meter, typeof value === 'string' ? 1 + textFuel(value) : 1);
  if (isList(value)) {
    for (const item of value) spendSize(meter, item);
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      spend(meter, textFuel(name));
      spendSize(meter, item);
    }
  }
}
