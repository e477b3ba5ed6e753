/**
 * The configuration: where values come from, and what is said about wrong ones.
 *
 * Nothing here reads the process's environment or disk: `loadConfig` is handed all its sources.
 */

import fc from 'fast-check';
import { npubEncode, nsecEncode } from 'nostr-tools/nip19';
import { describe, expect, it } from 'vitest';
import { type ConfigSources, loadConfig } from '../src/config/load.ts';
import { OPTIONS, type Option, valueAt } from '../src/config/options.ts';
import { makeConfig } from '../src/config.ts';

const KEY = 'ab'.repeat(32);
const SECRET = '12'.repeat(32);

/** Loads with nothing but what is given: no variables and no files, unless they are named. */
function load({ files = {}, ...sources }: ConfigSources & { files?: Record<string, string> } = {}) {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  };
  const loaded = loadConfig({ env: {}, cwd: '/x', readFile, ...sources });
  if ('problems' in loaded) return { ...loaded, config: undefined, sourceOf: () => '' };
  return { ...loaded, problems: [] };
}

const inFile = (config: unknown) => ({ '/x/config.json': JSON.stringify(config, undefined, 1) });

function option(path: string): Option {
  const found = OPTIONS.find((known) => known.path === path);
  if (found === undefined) throw new Error(`no option ${path}`);
  return found;
}

describe('a configuration', () => {
  it('is all defaults when nothing is written anywhere', () => {
    expect(load()).toMatchObject({ config: makeConfig(), problems: [], warnings: [] });
  });

  it('is frozen to the bottom', () => {
    const config = makeConfig({ kinds: { allow: [1] }, access: { denyAuthors: [KEY] } });
    for (const { steps } of OPTIONS) {
      steps.forEach((_, depth) => {
        expect(valueAt(config, steps.slice(0, depth + 1))).toSatisfy(Object.isFrozen);
      });
    }
    expect(config).toSatisfy(Object.isFrozen);
  });

  it('throws on an unknown name or a value out of bounds when it is made by a program', () => {
    expect(() => makeConfig({ listen: { port: 70_000 } })).toThrow('65535');
    expect(() => makeConfig(JSON.parse('{"listen":{"prot":1}}'))).toThrow('prot');
  });

  it('has no option without a sentence, a default and, for a number, bounds', () => {
    for (const { path, schema } of OPTIONS) {
      expect(schema.description, path).toMatch(/^\S.{10,}[.]$/);
      expect(schema.default, path).toBeDefined();
      expect(schema.type !== 'integer' || schema.maximum !== undefined, path).toBe(true);
    }
  });

  it('lets an escaped definition of 64 KiB through at the least limits', () => {
    const least = option('limits.eventBytesMax').schema.minimum ?? 0;
    expect(least).toBeGreaterThan(JSON.stringify('"'.repeat(65_536)).length + 1_000);
    expect(option('limits.messageBytesMax').schema.minimum).toBeGreaterThan(least);
  });
});

describe('sources', () => {
  it('take a flag over a variable, that over the file, and that over the default', () => {
    const files = inFile({
      listen: { port: 1, host: 'a' },
      dataDir: 'file',
      log: { level: 'warn' },
    });
    const env = { HEADKEEPER_LISTEN_PORT: '2', HEADKEEPER_LISTEN_HOST: 'b' };
    const { config, sourceOf } = load({ files, env, flags: { port: '3' } });
    expect(config?.listen).toMatchObject({ port: 3, host: 'b' });
    expect(config?.dataDir).toBe('file');
    expect(config?.log).toEqual({ level: 'warn', format: 'json' });
    const paths = ['listen.port', 'listen.host', 'dataDir', 'log.level', 'log.format'];
    expect(paths.map((path) => sourceOf(option(path)))).toEqual([
      '--port',
      'HEADKEEPER_LISTEN_HOST',
      'config.json:6',
      'config.json:8',
      'default',
    ]);
  });

  it('take --config over HEADKEEPER_CONFIG, and that over ./config.json', () => {
    const named = (name: string) => JSON.stringify({ relay: { name } });
    const files = {
      '/x/config.json': named('implicit'),
      '/x/etc/variable.json': named('variable'),
      '/flag.json': named('flag'),
    };
    const env = { HEADKEEPER_CONFIG: 'etc/variable.json' };
    expect(load({ files }).config?.relay.name).toBe('implicit');
    expect(load({ files, env }).config?.relay.name).toBe('variable');
    expect(load({ files, env, flags: { config: '/flag.json' } }).config?.relay.name).toBe('flag');
  });

  it('report a file that was asked for and is missing, and one that is closed', () => {
    expect(load({ flags: { config: 'mine.json' } }).problems).toEqual([
      'mine.json: no /x/mine.json',
    ]);
    const readFile = (): string => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    };
    expect(load({ readFile }).problems).toEqual(['config.json: EACCES: permission denied']);
  });

  it('include a file with comments, trailing commas and a $schema', () => {
    const text = '// mine\n{ "$schema": "s.json", /* 1 */ "kinds": { "allow": [1, 2,], }, }';
    expect(load({ files: { '/x/config.json': text } }).config?.kinds.allow).toEqual([1, 2]);
  });

  it('name the line where a file is not JSON', () => {
    const files = { '/x/config.json': '{\n  "listen": {\n    "port" 1\n  }\n}' };
    expect(load({ files }).problems).toEqual(['config.json:3: colon expected']);
    expect(load({ files: inFile([]) }).problems).toEqual(['config.json: expected an object']);
  });

  it('include a variable for every option, of the name its path gives', () => {
    expect(option('limits.messageBytesMax').env).toBe('HEADKEEPER_LIMITS_MESSAGE_BYTES_MAX');
    expect(option('publicUrl').env).toBe('HEADKEEPER_PUBLIC_URL');

    const cases = OPTIONS.map((known) => ({ known, ...example(known) }));
    const env = Object.fromEntries(cases.map(({ known, text }) => [known.env, text]));
    const { config, problems, warnings } = load({ env });
    expect([...problems, ...warnings]).toEqual([]);
    for (const { known, value } of cases) {
      expect(valueAt(config, known.steps), known.path).toEqual(value);
    }
  });

  it('count an empty variable as unset, so that it cannot empty a list that the file sets', () => {
    const files = inFile({ access: { allowAuthors: [KEY] } });
    const env = { HEADKEEPER_ACCESS_ALLOW_AUTHORS: '', HEADKEEPER_CONFIG: '' };
    expect(load({ files, env }).config?.access.allowAuthors).toEqual([KEY]);
  });

  it('warn of a variable that looks like an option and is none', () => {
    const env = { HEADKEEPER_LISTEN_PROT: '1', PATH: '/bin' };
    expect(load({ env }).warnings).toEqual([
      'HEADKEEPER_LISTEN_PROT: unknown variable; did you mean HEADKEEPER_LISTEN_PORT?',
    ]);
  });
});

describe('problems', () => {
  it('are reported all at once, each with its value and source', () => {
    const files = inFile({ limits: { mesageBytesMax: 1, tagsMax: 'many' }, port: 1, pow: 3 });
    const env = { HEADKEEPER_RATE_ENABLED: 'maybe', HEADKEEPER_KINDS_ALLOW: '1,x' };
    const { problems } = load({ files, env, flags: { port: '99999' } });
    expect([...problems].sort()).toEqual([
      'kinds.allow.1: expected number, got "x" (HEADKEEPER_KINDS_ALLOW)',
      'limits.mesageBytesMax: unknown option; did you mean limits.messageBytesMax? (config.json:3)',
      'limits.tagsMax: expected number, got "many" (config.json:4)',
      'listen.port: expected number to be <=65535, got 99999 (--port)',
      'port: unknown option; did you mean listen.port? (config.json:6)',
      'pow: expected object, got 3 (config.json:7)',
      'rate.enabled: expected boolean, got "maybe" (HEADKEEPER_RATE_ENABLED)',
    ]);
  });

  it('include options that contradict each other', () => {
    const limits = { limitDefault: 20, limitMax: 10, eventBytesMax: 200_000 };
    const env = { HEADKEEPER_LIMITS_MESSAGE_BYTES_MAX: '201000' };
    expect(load({ files: inFile({ limits }), env }).problems).toEqual([
      'limits.messageBytesMax: must exceed limits.eventBytesMax by 1024, ' +
        'got 201000 (HEADKEEPER_LIMITS_MESSAGE_BYTES_MAX)',
      'limits.limitDefault: must not exceed limits.limitMax, got 20 (config.json:3)',
    ]);
  });

  it('include a group in the file that is none, even when a variable sets an option of it', () => {
    const env = { HEADKEEPER_LOG_LEVEL: 'debug', HEADKEEPER_POW_MINIMUM_BITS: '1' };
    expect(load({ files: inFile({ log: [], pow: null }), env }).problems).toEqual([
      'pow: expected object, got null (config.json:3)',
      'log: expected object, got a list (config.json:2)',
    ]);
  });

  it('include an address with a wrong scheme', () => {
    const env = { HEADKEEPER_PUBLIC_URL: 'https://relay.example.com' };
    expect(load({ env }).problems).toEqual([
      'publicUrl: expected a URL beginning with ws:// or wss://, ' +
        'got "https://relay.example.com" (HEADKEEPER_PUBLIC_URL)',
    ]);
  });

  it('guess no name that is far from every option', () => {
    expect(load({ files: inFile({ wholesale: 1 }) }).problems).toEqual([
      'wholesale: unknown option (config.json:2)',
    ]);
  });

  it('or a configuration come of any JSON file and any variables, but never a fault', () => {
    const variables = fc.dictionary(fc.constantFrom(...OPTIONS.map(({ env }) => env)), fc.string());
    const groups = fc.constantFrom(
      'listen',
      'relay',
      'kinds',
      'limits',
      'dataDir',
      '__proto__',
      'x',
    );
    const file = fc.oneof(fc.json(), fc.dictionary(groups, fc.jsonValue()).map(JSON.stringify));
    fc.assert(
      fc.property(file, variables, (text, env) => {
        const { config, problems } = load({ files: { '/x/config.json': text }, env });
        expect(config === undefined).toBe(problems.length > 0);
      }),
    );
  });
});

describe('keys', () => {
  it('are taken as hex or npub and kept as lower-case hex', () => {
    const files = inFile({ relay: { pubkey: npubEncode(KEY) } });
    const env = { HEADKEEPER_ACCESS_DENY_AUTHORS: `${npubEncode(KEY)}, ${SECRET.toUpperCase()}` };
    const { config } = load({ files, env });
    expect(config?.relay.pubkey).toBe(KEY);
    expect(config?.access.denyAuthors).toEqual([KEY, SECRET]);
  });

  it('are refused when they are neither', () => {
    const files = inFile({ access: { allowAuthors: ['npub1x', ''] } });
    expect(load({ files }).problems).toEqual([
      'access.allowAuthors.0: expected 64 hex digits or an npub, got "npub1x" (config.json:4)',
      'access.allowAuthors.1: expected 64 hex digits or an npub, got "" (config.json:5)',
    ]);
  });
});

describe('the secret key', () => {
  const nsec = nsecEncode(Uint8Array.from(Buffer.from(SECRET, 'hex')));
  const variable = 'HEADKEEPER_RELAY_SECRET_KEY';

  it('comes from its variable, as hex or nsec, or from the file its second variable names', () => {
    const files = { '/run/secret': `${nsec}\n` };
    for (const env of [
      { [variable]: SECRET },
      { [variable]: nsec },
      { [`${variable}_FILE`]: '/run/secret' },
    ]) {
      expect(load({ env, files }).config?.relay.secretKey).toBe(SECRET);
    }
  });

  it('is refused in the configuration file', () => {
    const { problems } = load({ files: inFile({ relay: { secretKey: SECRET } }) });
    expect(problems).toEqual([
      `relay.secretKey: a secret does not belong in this file; set ${variable} or ` +
        `${variable}_FILE (config.json:3)`,
    ]);
  });

  it('is refused from two places at once, and from a file that is missing or empty', () => {
    const files = { '/run/empty': '\n' };
    const from = (env: Record<string, string>) => load({ env, files }).problems;
    const file = `${variable}_FILE`;
    expect(from({ [variable]: SECRET, [file]: '/run/empty' })).toEqual([
      `${variable}: set together with ${file}`,
    ]);
    expect(from({ [file]: '/run/empty' })).toEqual([`${file}: /run/empty is empty`]);
    expect(from({ [file]: '/run/none' })).toEqual([`${file}: no /run/none`]);
  });

  it('is never shown, not even where it is malformed or in the wrong place', () => {
    const env = { [variable]: `${SECRET}00`, HEADKEEPER_RELAY_PUBKEY: nsec };
    const { problems } = load({ env });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toMatch(new RegExp(`${SECRET}|${nsec}`));
  });
});

/** A value that differs from the default, and how it is written in a variable. */
function example({ path, schema: { type, enum: words, items, maximum, ...schema } }: Option) {
  if (path === 'publicUrl') return { text: 'wss://a.example', value: 'wss://a.example' };
  if (path === 'relay.icon') return { text: 'https://a.example/i', value: 'https://a.example/i' };
  if (path === 'listen.trustedProxies')
    return { text: '::1,10.0.0.0/8', value: ['::1', '10.0.0.0/8'] };
  if (/key$/i.test(path)) return { text: KEY, value: KEY };
  if (type === 'integer') return { text: String(maximum), value: maximum };
  if (type === 'boolean') return { text: String(!schema.default), value: !schema.default };
  if (words !== undefined) return { text: words.at(-1), value: words.at(-1) };
  if (items?.type === 'integer') return { text: '3, 4', value: [3, 4] };
  if (items?.enum !== undefined) return { text: items.enum.join(), value: items.enum };
  if (type === 'array') return { text: `${KEY},${SECRET}`, value: [KEY, SECRET] };
  return { text: 'other', value: 'other' };
}
