/**
 * What a management method is (NIP-86): its parameters, whether it changes anything, what it does.
 *
 * Methods only write rows and mark machines; the transaction, the log and making it effective are
 * the caller's, the same for all. What goes wrong is a returned value with a sentence for people.
 */
import { z } from 'zod';
import type { Access } from '../access.ts';
import type { Config } from '../config.ts';
import type { Keeper } from '../keeper.ts';
import type { Machines } from '../machines.ts';
import type { Store } from '../store/store.ts';

/** What methods work with; `now` is in Unix seconds. */
export type Office = {
  readonly store: Store;
  readonly machines: Machines;
  readonly keeper: Pick<Keeper, 'pubkey' | 'mark'>;
  readonly access: Access;
  readonly config: Config;
  readonly now: () => number;
};

/** Why a method did not do what it was asked for. */
export type Failure = { readonly error: string };

/** One method. */
export type Method = {
  /** Whether it changes something, and so is logged. */
  readonly changes: boolean;
  /** Whether only the keys of `admin.pubkeys` may call it, and it cannot be granted. */
  readonly ownersOnly: boolean;
  readonly call: (params: readonly unknown[], office: Office) => unknown;
};

/** Methods by their names. */
export type Methods = Readonly<Record<string, Method>>;

type Run<Params> = (params: Params, office: Office) => unknown;

/** A method that only tells. */
export function telling<Params>(params: z.ZodType<Params>, run: Run<Params>): Method {
  return { changes: false, ownersOnly: false, call: withParams(params, run) };
}

/** A method that changes something; what it returns is `true` unless it says otherwise. */
export function changing<Params>(params: z.ZodType<Params>, run: Run<Params>): Method {
  const call = withParams(params, run);
  return {
    ...{ changes: true, ownersOnly: false },
    call: (given, office) => call(given, office) ?? true,
  };
}

/** The same, for owners alone. */
export function owning(method: Method): Method {
  return { ...method, ownersOnly: true };
}

/** A failure, with its sentence. */
export function fail(error: string): Failure {
  return { error };
}

/** True for a failure among the results of a method. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'error' in value;
}

/** 64 lower-case hex digits: a key or an id. */
export const hex = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** What an operator says about it, or nothing. */
export const reason = z
  .string()
  .max(1_000)
  .nullish()
  .transform((text) => text ?? '');

/** No parameters. */
export const nothing = z.tuple([]);

/** A key or an id, and a reason. */
export const hexAndReason = z.tuple([hex, reason.optional()]).transform(([subject, why = '']) => ({
  subject,
  reason: why,
}));

/** How many entries of a listing, and below which number; both may be left out. */
export const page = z
  .tuple([z.int().min(1).max(1_000).nullish(), z.int().min(1).nullish()])
  .transform(([limit, before]) => ({
    limit: limit ?? 100,
    before: before ?? Number.MAX_SAFE_INTEGER,
  }));

/** A reason as NIP-86 shows it: absent when there is none. */
export function shown(text: string): { readonly reason?: string } {
  return text === '' ? {} : { reason: text };
}

function withParams<Params>(schema: z.ZodType<Params>, run: Run<Params>): Method['call'] {
  return (given, office) => {
    const { success, data, error } = schema.safeParse(given);
    if (success) return run(data, office);
    const issues = error.issues.map(({ path, message }) => ['params', ...path, message].join(': '));
    return fail(issues.join('; '));
  };
}
