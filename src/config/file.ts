/**
 * Reads a configuration file: JSON with comments and trailing commas.
 *
 * What it says is not checked here; only its form is. Keeps the line of every option, so that a
 * problem found later can name it.
 */

import { basename } from 'node:path';
import {
  findNodeAtLocation,
  getNodeValue,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';

/** What a file says; `placeOf` gives `<file>:<line>` of an option that it sets. */
export type ConfigFile = {
  readonly written: Readonly<Record<string, unknown>>;
  readonly placeOf: (steps: readonly PropertyKey[]) => string | undefined;
  readonly problems: readonly string[];
};

const NOTHING: ConfigFile = { written: {}, placeOf: () => undefined, problems: [] };

/** Without a path, `./config.json` if there is one; a file that was asked for must be readable. */
export function readConfigFile(
  path: string | undefined,
  readFile: (path: string) => string,
): ConfigFile {
  const name = path ?? 'config.json';
  try {
    return parseConfigFile(name, readFile(name));
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING;
    return { ...NOTHING, problems: [`${name}: ${(error as Error).message}`] };
  }
}

function parseConfigFile(path: string, text: string): ConfigFile {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const place = (offset: number): string =>
    `${basename(path)}:${text.slice(0, offset).split('\n').length}`;

  const [error] = errors;
  if (error !== undefined) {
    const says = printParseErrorCode(error.error).replace(/\B[A-Z]/g, ' $&');
    return { ...NOTHING, problems: [`${place(error.offset)}: ${says.toLowerCase()}`] };
  }
  if (tree?.type !== 'object') return { ...NOTHING, problems: [`${path}: expected an object`] };

  const { $schema: _, ...written } = getNodeValue(tree);
  return {
    written,
    placeOf: (steps) => {
      const node = findNodeAtLocation(tree, steps.map(step));
      return node && place(node.offset);
    },
    problems: [],
  };
}

const step = (key: PropertyKey): string | number => (typeof key === 'number' ? key : String(key));
