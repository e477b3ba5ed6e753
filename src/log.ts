/**
 * The log: one line for each fact of the relay's life, on stderr.
 *
 * A line is named like an event (`relay.started`, `event.refused`) and carries facts as fields: `id
 * kind machine code client ms path err`. Never the content of an event, which strangers choose, and
 * never a secret. Refusals are at debug, faults at error. stdout belongs to the commands.
 */

import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import type { Config } from './config.ts';

/** What parts of the relay log with. */
export type Logger = Pick<
  PinoLogger,
  'level' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
>;

const STDERR = 2;

/** A logger at that level; lines go to `sink`, which is stderr unless something else is given. */
export function createLogger(
  { level, format }: Config['log'],
  sink: DestinationStream = destination(STDERR),
): Logger {
  const stream = format === 'pretty' ? { write: (line: string) => sink.write(pretty(line)) } : sink;
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/** `12:34:56.789 info  relay.started port=7777`, with the stack of a fault below. */
function pretty(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line);
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
  const fault = err === undefined ? '' : `\n${err.stack ?? shown(err)}`;
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${msg ?? ''}${pairs.join('')}${fault}\n`;
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
