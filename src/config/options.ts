/**
 * The options as a flat list, derived from the schema.
 *
 * What the loader, `config print` and the generated documents need to know about an option is read
 * from the JSON schema of `configSchema`, never written down a second time.
 */

import { z } from 'zod';
import { configSchema } from '../config.ts';

/** What every environment name begins with. */
export const ENV_PREFIX = 'HEADKEEPER_';

/** One option: where it stands, what it may be, and what it does. */
export type Option = {
  /** Dotted name, such as `limits.messageBytesMax`. */
  readonly path: string;
  /** The same as steps into a configuration. */
  readonly steps: readonly string[];
  /** Environment variable, such as `HEADKEEPER_LIMITS_MESSAGE_BYTES_MAX`. */
  readonly env: string;
  /** Only from the environment or from a file of its own, and never printed. */
  readonly secret: boolean;
  readonly schema: ValueSchema;
};

/** The part of a JSON schema that `src/config/values.ts` gives rise to. */
export type ValueSchema = {
  readonly type: 'string' | 'integer' | 'boolean' | 'array';
  readonly description: string;
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Pick<ValueSchema, 'type' | 'enum' | 'minimum' | 'maximum'>;
};

type GroupSchema = { readonly type: 'object'; readonly properties: Schemas };
type Schemas = Readonly<
  Record<string, GroupSchema | (ValueSchema & { readonly secret?: boolean })>
>;

/** The JSON schema (draft 2020-12) of what may be written in a configuration file. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
      if (jsonSchema.type === 'object') delete jsonSchema.default;
    },
  });
}

/** Every option, in the order of the definition. */
export const OPTIONS: readonly Option[] = optionsIn(
  (configJsonSchema() as unknown as GroupSchema).properties,
  [],
);

/** The value at the end of those steps; undefined when the way ends earlier. */
export function valueAt(config: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<string, unknown>>)[step]
        : undefined,
    config,
  );
}

function optionsIn(schemas: Schemas, above: readonly string[]): readonly Option[] {
  return Object.entries(schemas).flatMap(([name, schema]) => {
    const steps = [...above, name];
    if (schema.type === 'object') return optionsIn(schema.properties, steps);
    const { secret = false, ...value } = schema;
    return [{ path: steps.join('.'), steps, env: environmentName(steps), secret, schema: value }];
  });
}

function environmentName(steps: readonly string[]): string {
  const words = steps.map((step) => step.replace(/[A-Z]/g, (letter) => `_${letter}`));
  return ENV_PREFIX + words.join('_').toUpperCase();
}
