/**
 * The id of an event, by node's own SHA-256.
 *
 * The relay hashes every event before any curve arithmetic, and this is three times as fast as the
 * pure code that browsers use. Both give the same id for well-formed Unicode; a lone surrogate has
 * no UTF-8 and must have been refused before.
 */
import { hash } from 'node:crypto';

/** The NIP-01 id of an event in its serialized form: 64 lower-case hex. */
export function nodeEventId(serialized: string): string {
  return hash('sha256', serialized, 'hex');
}
