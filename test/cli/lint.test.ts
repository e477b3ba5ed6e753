/**
 * `headkeeper lint`: findings for people and for programs, from files of every form.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { definitionEvent } from '../../src/cli/input.ts';
import { lintText } from '../../src/cli/lint.ts';
import { simulateSteps } from '../../src/cli/simulate.ts';
import { parseScript } from '../../src/examples/script.ts';
import { headkeeper } from './headkeeper.ts';

const DELIVERY = fileURLToPath(new URL('../../examples/delivery/definition.json', import.meta.url));
const delivery = readFileSync(DELIVERY, 'utf8');

const codes = (text: string) => lintText(text).warnings.map(({ code, path }) => `${code} ${path}`);

describe('what is linted', () => {
  it('may be a template, a config or an event, with the same findings', () => {
    const event = definitionEvent(delivery);
    expect(codes(delivery)).toContain('dead-end /states/disputed');
    expect(codes(event.content)).toEqual(codes(delivery));
    expect(codes(JSON.stringify(event))).toEqual(codes(delivery));
  });

  it('may be no JSON at all, which is a problem like any other', () => {
    expect(lintText('{ "id": ').problems).toMatchObject([{ code: 'definition-json' }]);
  });
});

describe('a sequence', () => {
  it('is a script that leads where the finding is, with the names of a template', () => {
    const { warnings } = lintText(delivery);
    const { sequence = [] } = warnings.find(({ code }) => code === 'dead-end') ?? {};
    expect(sequence.at(-1)).toEqual({ by: 'creator', type: 'DISPUTE', at: 0 });
    const script = sequence.map((step) => JSON.stringify(step)).join('\n');
    const steps = [...simulateSteps(delivery, parseScript(script, 'sequence'))];
    expect(steps.map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(steps.at(-1)?.state?.value).toBe('disputed');
  });
});

describe('headkeeper lint', () => {
  it('prints a line for each finding, the way to it, and what was tried', async () => {
    const { code, stdout, stderr } = await headkeeper(['lint', DELIVERY]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^mistake {2}dead-end \/states\/disputed: /);
    expect(lines[3]).toBe('         {"by":"creator","type":"DISPUTE","at":0}');
    expect(lines.at(-1)).toMatch(
      /problems: 0, likely mistakes: 1, matters of trust: 2 \(\d+ steps/,
    );
  });

  it('exits with 1 when there are problems, reads stdin and tells programs all', async () => {
    const stdin = '{"initial":"a","states":{"a":{"on":{"GO":"b"},"cond":1}}}';
    const [people, programs] = await Promise.all([
      headkeeper(['lint', '-'], { stdin }),
      headkeeper(['lint', '--json', '-'], { stdin }),
    ]);
    expect(people.code).toBe(1);
    expect(people.stdout).toBe(
      'problem  definition-shape /states/a/cond: unknown member cond\n' +
        '-: problems: 1, likely mistakes: 0, matters of trust: 0\n',
    );
    expect(programs.code).toBe(1);
    expect(JSON.parse(programs.stdout)).toEqual(lintText(stdin));
  });

  it('exits with 2 when there is nothing to read', async () => {
    const { code, stderr } = await headkeeper(['lint', 'no-such-file.json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^headkeeper: ENOENT/);
  });
});
