/**
 * A configuration that can change while the relay runs.
 *
 * What is read from it is always the latest; whoever makes something of it once has it made again
 * through `derive`. Only options that take effect everywhere at once are on the list below. The
 * others keep the value that they had at the start, so that what NIP-11 says stays what is
 * enforced.
 */

import { type Config, configSchema } from '../config.ts';
import { OPTIONS, type Option, valueAt } from './options.ts';

/** Options that a running relay takes on: groups end with a dot. */
const RELOADED: readonly string[] = [
  ...['relay.', 'kinds.', 'access.', 'limits.', 'pow.', 'backup.', 'metrics.'],
  ...['machines.publishers', 'machines.transitionMaxAgeSeconds', 'storage.freeBytesMin'],
  'log.level',
];

/** Exceptions to the groups above: they are built into sockets, timers and queues. */
const KEPT: readonly string[] = [
  ...['relay.secretKey', 'limits.messageBytesMax', 'limits.heartbeatSeconds'],
  ...['limits.pendingEventsMax', 'limits.httpBodyBytesMax', 'limits.sendQueuesBytesMax'],
  ...['limits.connectionsPerAddressMax', 'limits.connectionsPerKeyMax'],
];

/** What became of a new configuration: names of options. */
export type Reload = {
  readonly changed: readonly string[];
  /** Changed too, and without effect until the next start. */
  readonly needRestart: readonly string[];
};

/** A configuration to be read, and what changes it. */
export type LiveConfig = {
  /** Reads as the latest configuration, however long it is kept. */
  readonly config: Config;
  /** Made of the configuration, and made again when that has changed. */
  readonly derive: <Made>(make: (config: Config) => Made) => () => Made;
  /** Takes on what can be taken on; or says what is wrong, and nothing has changed. */
  readonly replace: (next: Config) => Reload | { readonly problem: string };
};

/** True for an option that a running relay takes on. */
export function isReloaded({ path }: Pick<Option, 'path'>): boolean {
  if (KEPT.includes(path) || path.startsWith('limits.pool')) return false;
  return RELOADED.some(
    (start) => path === start || (start.endsWith('.') && path.startsWith(start)),
  );
}

/** A configuration that begins as the one given. */
export function liveConfig(initial: Config): LiveConfig {
  let current = initial;
  const config = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(initial) as (keyof Config)[]) {
    Object.defineProperty(config, name, { enumerable: true, get: () => current[name] });
  }
  return {
    config: Object.freeze(config) as Config,
    derive: (make) => {
      let from = current;
      let made = make(current);
      return () => {
        if (from !== current) made = make(current);
        from = current;
        return made;
      };
    },
    replace: (next) => {
      const differing = OPTIONS.filter(({ steps }) => !isSame(current, next, steps));
      const changed = differing.filter(isReloaded);
      const merged = configSchema.safeParse(changed.reduce(taking(next), structuredClone(current)));
      if (!merged.success) {
        const [issue] = merged.error.issues;
        const path = issue?.path.join('.');
        return { problem: `${path}: ${issue?.message}, as long as the rest waits for a restart` };
      }
      current = merged.data;
      const needRestart = differing.filter((option) => !isReloaded(option));
      return { changed: changed.map(pathOf), needRestart: needRestart.map(pathOf) };
    },
  };
}

const pathOf = ({ path }: Option): string => path;

const isSame = (one: Config, other: Config, steps: readonly string[]): boolean =>
  JSON.stringify(valueAt(one, steps)) === JSON.stringify(valueAt(other, steps));

/** Puts one option of another configuration in its place. */
const taking =
  (next: Config) =>
  (config: Config, { steps }: Option): Config => {
    const [group = '', name = ''] = steps;
    if (steps.length === 1) return { ...config, [group]: valueAt(next, steps) };
    const inGroup = valueAt(config, [group]) as object;
    return { ...config, [group]: { ...inGroup, [name]: valueAt(next, steps) } };
  };
