/**
 * A definition's own rules: what it keeps in `meta.nsm` of its root (PROTOCOL §13).
 */
import { type Refusal, refuse } from '../refusal.ts';
import { compileRules, isRuleProblem, type Library, type RuleProblem } from '../rules/compile.ts';
import { isObject, type Json, type JsonObject, ownMember } from '../rules/json.ts';

/** Where own rules stand in a definition's content, as a JSON pointer. */
export const RULES_PATH = '/meta/nsm';

/** Compiled rules, empty where they are wrong, and what is wrong with them. */
export type OwnRules = { readonly library: Library; readonly problems: readonly Refusal[] };

const NO_RULES: Library = { guards: new Map(), actions: new Map() };

/** What a definition has in `meta.nsm`; undefined when there is nothing. */
export function rulesSource(config: JsonObject): Json | undefined {
  const meta = ownMember(config, 'meta');
  return isObject(meta) ? ownMember(meta, 'nsm') : undefined;
}

/** The rules a definition brings along, or a problem for each rule that is malformed. */
export function ownRules(config: JsonObject): OwnRules {
  const source = rulesSource(config);
  if (source === undefined) return { library: NO_RULES, problems: [] };
  const rules = compileRules(source);
  if (!isRuleProblem(rules)) return { library: rules, problems: [] };
  const paths = new Set([rules.path]);
  const others = isObject(source) ? eachProblem(source) : [];
  const more = others.filter(({ path }) => !paths.has(path) && paths.add(path));
  return { library: NO_RULES, problems: [rules, ...more].map(refusalOf) };
}

/** The compiler stops at the first problem, so every rule is given to it alone. */
function eachProblem(source: JsonObject): readonly RuleProblem[] {
  return ['guards', 'actions'].flatMap((section) => {
    const table = ownMember(source, section);
    return Object.entries(isObject(table) ? table : {}).flatMap(([name, rule]) => {
      const compiled = compileRules({ v: 1, [section]: { [name]: rule } });
      return isRuleProblem(compiled) ? [compiled] : [];
    });
  });
}

function refusalOf({ code, path, message }: RuleProblem): Refusal {
  return refuse(code, { path: `${RULES_PATH}${path}` }, message);
}
