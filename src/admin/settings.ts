/**
 * Management of the relay itself (NIP-86): its texts, the kinds it takes, addresses it blocks.
 *
 * Texts meet the bounds of the options they stand for. Kinds and addresses that the configuration
 * refuses stay refused.
 */
import { z } from 'zod';
import { configSchema } from '../config.ts';
import { STRICT_KINDS } from '../policy/access.ts';
import { normalRange } from '../policy/address.ts';
import {
  changing,
  fail,
  type Method,
  type Methods,
  nothing,
  reason,
  shown,
  telling,
} from './method.ts';

/** Methods about the NIP-11 document. */
export const TEXTS: Methods = {
  changerelayname: changingText('name'),
  changerelaydescription: changingText('description'),
  changerelayicon: changingText('icon'),
};

function changingText(name: 'name' | 'description' | 'icon'): Method {
  return changing(z.tuple([z.string()]), ([text], { store }) => {
    const { success, error } = configSchema.safeParse({ relay: { [name]: text } });
    if (!success) return fail(error.issues.map(({ message }) => message).join('; '));
    return store.administration.set(name, text);
  });
}

const kind = z.tuple([z.int().min(0).max(65_535)]).transform(([number]) => number);

/** Methods about kinds. */
export const KINDS: Methods = {
  allowkind: changing(kind, (number, { store, config, now }) => {
    if (config.kinds.deny.includes(number)) return fail('kinds.deny names this kind');
    store.administration.drop('disallowed-kind', String(number));
    const entry = { entry: String(number), reason: '', at: now() };
    return store.administration.put('allowed-kind', entry);
  }),
  disallowkind: changing(kind, (number, { store, now }) => {
    store.administration.drop('allowed-kind', String(number));
    const entry = { entry: String(number), reason: '', at: now() };
    return store.administration.put('disallowed-kind', entry);
  }),
  listallowedkinds: telling(nothing, (_, { store, config, access }) => {
    const base = config.kinds.mode === 'strict' ? STRICT_KINDS : [];
    const set = store.administration.list('allowed-kind').map(({ entry }) => Number(entry));
    return sorted([...base, ...config.kinds.allow, ...set]).filter(access.rules().takesKind);
  }),
  listdisallowedkinds: telling(nothing, (_, { store, config }) => {
    const set = store.administration.list('disallowed-kind').map(({ entry }) => Number(entry));
    return sorted([...config.kinds.deny, ...set]);
  }),
};

const sorted = (numbers: readonly number[]): number[] =>
  [...new Set(numbers)].sort((a, b) => a - b);

const range = z.string().transform((text, context) => {
  const normal = normalRange(text);
  if (normal !== undefined) return normal;
  context.addIssue({
    code: 'custom',
    message: 'expected an address or a range such as 10.0.0.0/8',
  });
  return z.NEVER;
});

/** Methods about addresses; a range such as `192.0.2.0/24` is blocked as a whole. */
export const ADDRESSES: Methods = {
  blockip: changing(z.tuple([range, reason.optional()]), ([entry, why = ''], { store, now }) =>
    store.administration.put('blocked-address', { entry, reason: why, at: now() }),
  ),
  unblockip: changing(z.tuple([range, reason.optional()]), ([entry], { store }) => {
    store.administration.drop('blocked-address', entry);
    return undefined;
  }),
  listblockedips: telling(nothing, (_, { store }) =>
    store.administration
      .list('blocked-address')
      .map(({ entry, reason: why }) => ({ ip: entry, ...shown(why) })),
  ),
};
