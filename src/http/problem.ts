/**
 * Errors of the HTTP side, as problem details (RFC 9457).
 *
 * A problem is a returned value like a refusal, and its type ends in a code that stays what it is.
 * Where the code is that of a refusal, the remedy comes with it.
 */
import { REFUSALS, type RefusalCode } from '../refusal.ts';

/** Status and title by the last segment of a problem's type. */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  'bad-cursor': { status: 400, title: 'The cursor is not one of this listing' },
  'author-not-allowed': { status: 403, title: 'This relay does not answer everybody' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'machine-frozen': { status: 409, title: 'The machine is frozen' },
  'event-too-large': { status: 413, title: 'The body is too large' },
  'rate-limited': { status: 429, title: 'Too many requests at a time' },
  overloaded: { status: 503, title: 'The relay has too much to do' },
  internal: { status: 500, title: 'The relay failed' },
} as const;

/** The codes a problem can have. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Why a request is not answered; `detail` is a sentence for people. */
export type Problem = {
  readonly problem: ProblemCode;
  readonly detail: string;
  /** Where a header has to go with it, or another status than the code's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
};

/** A problem by its code, with its sentence. */
export function problem(
  code: ProblemCode,
  detail: string,
  { headers = {}, status }: Partial<Pick<Problem, 'headers' | 'status'>> = {},
): Problem {
  return { problem: code, detail, headers, status: status ?? PROBLEMS[code].status };
}

/** True for a problem among the results of a function that may return one. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** The response that tells of a problem: `application/problem+json`. */
export function problemResponse({ problem: code, detail, headers, status }: Problem): Response {
  const { title } = PROBLEMS[code];
  const remedy = isRefusalCode(code) ? { remedy: REFUSALS[code].remedy } : {};
  const body = { type: `/problems/${code}`, title, status, detail, code, ...remedy };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
  });
}

function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSALS, code);
}
