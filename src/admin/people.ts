/**
 * Management of keys (NIP-86): who may write, who has which role, who may call which method.
 *
 * What the configuration says stays said: a key that it denies or allows cannot be let in or out
 * here, and the answer says where to change that.
 */
import { z } from 'zod';
import type { ListName } from '../store/administration.ts';
import {
  changing,
  fail,
  hex,
  hexAndReason,
  type Methods,
  nothing,
  type Office,
  owning,
  shown,
  telling,
} from './method.ts';

const CONFIGURED = 'in the configuration';

/** Methods about who may write. */
export const WRITERS: Methods = {
  banpubkey: changing(hexAndReason, ({ subject, reason }, { store, keeper, now }) => {
    if (subject === keeper.pubkey) return fail('this is the key of the relay itself');
    store.administration.drop('allowed-author', subject);
    return store.administration.put('banned-author', { entry: subject, reason, at: now() });
  }),
  unbanpubkey: changing(hexAndReason, ({ subject }, { store, config }) => {
    if (config.access.denyAuthors.includes(subject))
      return fail('access.denyAuthors names this key');
    store.administration.drop('banned-author', subject);
    return undefined;
  }),
  listbannedpubkeys: telling(nothing, (_, office) =>
    people(office, 'banned-author', office.config.access.denyAuthors),
  ),
  allowpubkey: changing(hexAndReason, ({ subject, reason }, { store, config, now }) => {
    if (config.access.denyAuthors.includes(subject))
      return fail('access.denyAuthors names this key');
    store.administration.drop('banned-author', subject);
    return store.administration.put('allowed-author', { entry: subject, reason, at: now() });
  }),
  unallowpubkey: changing(hexAndReason, ({ subject }, { store, config }) => {
    if (config.access.allowAuthors.includes(subject)) {
      return fail('access.allowAuthors names this key');
    }
    store.administration.drop('allowed-author', subject);
    return undefined;
  }),
  listallowedpubkeys: telling(nothing, (_, office) =>
    people(office, 'allowed-author', office.config.access.allowAuthors),
  ),
};

function people({ store }: Office, list: ListName, configured: readonly string[]) {
  const set = store.administration.list(list);
  const others = configured.filter((pubkey) => !set.some(({ entry }) => entry === pubkey));
  return [
    ...others.map((pubkey) => ({ pubkey, reason: CONFIGURED })),
    ...set.map(({ entry, reason }) => ({ pubkey: entry, ...shown(reason) })),
  ];
}

const roleId = z.string().min(1).max(64);
const roleText = z
  .string()
  .max(1_000)
  .nullish()
  .transform((text) => text ?? '');

const role = z
  .tuple([
    roleId,
    z.string().min(1).max(100),
    roleText.optional(),
    roleText.optional(),
    z.int().nullish(),
  ])
  .transform(([id, label, description = '', color = '', position]) => ({
    ...{ id, label, description, color, position: position ?? 0 },
  }));

const holder = z.tuple([hex, roleId]).transform(([pubkey, name]) => ({ pubkey, name }));

/** Methods about roles. A role is a label that clients show; it gives no rights here. */
export const ROLES: Methods = {
  createrole: changing(role, (made, { store }) => {
    if (roleOf(store, made.id)) return fail('there is a role of that id');
    return store.administration.putRole(made);
  }),
  editrole: changing(role, (made, { store }) => {
    if (!roleOf(store, made.id)) return fail('there is no role of that id');
    return store.administration.putRole(made);
  }),
  deleterole: changing(z.tuple([roleId]), ([id], { store }) =>
    store.administration.dropRole(id) ? undefined : fail('there is no role of that id'),
  ),
  assignrole: changing(holder, (assignment, { store }) => {
    if (!roleOf(store, assignment.name)) return fail('there is no role of that id');
    return store.administration.assign('role', assignment);
  }),
  unassignrole: changing(holder, (assignment, { store }) => {
    store.administration.unassign('role', assignment);
    return undefined;
  }),
  listroles: telling(nothing, (_, { store }) => {
    const held = store.administration.assignments('role');
    return store.administration.roles().map(({ position: order, ...shownRole }) => ({
      ...shownRole,
      order,
      pubkeys: held.filter(({ name }) => name === shownRole.id).map(({ pubkey }) => pubkey),
    }));
  }),
};

const roleOf = (store: Office['store'], id: string) =>
  store.administration.roles().find((known) => known.id === id);

/** Methods about who may call methods; `grantable` says which can be granted. */
export function grants(grantable: (method: string) => boolean): Methods {
  return {
    assignmethod: owning(
      changing(holder, (assignment, { store }) => {
        if (!grantable(assignment.name)) return fail('there is no such method that can be granted');
        store.administration.assign('method', assignment);
        return [true, `${assignment.name} may be called by this key`];
      }),
    ),
    unassignmethod: owning(
      changing(holder, (assignment, { store }) => {
        const had = store.administration.unassign('method', assignment);
        return [had, had ? 'revoked' : 'this key may not call that method'];
      }),
    ),
    listmethodassignees: telling(nothing, (_, { store }) => {
      const granted = store.administration.assignments('method');
      return [...new Set(granted.map(({ pubkey }) => pubkey))].map((pubkey) => ({
        pubkey,
        methods: granted.filter((grant) => grant.pubkey === pubkey).map(({ name }) => name),
      }));
    }),
  };
}
