/**
 * What lint warns of: a mistake that is hardly ever meant, or a trust that its parties should know
 * of before they sign.
 */
import type { JsonObject } from '../../rules/json.ts';

/** Every warning of the linter by its code; codes are stable, never reused. */
export const LINT_WARNINGS = {
  'unreachable-state': 'mistake',
  'dead-end': 'mistake',
  'no-end': 'mistake',
  'unused-rule': 'mistake',
  'unknown-member': 'mistake',
  'stray-member': 'mistake',
  'loose-type': 'mistake',
  'unchecked-payload': 'mistake',
  'unchecked-timer-guard': 'mistake',
  'similar-names': 'mistake',
  'shadowed-transition': 'mistake',
  'never-rests': 'mistake',
  'never-sent': 'mistake',
  'never-taken': 'mistake',
  'guard-never-passes': 'mistake',
  'guard-never-fails': 'mistake',
  'timer-never-fires': 'mistake',
  'timer-fails': 'mistake',
  'timer-starves': 'trust',
  'unguarded-type': 'trust',
  'open-to-strangers': 'trust',
  'open-after-a-time': 'trust',
  'idle-for-a-time': 'trust',
  'one-party-blocks': 'trust',
} as const satisfies Record<string, 'mistake' | 'trust'>;

/** A code of the table above. */
export type LintCode = keyof typeof LINT_WARNINGS;

/** A step of a sequence: a line of a script, as `simulate` takes it. */
export type LintStep = {
  /** The pubkey of its author. */
  readonly by: string;
  readonly type: string;
  readonly data?: JsonObject;
  /** Seconds after the definition's `created_at`. */
  readonly at: number;
};

/** Something suspicious, with a JSON pointer into the definition's content. */
export type LintWarning = {
  readonly code: LintCode;
  readonly path: string;
  readonly message: string;
  /** The shortest way found to what the message says; empty when it is so from the start. */
  readonly sequence?: readonly LintStep[];
};
