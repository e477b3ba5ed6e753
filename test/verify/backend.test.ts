/**
 * Every back-end that this machine has must give the same verdicts and the same signatures.
 *
 * noble is the reference. The differential test damages valid signatures in the ways where
 * constructions differ: at the order and the field size, at zero, and by single bits.
 */
import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Backend, CANDIDATES, chooseBackend, chooseFrom } from '../../src/verify/backend.ts';
import { noble } from '../../src/verify/noble.ts';
import { packRecords, RECORD_BYTES } from '../../src/verify/record.ts';
import { selfTest } from '../../src/verify/self-test.ts';
import { VECTORS } from '../../src/verify/vectors.ts';

const { ORDER: FIELD_SIZE } = schnorr.Point.Fp;
const { ORDER } = schnorr.Point.Fn;

const loaded = await Promise.allSettled(CANDIDATES.map(({ load }) => load()));
const available = loaded.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');

const someBytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const someSecretKey: fc.Arbitrary<Uint8Array> = fc
  .bigInt({ min: 1n, max: ORDER - 1n })
  .map((key) => numberToBytesBE(key, 32));

describe('the vectors', () => {
  it('are fifteen, of which five are valid', () => {
    expect(VECTORS).toHaveLength(15);
    expect(VECTORS.filter(({ valid }) => valid)).toHaveLength(5);
  });

  it('agree with noble on keys and on signatures with their own randomness', () => {
    for (const { secretKey, auxRand, pubkey, message, r, s } of VECTORS) {
      if (secretKey === undefined || auxRand === undefined) continue;
      expect(hex(schnorr.getPublicKey(bytes(secretKey)))).toBe(pubkey);
      expect(hex(schnorr.sign(bytes(message), bytes(secretKey), bytes(auxRand)))).toBe(r + s);
    }
  });
});

describe.each(available)('the back-end $name', (backend) => {
  it('passes the BIP-340 vectors', () => {
    expect(() => selfTest(backend)).not.toThrow();
  });

  it('signs the same bytes as noble', () => {
    fc.assert(
      fc.property(someBytes(32), someSecretKey, (message, secretKey) => {
        expect(hex(backend.sign(message, secretKey))).toBe(hex(noble.sign(message, secretKey)));
      }),
      { numRuns: 20 },
    );
  });

  it('throws on a secret key that is zero, the order, or too short', () => {
    const message = new Uint8Array(32);
    for (const secretKey of [new Uint8Array(32), numberToBytesBE(ORDER, 32), new Uint8Array(31)]) {
      expect(() => backend.sign(message, secretKey)).toThrow();
    }
  });

  it('throws on a record that is cut off instead of reading past its end', () => {
    expect(() => backend.verify(new Uint8Array(RECORD_BYTES), 1)).toThrow('cut off');
  });
});

/** Views into the record under test, and bytes to damage it with. */
type Target = {
  readonly id: Uint8Array;
  readonly pubkey: Uint8Array;
  readonly r: Uint8Array;
  readonly s: Uint8Array;
  readonly noise: Uint8Array;
};

const flipBit = (part: Uint8Array, [where = 0, bit = 0]: Uint8Array): void => {
  const index = where % part.length;
  part[index] = (part[index] ?? 0) ^ (1 << (bit % 8));
};
const setNumber = (part: Uint8Array, value: bigint): void =>
  part.set(numberToBytesBE(BigInt.asUintN(256, value), 32));
const smallNumber = (noise: Uint8Array): bigint => bytesToNumberBE(noise.subarray(0, 8));

const CLASSES: { readonly [name: string]: (target: Target) => void } = {
  valid: () => undefined,
  'a bit of r flipped': ({ r, noise }) => flipBit(r, noise),
  'a bit of s flipped': ({ s, noise }) => flipBit(s, noise),
  'a bit of the id flipped': ({ id, noise }) => flipBit(id, noise),
  'a bit of the key flipped': ({ pubkey, noise }) => flipBit(pubkey, noise),
  's negated': ({ s }) => setNumber(s, ORDER - bytesToNumberBE(s)),
  's plus the order': ({ s }) => setNumber(s, bytesToNumberBE(s) + ORDER),
  's at or above the order': ({ s, noise }) => setNumber(s, ORDER + smallNumber(noise)),
  's zero': ({ s }) => s.fill(0),
  'a random signature': ({ r, s, noise }) => {
    r.set(noise.subarray(0, 32));
    s.set(noise.subarray(32));
  },
  'r between the order and the field size': ({ r, noise }) =>
    setNumber(r, ORDER + smallNumber(noise)),
  'r at or above the field size': ({ r, noise }) =>
    setNumber(r, FIELD_SIZE + (smallNumber(noise) >> 32n)),
  'the key between the order and the field size': ({ pubkey, noise }) =>
    setNumber(pubkey, ORDER + smallNumber(noise)),
  'the key at or above the field size': ({ pubkey, noise }) =>
    setNumber(pubkey, FIELD_SIZE + (smallNumber(noise) >> 32n)),
};

/** A signed record after the damage of its class. */
const someRecord = fc
  .record({
    name: fc.constantFrom(...Object.keys(CLASSES)),
    secretKey: someSecretKey,
    message: someBytes(32),
    noise: someBytes(64),
  })
  .map(({ name, secretKey, message, noise }) => {
    const [fastest = noble] = available;
    const pubkey = schnorr.getPublicKey(secretKey);
    const record = Buffer.concat([message, pubkey, fastest.sign(message, secretKey)]);
    CLASSES[name]?.({
      id: record.subarray(0, 32),
      pubkey: record.subarray(32, 64),
      r: record.subarray(64, 96),
      s: record.subarray(96),
      noise,
    });
    return { name, record };
  });

describe('all back-ends', () => {
  it('agree with noble on signatures valid and damaged', () => {
    fc.assert(
      fc.property(someRecord, ({ name, record }) => {
        const verdicts = available.map((backend) => [backend.name, backend.verify(record, 0)]);
        const isValid = name === 'valid';
        expect(noble.verify(record, 0)).toBe(isValid);
        expect(verdicts).toEqual(available.map((backend) => [backend.name, isValid]));
      }),
      { numRuns: 400 },
    );
  });
});

describe('choosing a back-end', () => {
  const offer = (backend: Backend) => ({ name: backend.name, load: async () => backend });

  it('takes the first that passes and says why the others did not', async () => {
    const choice = await chooseFrom([
      { name: 'libsecp256k1', load: () => Promise.reject(new Error('not installed')) },
      offer({ ...noble, name: 'secp256k1', verify: () => true }),
      offer({ ...noble, name: 'wasm', sign: () => new Uint8Array(64) }),
      offer(noble),
    ]);

    expect(choice).toEqual({
      backend: noble,
      passed: 15,
      skipped: [
        { name: 'libsecp256k1', reason: 'not installed' },
        { name: 'secp256k1', reason: 'accepts vector 5: the key is not on the curve' },
        { name: 'wasm', reason: 'signs otherwise than vector 0: a small key and all zeros' },
      ],
    });
  });

  it('refuses a back-end that reads another record than the one asked for', async () => {
    const first: Backend = { ...noble, verify: (records) => noble.verify(records, 0) };
    await expect(chooseFrom([offer(first)])).rejects.toThrow('noble (accepts vector 5');
  });

  it('fails with all reasons when none passes, rather than go on unverified', async () => {
    const deaf: Backend = { ...noble, verify: () => false };
    await expect(chooseFrom([offer(deaf)])).rejects.toThrow(
      'no signature back-end can be used: noble (refuses vector 0: a small key and all zeros)',
    );
  });

  it('takes the forced one without trying others', async () => {
    const { backend, skipped } = await chooseBackend('noble');
    expect(backend).toBe(noble);
    expect(skipped).toEqual([]);
  });

  it('takes the fastest available when none is forced', async () => {
    const { backend } = await chooseBackend();
    expect(backend.name).toBe(available[0]?.name);
  });
});

describe('packing a record', () => {
  const whole = { id: 'a1'.repeat(32), pubkey: 'b2'.repeat(32), sig: 'c3'.repeat(64) };

  it('puts id, pubkey and sig one after another', () => {
    const text = whole.id + whole.pubkey + whole.sig;
    expect(hex(packRecords([whole, whole]))).toBe(text + text);
  });

  it.each([
    ['an id that is not hexadecimal', { ...whole, id: 'z'.repeat(64) }],
    ['a signature too short', { ...whole, sig: 'c3' }],
    ['an id too long', { ...whole, id: `${whole.id}00` }],
    ['parts whose lengths only add up', { ...whole, id: `${whole.id}00`, sig: 'c3'.repeat(63) }],
  ])('turns %s into zeros, which nobody signed, and leaves its neighbours alone', (_, broken) => {
    const zeros = '00'.repeat(RECORD_BYTES);
    const text = whole.id + whole.pubkey + whole.sig;
    const records = packRecords([whole, broken, whole]);
    expect(hex(records)).toBe(text + zeros + text);
    expect(noble.verify(records, RECORD_BYTES)).toBe(false);
  });
});
