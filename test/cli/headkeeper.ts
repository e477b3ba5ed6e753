/**
 * Runs `headkeeper` as a shell does: a process of its own, with arguments, stdin and nothing else.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandLine } from '../support/compiled.ts';

/** How a command ended, and what it said. */
export type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** What a command is given besides its arguments. */
export type Given = {
  /** What comes on stdin; a function answers each line of stdout, as a signer would. */
  readonly stdin?: string | ((line: string) => string | undefined);
  readonly env?: Readonly<Record<string, string>>;
};

/** Runs a command to its end. */
export async function headkeeper(args: readonly string[], given: Given = {}): Promise<Ended> {
  const { stdin = '', env = {} } = given;
  const child = spawn(process.execPath, commandLine(args), { env });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let answered = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const lines = stdout.split('\n').slice(0, -1);
    for (; typeof stdin !== 'string' && answered < lines.length; answered++) {
      const answer = stdin(lines[answered] ?? '');
      if (answer !== undefined) child.stdin.write(`${answer}\n`);
    }
  });
  if (typeof stdin === 'string') child.stdin.end(stdin);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
