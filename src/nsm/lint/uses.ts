/**
 * Where a definition uses its rules: every transition with its guard, its actions and the guards
 * that were asked before it, as terms.
 */
import { isObject, type Json, ownMember } from '../../rules/json.ts';
import { asList, dottedPath, type Outline, type OutlineTransition } from '../outline.ts';
import type { Rule, RuleBook } from './terms.ts';

/** A guard or action where it is named, with the params it is given there. */
export type Use = {
  readonly rule: Rule;
  readonly params: Json;
  /** JSON pointer of the name. */
  readonly path: string;
};

/** What raises a transition. */
export type Trigger = 'event' | 'after' | 'always' | 'onDone';

/** A transition with the rules it uses. */
export type Ruled = {
  readonly transition: OutlineTransition;
  /** The state it belongs to, by its dotted path. */
  readonly state: string;
  readonly trigger: Trigger;
  readonly guard: Use | null;
  readonly actions: readonly Use[];
  /** The candidate before it in its handler, which is asked first. */
  readonly before: Ruled | null;
  /** True for a transition without target and actions, which forbids its type. */
  readonly isForbidden: boolean;
};

/** The uses of a definition: by its transitions, and by its states (`entry`, `exit`, `initial`). */
export type Uses = {
  readonly ruled: readonly Ruled[];
  readonly ofStates: readonly Use[];
  readonly all: readonly Use[];
};

/** Every use of a rule; names were resolved before. */
export function usesOf(outline: Outline, book: RuleBook): Uses {
  const ruled: Ruled[] = [];
  for (const transition of outline.transitions) {
    const { config, handler, path } = transition;
    const previous = ruled.at(-1);
    const [guard = null] = usesAt(book, 'guards', { value: config, name: 'guard', path });
    ruled.push({
      transition,
      state: dottedPath(transition.source),
      trigger: triggerOf(transition),
      guard,
      actions: usesAt(book, 'actions', { value: config, name: 'actions', path }),
      before: previous?.transition.handler === handler ? previous : null,
      isForbidden: ['target', 'actions'].every((name) => ownMember(config, name) === undefined),
    });
  }
  const ofStates = outline.nodes.flatMap(({ config: value, path }) => [
    ...usesAt(book, 'actions', { value, name: 'entry', path }),
    ...usesAt(book, 'actions', { value, name: 'exit', path }),
    ...usesAt(book, 'actions', {
      value: ownMember(value, 'initial'),
      name: 'actions',
      path: `${path}/initial`,
    }),
  ]);
  const ofTransitions = ruled.flatMap(({ guard, actions }) => [
    ...(guard === null ? [] : [guard]),
    ...actions,
  ]);
  return { ruled, ofStates, all: [...ofTransitions, ...ofStates] };
}

function triggerOf({ source, event, handler }: OutlineTransition): Trigger {
  if (event !== null) return 'event';
  const member = handler.slice(source.path.length);
  if (member.startsWith('/after/')) return 'after';
  return member === '/always' ? 'always' : 'onDone';
}

type Named = { readonly value: Json | undefined; readonly name: string; readonly path: string };

/** The rules that a member names: one, or a list of them. */
function usesAt(book: RuleBook, section: 'guards' | 'actions', at: Named): readonly Use[] {
  const named = isObject(at.value) ? ownMember(at.value, at.name) : undefined;
  return asList(named).flatMap((item, i) => {
    const name = isObject(item) ? ownMember(item, 'type') : item;
    const rule = book(section, String(name));
    if (rule === undefined) return [];
    const params = isObject(item) ? (ownMember(item, 'params') ?? null) : null;
    const path = `${at.path}/${at.name}${Array.isArray(named) ? `/${i}` : ''}`;
    return { rule, params, path };
  });
}
