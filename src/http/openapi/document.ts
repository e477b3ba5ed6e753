/**
 * `GET /openapi.json`: the API in the terms of OpenAPI 3.1.
 *
 * Made once, of the table of operations, the schemas that read requests and the recorded examples.
 * Nothing is written here by hand that could differ from what the relay does.
 */
import { z } from 'zod';
import { VERSION } from '../../version.ts';
import { taggedJson } from '../etag.ts';
import { PROBLEMS } from '../problem.ts';
import type { Answer } from '../request.ts';
import { machineInPath, OPERATIONS, type Operation, SHAPES, type ShapeName } from './operations.ts';
import { EXAMPLES, type Recorded } from './recorded.ts';

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Answers with the document, which is made when it is first asked for. */
export function openApi(): Answer {
  let document: Json | undefined;
  return (_, context) => {
    document ??= openApiDocument();
    return taggedJson(context, document);
  };
}

/** The document. */
function openApiDocument(): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method]: operationObject(id, operation) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Headkeeper',
      version: VERSION,
      summary: 'What a relay that enforces state machines answers over HTTP',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: schemas(), responses: { Problem: problemResponse() } },
  };
}

function operationObject(id: string, operation: Operation): Json {
  const { path, summary, says, body, problems, isTagged } = operation;
  const examples = EXAMPLES.filter(({ operation: of }) => of === id);
  const codes = problems.map((code) => `${PROBLEMS[code].status}`);
  return {
    operationId: id,
    summary,
    description: says,
    parameters: [
      ...(path.includes('{id}') ? parametersOf(machineInPath, 'path', examples) : []),
      ...parametersOf(operation.query, 'query', examples),
    ],
    ...(body && { requestBody: requestBody(body, examples) }),
    responses: {
      200: answerObject(operation, examples),
      ...(isTagged && { 304: { description: 'The answer that If-None-Match names is the same.' } }),
      ...Object.fromEntries(codes.map((code) => [code, ref('responses', 'Problem')])),
    },
  };
}

type Examples = readonly Recorded[];

/** The parameters that a schema reads, with the values of the examples. */
function parametersOf(schema: z.ZodObject, place: 'path' | 'query', examples: Examples): Json[] {
  const { properties = {}, required = [] } = inputSchema(schema);
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    const values = examples.filter(({ parameters }) => name in parameters);
    const shown = values.map((one) => [one.name, { value: one.parameters[name] }]);
    return {
      ...{ name, in: place, required: required.includes(name), description, schema: rest },
      ...(shown.length > 0 && { examples: Object.fromEntries(shown) }),
    };
  });
}

function requestBody(schema: z.ZodObject, examples: Examples): Json {
  const bodies = examples.map(({ name, body }) => [name, { value: body }]);
  const media = { schema: inputSchema(schema), examples: Object.fromEntries(bodies) };
  return { required: true, content: { 'application/json': media } };
}

function answerObject({ shape, type, summary, isTagged }: Operation, examples: Examples): Json {
  const media = type ?? 'application/json';
  const shown = examples.flatMap(({ name, answer }) =>
    answer === undefined ? [] : [[name, { value: answer }]],
  );
  // A stream is text to JSON Schema; what its lines say is told by the shape it names.
  const schema =
    type === undefined
      ? ref('schemas', shape)
      : { type: 'string', contentSchema: ref('schemas', shape) };
  const headers = isTagged ? { ETag: { schema: { type: 'string' } } } : {};
  return {
    description: summary,
    headers,
    content: { [media]: { schema, examples: Object.fromEntries(shown) } },
  };
}

function problemResponse(): Json {
  const examples = EXAMPLES.filter(({ operation }) => operation === 'problem');
  const shown = examples.map(({ name, answer }) => [name, { value: answer }]);
  return {
    description:
      'A problem (RFC 9457); with status 429 and 503, Retry-After says when to come back.',
    content: {
      'application/problem+json': {
        schema: ref('schemas', 'Problem'),
        examples: Object.fromEntries(shown),
      },
    },
  };
}

const ref = (kind: 'schemas' | 'responses', name: string): Json => ({
  $ref: `#/components/${kind}/${name}`,
});

/** The shapes of answers; where one holds another it refers to it. */
function schemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const name of Object.keys(SHAPES) as ShapeName[]) registry.add(SHAPES[name], { id: name });
  const uri = (id: string): string => `#/components/schemas/${id}`;
  const made = z.toJSONSchema(registry, { uri, io: 'input' }).schemas;
  return Object.fromEntries(Object.entries(made).map(([name, schema]) => [name, bare(schema)]));
}

function inputSchema(schema: z.ZodObject): ObjectSchema {
  return bare(z.toJSONSchema(schema, { io: 'input' }));
}

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
};

/** A schema without the names it has as a document of its own. */
function bare({ $schema: _, $id: __, ...rest }: Json): Json {
  return rest;
}
