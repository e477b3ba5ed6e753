/**
 * Kind numbers of Nostr State Machines and the limits of PROTOCOL §3–§5.
 *
 * The limits are part of the rule set: two relays that disagree on one of them may disagree on
 * a machine for ever. They are constants, never options.
 */

/** A machine: an XState v5 config as JSON. */
export const DEFINITION_KIND = 7500;
/** A step of a machine, naming the one before it. */
export const TRANSITION_KIND = 7501;
/** A claim about the state of a machine. */
export const SNAPSHOT_KIND = 30078;

/** Every limit that decides validity; lengths are UTF-8 bytes, depths count brackets. */
export const LIMITS = {
  definitionBytes: 65_536,
  definitionDepth: 64,
  states: 512,
  nesting: 16,
  regions: 16,
  transitions: 2_000,
  eventTypes: 256,
  timers: 32,
  payloadBytes: 8_192,
  payloadDepth: 8,
  contextBytes: 65_536,
  /** The members of a state besides its context: value, output, history, timers. */
  restBytes: 65_536,
  /** Characters of a state's key or id: every one is repeated in states, hashes and tags. */
  nameCharacters: 128,
  microsteps: 64,
  /** Timers that fire before one transition. */
  timersFired: 32,
} as const;

/** The reserved type of a transition that only moves time; anybody may send it. */
export const TICK = 'nsm.tick';

const EVENT_TYPE = /^[A-Za-z0-9_.:-]{1,64}$/;
const RESERVED = /^(xstate|done|error|nsm)\./;

/** True for a type a definition may handle (PROTOCOL §3.3): no reserved prefix. */
export function isEventType(type: string): boolean {
  return EVENT_TYPE.test(type) && !RESERVED.test(type);
}
