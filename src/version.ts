/**
 * Name and version of this program, from package.json, which lies beside both src and dist.
 */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The version in package.json. */
export const VERSION = manifest.version;

/** Where the software can be found (NIP-11 wants a URL). */
export const SOFTWARE = 'https://github.com/headkeeper/headkeeper';
