/**
 * Libraries this relay knows by name: tables in the rules language, so that their meaning can be
 * hashed and published like any other part of the rule set (PROTOCOL §13).
 *
 * A table never changes once it is published; another meaning is another major version.
 */
import { compileRules, isRuleProblem, type Library, type RuleProblem } from './compile.ts';
import { deepFreeze, type Json } from './json.ts';

/** A table of rules that a definition may use without carrying it. */
export type NamedLibrary = {
  /** The npm package that an `engine` tag names. */
  readonly name: string;
  /** Major versions of the package with this meaning. */
  readonly majors: readonly number[];
  /** What is hashed into the rule set. */
  readonly source: Json;
  readonly library: Library;
};

/** The guards and the action of the AtoB delivery contract, whose client names no library. */
const ATOB: Json = {
  v: 1,
  guards: {
    isCreator: { '==': [{ var: 'by' }, { var: 'ctx.creatorPubKey' }] },
    isNotCreator: { '!=': [{ var: 'by' }, { var: 'ctx.creatorPubKey' }] },
    isExecutor: { '==': [{ var: 'by' }, { var: 'ctx.executorPubKey' }] },
    isReceiver: { '==': [{ var: 'by' }, { var: 'ctx.receiverPubKey' }] },
    isCreatorOrExecutor: {
      or: [
        { '==': [{ var: 'by' }, { var: 'ctx.creatorPubKey' }] },
        { '==': [{ var: 'by' }, { var: 'ctx.executorPubKey' }] },
      ],
    },
  },
  actions: {
    assignExecutor: [{ set: ['executorPubKey', { var: 'by' }] }],
  },
};

/** Every bundled library, in the order in which names are looked up. */
export const BUNDLED_LIBRARIES: readonly NamedLibrary[] = [
  bundle('@atob/protocol-library', [0, 1], ATOB),
];

/** A library from its table, or what is wrong with it. */
export function nameLibrary(
  name: string,
  majors: readonly number[],
  source: Json,
): NamedLibrary | RuleProblem {
  const library = compileRules(source);
  if (isRuleProblem(library)) return library;
  return { name, majors, source: deepFreeze(source), library };
}

function bundle(name: string, majors: readonly number[], source: Json): NamedLibrary {
  const library = nameLibrary(name, majors, source);
  if ('message' in library) throw new Error(`${name}${library.path}: ${library.message}`);
  return library;
}
