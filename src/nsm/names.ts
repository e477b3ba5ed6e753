/**
 * The guard and action names a definition refers to, each with the place it is used first.
 */
import { isObject, type Json, ownMember } from '../rules/json.ts';
import { asList, type Outline } from './outline.ts';

/** A name of a guard or action, and a JSON pointer to where it is used first. */
export type UsedName = {
  readonly section: 'guards' | 'actions';
  readonly name: string;
  readonly path: string;
};

/** Every name once, in document order. */
export function usedNames(outline: Outline): readonly UsedName[] {
  const found = new Map<string, UsedName>();
  const add = (section: UsedName['section'], value: Json | undefined, path: string) => {
    for (const [i, item] of asList(value).entries()) {
      const name = isObject(item) ? ownMember(item, 'type') : item;
      if (typeof name !== 'string' || found.has(`${section} ${name}`)) continue;
      const at = Array.isArray(value) ? `${path}/${i}` : path;
      found.set(`${section} ${name}`, { section, name, path: at });
    }
  };
  for (const { config, path } of outline.nodes) {
    add('actions', ownMember(config, 'entry'), `${path}/entry`);
    add('actions', ownMember(config, 'exit'), `${path}/exit`);
    const initial = ownMember(config, 'initial');
    if (isObject(initial)) add('actions', ownMember(initial, 'actions'), `${path}/initial/actions`);
  }
  for (const { config, path } of outline.transitions) {
    add('guards', ownMember(config, 'guard'), `${path}/guard`);
    add('actions', ownMember(config, 'actions'), `${path}/actions`);
  }
  return [...found.values()];
}
