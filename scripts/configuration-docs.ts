/**
 * The documents about configuration, derived from `src/config.ts`.
 *
 * Pure: text in, text out. The example holds every option at its default, so that it is also a
 * test of the loader.
 */

import { fileVariable } from '../src/config/environment.ts';
import { isReloaded } from '../src/config/live.ts';
import { configJsonSchema, OPTIONS, type Option } from '../src/config/options.ts';
import { cell, wrap } from './markdown.ts';

type GroupProperties = Record<string, { readonly properties?: Record<string, unknown> }>;

/** `config.example.json`: JSON with a comment above every option. */
export function exampleFile(): string {
  const head = 'Every option at its default. Copy to config.json and keep what is to differ.';
  const blocks = groups().map(([group, options]) => {
    if (group === '') return options.map((option) => exampleLines(option, '  ')).join('\n\n');
    const lines = options.map((option) => exampleLines(option, '    ')).join('\n');
    return `  "${group}": {\n${lines}\n  },`;
  });
  return `// ${head}\n{\n  "$schema": "./docs/config.schema.json",\n\n${blocks.join('\n\n')}\n}\n`;
}

/** `docs/config.schema.json`: what editors check a configuration file with. */
export function schemaFile(): string {
  const schema = configJsonSchema();
  const properties = { $schema: { type: 'string' }, ...schema.properties } as GroupProperties;
  for (const { secret, steps } of OPTIONS) {
    const [group = '', name = ''] = steps;
    if (secret) delete properties[group]?.properties?.[name];
  }
  return `${JSON.stringify({ title: 'Headkeeper', ...schema, properties }, undefined, 2)}\n`;
}

/** `docs/configuration.md`: where values come from, then a table for each group. */
export function configurationPage(): string {
  const tables = groups().map(([group, options]) => {
    const rows = options.map((option) => `| ${cells(option).join(' | ')} |`);
    return `## ${group === '' ? 'General' : group}\n\n${TABLE_HEAD}\n${rows.join('\n')}\n`;
  });
  return `${INTRODUCTION}\n${tables.join('\n')}`;
}

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs\` from src/config.ts. -->

Without any configuration a relay listens on loopback and keeps its data in \`./data\`. Every option
has one name and four places it may come from; a later one wins:

1. its default, as listed here;
2. a file: \`--config <file>\`, else \`$HEADKEEPER_CONFIG\`, else \`./config.json\` if there is
   one. JSON, in which comments and trailing commas are allowed;
   [config.example.json](../config.example.json) holds every option, and editors check a file by
   [config.schema.json](config.schema.json);
3. the environment: \`limits.messageBytesMax\` is \`HEADKEEPER_LIMITS_MESSAGE_BYTES_MAX\`. Lists
   are separated by commas, yes and no are \`true\` and \`false\`, and an empty variable counts as
   unset;
4. the flags \`--host\`, \`--port\` and \`--data\` of \`headkeeper start\`.

The relay does not start with a configuration it does not understand: an unknown name or a value out
of bounds ends it with exit code 78, after all such problems have been printed together with their
values and sources. An unknown \`HEADKEEPER_…\` variable is only warned of.
\`headkeeper config check\` finds the problems without starting; \`headkeeper config print\` shows
the effective values and where each came from.

SIGHUP has a running relay read its configuration again. Options marked *start* keep their value
until the next start, and the log names those that changed; a configuration with a problem changes
nothing.

A secret is read from its variable, or from the file that \`<variable>_FILE\` names; never from the
configuration file, and it is never printed. Keys may be written in hex or as NIP-19 has them.
`;

const TABLE_HEAD = '| option | default | values | meaning |\n|---|---|---|---|';

function cells(option: Option): readonly string[] {
  const { path, env, secret, schema } = option;
  const variables = secret ? `\`${env}\`, \`${fileVariable(option)}\`` : `\`${env}\``;
  const standard = schema.default === '' ? '' : `\`${JSON.stringify(schema.default)}\``;
  const mark = isReloaded(option) ? '' : ' *start*';
  return [`\`${path}\`${mark}<br>${variables}`, standard, values(option), cell(schema.description)];
}

function values({ secret, schema }: Option): string {
  if (secret) return 'secret';
  const list = schema.type === 'array' ? 'list of ' : '';
  const { type, enum: words, minimum, maximum } = schema.items ?? schema;
  if (words !== undefined) {
    return list + words.map((word) => (word === '' ? 'empty' : `\`${word}\``)).join(', ');
  }
  if (type === 'integer') return `${list}${count(minimum)} to ${count(maximum)}`;
  return type === 'boolean' ? '`true`, `false`' : `${list}${list === '' ? 'text' : 'keys'}`;
}

const count = (value: number | undefined): string => (value ?? 0).toLocaleString('en-US');

/** Options by the first step of their path; those without a group are under the empty name. */
function groups(): readonly (readonly [string, readonly Option[]])[] {
  const groupOf = ({ steps }: Option): string => (steps.length === 1 ? '' : (steps[0] ?? ''));
  const names = ['', ...OPTIONS.map(groupOf)];
  return [...new Set(names)].map((name) => [
    name,
    OPTIONS.filter((option) => groupOf(option) === name),
  ]);
}

function exampleLines(option: Option, indent: string): string {
  const { steps, env, secret, schema } = option;
  const comment = wrap(schema.description, `${indent}// `);
  if (secret)
    return `${comment}\n${wrap(`Only by ${env} or ${fileVariable(option)}.`, `${indent}// `)}`;
  return `${comment}\n${indent}"${steps.at(-1)}": ${JSON.stringify(schema.default)},`;
}
