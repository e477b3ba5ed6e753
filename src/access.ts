/**
 * The access rules in force: those of the configuration, and what operators have set since.
 *
 * What is set is a row of the store first; `reload` makes the rules anew from all rows, so that
 * memory never says more than what outlives a restart.
 */
import type { Config } from './config.ts';
import { type AccessRules, accessRules } from './policy/access.ts';
import type { ListName } from './store/administration.ts';
import type { Store } from './store/store.ts';

/** Texts of the NIP-11 document that an operator may change (NIP-86). */
export type RelayTexts = {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
};

/** What an operator may change while the relay runs. */
export type Access = {
  readonly rules: () => AccessRules;
  readonly texts: () => RelayTexts;
  /** Reads what was set again; to be called after the transaction that set something. */
  readonly reload: () => void;
};

/** The access rules over a store's rows. */
export function openAccess(store: Store, config: Config): Access {
  const read = () => ({ rules: readRules(store, config), texts: readTexts(store, config) });
  let current = read();
  return {
    rules: () => current.rules,
    texts: () => current.texts,
    reload: () => {
      current = read();
    },
  };
}

function readRules({ administration }: Store, config: Config): AccessRules {
  const entries = (list: ListName) => administration.list(list).map(({ entry }) => entry);
  return accessRules(config, {
    allowedAuthors: entries('allowed-author'),
    bannedAuthors: entries('banned-author'),
    allowedKinds: entries('allowed-kind'),
    disallowedKinds: entries('disallowed-kind'),
    blockedAddresses: entries('blocked-address'),
    hiddenMachines: entries('hidden-machine'),
  });
}

function readTexts({ administration }: Store, { relay }: Config): RelayTexts {
  const set = administration.settings();
  return {
    name: set.get('name') ?? relay.name,
    description: set.get('description') ?? relay.description,
    icon: set.get('icon') ?? relay.icon,
  };
}
