/**
 * Mistakes made on purpose: fixed operators that break a definition in one place each.
 *
 * An operator goes through a definition in document order and breaks every place it can; which of
 * those are used is for the test to say. With each copy comes where the mistake is: pointers of
 * what was changed and of what depends on it.
 */

import { outlineOf } from '../../src/nsm/outline.ts';

type Tree = { [name: string]: unknown };

/** A broken copy of a definition. */
export type Mutant = {
  /** What was done, in a few words. */
  readonly mistake: string;
  readonly config: Tree;
  /** Where a finding names the place: at, within or around one of these. */
  readonly places: readonly string[];
};

/** Breaks a definition in every place it can. */
export type Operator = (config: Tree) => readonly Mutant[];

/** Every operator by its name. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  'drop guard': (config) =>
    transitionsOf(config, 'guard').map(({ path, handler, entry }) => {
      const places = [handler, rulePath('guards', entry['guard'])];
      return mutant(config, `${path}/guard`, { remove: true }, places);
    }),
  'misspell guard': (config) =>
    transitionsOf(config, 'guard').map(({ path, entry }) =>
      mutant(config, `${path}/guard`, { put: `${entry['guard']}s` }, [path]),
    ),
  'rename the key of a guard': (config) =>
    transitionsOf(config, 'guard').map(({ path, entry }) => {
      const { guard: cond, ...rest } = entry;
      return mutant(config, path, { put: { ...rest, cond } }, [path]);
    }),
  'drop actions': (config) =>
    transitionsOf(config, 'actions').map(({ path, entry }) => {
      const rules = rulePaths(config, entry['actions']);
      const places = [path, ...targetsOf(config, path), ...rules];
      return mutant(config, `${path}/actions`, { remove: true }, places);
    }),
  'swap target': (config) =>
    transitionsOf(config, 'target').flatMap(({ path, entry, source }) => {
      const siblings = [...(source.parent?.children.keys() ?? [])];
      const old = String(entry['target']);
      const to = siblings[(siblings.indexOf(old) + 1) % siblings.length];
      if (to === undefined || !siblings.includes(old) || to === old) return [];
      const states = `${source.parent?.path}/states`;
      const places = [path, source.path, `${states}/${old}`, `${states}/${to}`];
      return [mutant(config, `${path}/target`, { put: to }, places)];
    }),
  'aim at no state': (config) =>
    transitionsOf(config, 'target').map(({ path }) =>
      mutant(config, `${path}/target`, { put: 'nowhere' }, [path]),
    ),
  'drop handler': (config) =>
    [...new Set(outlineOf(config as never).transitions.map(({ handler }) => handler))].map(
      (handler) => {
        const dropped = outlineOf(config as never).transitions.filter(
          (other) => other.handler === handler,
        );
        const places = dropped.flatMap(({ path, source, config: entry }) => [
          source.path,
          ...targetsOf(config, path),
          rulePath('guards', entry['guard']),
          ...rulePaths(config, entry['actions']),
        ]);
        return mutant(config, handler, { remove: true }, places);
      },
    ),
  'remove final': (config) =>
    outlineOf(config as never)
      .nodes.filter(({ type }) => type === 'final')
      .map(({ path, parent }) => {
        const places = [path, ...(parent?.parent?.parent ? [parent.parent.path] : [])];
        return mutant(config, `${path}/type`, { remove: true }, places);
      }),
  'change initial': (config) =>
    outlineOf(config as never).nodes.flatMap(({ path, config: state, children }) => {
      const old = state['initial'];
      const to = [...children.keys()].find((key) => key !== old);
      if (typeof old !== 'string' || to === undefined) return [];
      const places = [`${path}/initial`, `${path}/states/${old}`, `${path}/states/${to}`];
      return [mutant(config, `${path}/initial`, { put: to }, places)];
    }),
  'add a state that nothing leads to': (config) => [
    mutant(config, '/states/lost', { put: { on: { GO: 'lost' } } }, ['/states/lost']),
  ],
  'give two states one id': (config) => {
    const [first, second] = outlineOf(config as never).nodes.slice(1);
    if (first === undefined || second === undefined) return [];
    return [mutant(config, `${second.path}/id`, { put: first.id }, [first.path, second.path])];
  },
  'invert condition': (config) =>
    guardsOf(config).map(({ path, rule, users }) =>
      mutant(config, path, { put: { '!': rule } }, [path, ...users]),
    ),
  'flip comparison': (config) =>
    guardsOf(config).flatMap(({ path, rule, users }) => {
      const flip: Tree = { '==': '!=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };
      return termsIn(rule, path).flatMap(({ path: at, term }) => {
        const [[name = '', args] = []] = Object.entries(term);
        if (!Object.hasOwn(flip, name)) return [];
        return [mutant(config, at, { put: { [String(flip[name])]: args } }, [path, ...users])];
      });
    }),
  'drop condition': (config) =>
    guardsOf(config).flatMap(({ path, rule, users }) =>
      termsIn(rule, path).flatMap(({ path: at, term }) => {
        const parts = term['and'];
        if (!Array.isArray(parts) || parts.length < 2) return [];
        return parts.map((_, i) =>
          mutant(config, `${at}/and/${i}`, { put: true }, [path, ...users]),
        );
      }),
    ),
  'make a guard always true': (config) =>
    guardsOf(config).map(({ path, users }) =>
      mutant(config, path, { put: true }, [path, ...users]),
    ),
  'make a guard always false': (config) =>
    guardsOf(config).map(({ path, users }) =>
      mutant(config, path, { put: false }, [path, ...users]),
    ),
  'rename a member of the context': (config) =>
    Object.keys((config['context'] ?? {}) as Tree).flatMap((name) => {
      const readers = readersOf(config, name);
      if (readers.length === 0) return [];
      const { [name]: value, ...rest } = config['context'] as Tree;
      const context = { ...rest, [`${name}Old`]: value };
      const places = [`/context/${name}`, ...readers, ...writersOf(config, name)];
      return [mutant(config, '/context', { put: context }, places)];
    }),
  'misspell a member in a rule': (config) =>
    guardsOf(config).flatMap(({ path, rule, users }) =>
      termsIn(rule, path).flatMap(({ path: at, term }) => {
        const { var: name } = term;
        if (typeof name !== 'string' || !/^(ctx|data)\./.test(name)) return [];
        // A payload member that is read once has no other name to differ from.
        if (JSON.stringify(config).split(`"${name}"`).length < 3) return [];
        return [mutant(config, `${at}/var`, { put: `${name}x` }, [path, ...users])];
      }),
    ),
  'widen type': (config) =>
    guardsOf(config).flatMap(({ path, rule, users }) =>
      termsIn(rule, path).flatMap(({ path: at, term }) => {
        const { is } = term;
        if (!Array.isArray(is) || is[1] !== 'hex64') return [];
        return [mutant(config, `${at}/is/1`, { put: 'string' }, [path, ...users])];
      }),
    ),
  'write a key as npub': (config) =>
    Object.entries((config['context'] ?? {}) as Tree).flatMap(([name, value]) => {
      if (!/pubkey$/i.test(name) || typeof value !== 'string') return [];
      const path = `/context/${name}`;
      return [mutant(config, path, { put: `npub1${value.slice(5)}` }, [path])];
    }),
  'add a rule that nothing uses': (config) => {
    const path = '/meta/nsm/guards/spare';
    return at(config, '/meta/nsm/guards') ? [mutant(config, path, { put: true }, [path])] : [];
  },
};

type Change = { readonly put: unknown } | { readonly remove: true };

function mutant(
  config: Tree,
  path: string,
  ...[change, places]: readonly [Change, readonly string[]]
): Mutant {
  const copy = structuredClone(config);
  const segments = segmentsOf(path);
  const last = segments.pop() ?? '';
  const parent = segments.reduce<unknown>((node, name) => (node as Tree)[name], copy) as Tree;
  if ('remove' in change) delete parent[last];
  else parent[last] = change.put;
  const mistake = 'remove' in change ? path : `${path} = ${JSON.stringify(change.put)}`;
  return { mistake: mistake.slice(0, 120), config: copy, places };
}

/** Transitions that have a member, as objects; those that are mere targets are left alone. */
function transitionsOf(config: Tree, member: string) {
  return outlineOf(config as never).transitions.flatMap(({ path, handler, source }) => {
    const entry = at(config, path);
    if (typeof entry !== 'object' || !Object.hasOwn(entry as object, member)) return [];
    return [{ path, handler, source, entry: entry as Tree }];
  });
}

/** The states that a transition leads to, if they are siblings. */
function targetsOf(config: Tree, path: string): readonly string[] {
  const found = outlineOf(config as never).transitions.find((other) => other.path === path);
  const target = found?.source.parent?.children.get(String(found.config['target']));
  return target === undefined ? [] : [target.path];
}

/** The own guards that transitions use, with the pointers of those transitions. */
function guardsOf(config: Tree) {
  const guards = (at(config, '/meta/nsm/guards') ?? {}) as Tree;
  return Object.entries(guards).map(([name, rule]) => ({
    path: `/meta/nsm/guards/${name}`,
    rule,
    users: usersOf(config, name),
  }));
}

function usersOf(config: Tree, rule: string): readonly string[] {
  return outlineOf(config as never).transitions.flatMap(({ path, config: entry, source }) => {
    const names = [entry['guard'], entry['actions']].flat();
    return names.includes(rule) ? [path, source.path, ...targetsOf(config, path)] : [];
  });
}

const rulePath = (section: string, name: unknown): string => `/meta/nsm/${section}/${name}`;

function rulePaths(config: Tree, actions: unknown): readonly string[] {
  return [actions].flat().flatMap((name) => {
    const path = `/meta/nsm/actions/${name}`;
    return [path, ...writtenBy(config, path)];
  });
}

/** Members of the context that an action writes, by the pointers of the rules that read them. */
function writtenBy(config: Tree, action: string): readonly string[] {
  const text = JSON.stringify(at(config, action) ?? null);
  const members = Object.keys((config['context'] ?? {}) as Tree);
  return members
    .filter((name) => text.includes(`"${name}`))
    .flatMap((name) => readersOf(config, name));
}

/** The actions that write a member of the context. */
function writersOf(config: Tree, member: string): readonly string[] {
  const actions = Object.entries((at(config, '/meta/nsm/actions') ?? {}) as Tree);
  const isWritten = new RegExp(`"(set|inc|push|del)":\\[\\[?"${member}["\\.]`);
  return actions.flatMap(([name, rule]) =>
    isWritten.test(JSON.stringify(rule)) ? [rulePath('actions', name)] : [],
  );
}

/** Where rules read a member of the context, and who uses those rules. */
function readersOf(config: Tree, member: string): readonly string[] {
  return ['guards', 'actions'].flatMap((section) =>
    Object.entries((at(config, `/meta/nsm/${section}`) ?? {}) as Tree).flatMap(([name, rule]) => {
      const isRead = new RegExp(`"ctx\\.${member}["\\.]`).test(JSON.stringify(rule));
      return isRead ? [`/meta/nsm/${section}/${name}`, ...usersOf(config, name)] : [];
    }),
  );
}

/** The expressions in a rule, each with its pointer. */
function termsIn(rule: unknown, path: string): readonly { path: string; term: Tree }[] {
  if (typeof rule !== 'object' || rule === null) return [];
  const inner = Object.entries(rule).flatMap(([name, item]) => termsIn(item, `${path}/${name}`));
  return Array.isArray(rule) ? inner : [{ path, term: rule as Tree }, ...inner];
}

function at(config: Tree, path: string): unknown {
  return segmentsOf(path).reduce<unknown>(
    (node, name) => (node as Tree | undefined)?.[name],
    config,
  );
}

function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
