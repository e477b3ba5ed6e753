/**
 * Strict JSON: whatever two honest parsers could read differently is refused (PROTOCOL §3.1).
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonProblem, parseStrictJson, pointer } from '../../src/nsm/strict-json.ts';
import { utf8Bytes } from '../../src/rules/json.ts';

/** `problem`, `problem /path`, or `fine`. */
function read(text: string, depthMax = 64): string {
  const result = parseStrictJson(text, depthMax);
  if (!isJsonProblem(result)) return 'fine';
  return result.path === undefined ? result.problem : `${result.problem} ${result.path}`;
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('parseStrictJson', () => {
  it.each<[string, string]>([
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', 'fine'],
    ['{"a":1,"a":1}', 'repeated'],
    ['{"a":1,"\\u0061":2}', 'repeated'],
    ['{"\\u0061":1,"\\u0061":2}', 'repeated'],
    ['{"x":[{"k":{"a":1,"b":2,"a":3}}]}', 'repeated'],
    ['{"a" \t\r\n:1,"b":2,"a":3}', 'repeated'],
    ['{"":1,"":2}', 'repeated'],
    ['{"a\\"":1,"a\\"":2}', 'repeated'],
    ['{"a\\\\":1,"a\\\\":2}', 'repeated'],
    ['{"a":"a","b":"a"}', 'fine'],
    ['{"a":["a","a"],"b":":"}', 'fine'],
    ['{"x":"{\\"a\\":1,\\"a\\":2}"}', 'fine'],
    ['{"A":1,"a":2}', 'fine'],
    ['{"\u00e9":1,"e\u0301":2}', 'fine'],
  ])('reads repeated member names of %s as: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('counts brackets on the text, before anything recursive looks at it', () => {
    expect(read(nested(64))).toBe('fine');
    expect(read(nested(65))).toBe('depth');
    expect(read(nested(5_000))).toBe('depth');
    expect(read('['.repeat(200_000))).toBe('depth');
    expect(read('{"a":'.repeat(100_000))).toBe('depth');
    expect(read(`{"a":${nested(8)}}`, 8)).toBe('depth');
    expect(read(`{"a":${nested(7)}}`, 8)).toBe('fine');
  });

  it('counts no bracket within a string, however it is escaped', () => {
    expect(read(JSON.stringify('['.repeat(100)))).toBe('fine');
    expect(read(JSON.stringify(`"${'['.repeat(100)}`))).toBe('fine');
    expect(read(JSON.stringify(`\\${'['.repeat(100)}`))).toBe('fine');
    expect(read(`["\\\\",${nested(64)}]`)).toBe('depth');
  });
});

describe('parseStrictJson on names, numbers and strings', () => {
  it.each<[string, string]>([
    ['{"__proto__":1}', 'forbidden-key /__proto__'],
    ['{"\\u005f_proto__":1}', 'forbidden-key /__proto__'],
    ['{"a":[{"constructor":1}]}', 'forbidden-key /a/0/constructor'],
    ['{"a":{"prototype":null}}', 'forbidden-key /a/prototype'],
    ['{"a/b":{"~":{"constructor":1}}}', 'forbidden-key /a~1b/~0/constructor'],
    ['{"a":"constructor","toString":1,"hasOwnProperty":2}', 'fine'],
  ])('reads the names of %s as: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each<[string, string]>([
    ['9007199254740991', 'fine'],
    ['-9007199254740991', 'fine'],
    ['9007199254740992', 'number '],
    ['[1,9007199254740993]', 'number /1'],
    ['{"a":1e400}', 'number /a'],
    ['{"a":-1e400}', 'number /a'],
    ['1e21', 'number '],
    ['1e15', 'fine'],
    ['0.1', 'fine'],
    ['-0', 'fine'],
    ['1e-400', 'fine'],
  ])('reads the number in %s as: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each<[string, string]>([
    ['"\ud83e\udd19"', 'fine'],
    ['"\\ud83e\\udd19"', 'fine'],
    ['"\\ud83e"', 'unicode '],
    ['["\\udd19\\ud83e"]', 'unicode /0'],
    ['{"a":{"\\ud800":1}}', 'unicode /a'],
    ['"\ud83e"', 'unicode'],
    ['{"\udd19":1}', 'unicode'],
  ])('reads the Unicode of %j as: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '[1 2]',
    'NaN',
    '01',
    '1.',
    '+1',
    '\ufeff{}',
    '{} {}',
    '"\u0001"',
    '// no\n{}',
    'undefined',
    ']',
  ])('takes %j for no JSON at all', (text) => {
    expect(read(text)).toBe('syntax');
  });
});

describe('parseStrictJson on whatever comes', () => {
  const run: fc.Parameters<unknown> = { numRuns: 500 };

  it('never throws, and reads what it accepts as JSON.parse does', () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), jsonLike());
    fc.assert(
      fc.property(text, (each) => {
        const result = parseStrictJson(each, 16);
        if (!isJsonProblem(result)) expect(result.value).toEqual(JSON.parse(each));
      }),
      run,
    );
  });

  it('finds a repeated name wherever one is put', () => {
    const members = fc.array(fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 2 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(members, fc.nat(), (list, at) => {
        const twice = [...list, list[at % list.length] ?? ['', null]];
        const write = ([name, value]: readonly [string, unknown]) =>
          `${JSON.stringify(name)}:${JSON.stringify(value)}`;
        const problem = parseStrictJson(`{"z":{${twice.map(write).join(' , ')}}}`, 64);
        // What is wrong with a value may be told first, but never that nothing is.
        expect(isJsonProblem(problem)).toBe(true);
      }),
      run,
    );
  });
});

/** Texts made of the characters that mean something to a scanner. */
function jsonLike(): fc.Arbitrary<string> {
  const pieces = ['{', '}', '[', ']', '"', ':', ',', '\\', '\\"', '"a"', '"b":', '1', ' ', 'null'];
  return fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((list) => list.join(''));
}

describe('pointer', () => {
  it('escapes as RFC 6901 says', () => {
    expect(['a', 0, 'a/b', '~', '~1', ''].map(pointer)).toEqual([
      ...['/a', '/0', '/a~1b', '/~0', '/~01', '/'],
    ]);
  });
});

describe('utf8Bytes', () => {
  it('counts as an encoder does', () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Bytes(text)).toBe(encoder.encode(text).length);
      }),
    );
  });
});
