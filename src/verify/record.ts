/**
 * What crosses to a verify worker: 128 bytes a signature, id | pubkey | sig, one after another.
 *
 * Packed bytes are transferred, not copied, which makes the hand-over a hundredth of the work
 * handed over. A record that cannot be packed becomes zeros, and no signature of zeros verifies:
 * malformed input is a false verdict, never a shifted record.
 */
import type { Backend } from './backend.ts';

/** Bytes of one packed record: id, pubkey and signature. */
export const RECORD_BYTES = 128;

/** What a signature is checked against: 64, 64 and 128 lower-case hex. */
export type SignedId = { readonly id: string; readonly pubkey: string; readonly sig: string };

/** Views of the parts of a record: 32, 32 and 64 bytes. */
export type RecordParts = {
  readonly id: Uint8Array;
  readonly pubkey: Uint8Array;
  readonly sig: Uint8Array;
};

/** Packs records into a buffer of their own, fit to be transferred. */
export function packRecords(signed: readonly SignedId[]): Uint8Array<ArrayBuffer> {
  const records = Buffer.alloc(signed.length * RECORD_BYTES);
  for (const [index, { id, pubkey, sig }] of signed.entries()) {
    const offset = index * RECORD_BYTES;
    const written =
      records.write(id, offset, 32, 'hex') +
      records.write(pubkey, offset + 32, 32, 'hex') +
      records.write(sig, offset + 64, 64, 'hex');
    const isWhole =
      written === RECORD_BYTES && id.length + pubkey.length + sig.length === 2 * RECORD_BYTES;
    if (!isWhole) records.fill(0, offset, offset + RECORD_BYTES);
  }
  return records;
}

/** The parts of the record at `offset`. Throws when the bytes end before it does. */
export function recordAt(records: Uint8Array, offset: number): RecordParts {
  // Native code reads as far as it expects to, whatever the length of a view.
  if (offset + RECORD_BYTES > records.length) throw new RangeError('a record is cut off');
  return {
    id: records.subarray(offset, offset + 32),
    pubkey: records.subarray(offset + 32, offset + 64),
    sig: records.subarray(offset + 64, offset + RECORD_BYTES),
  };
}

/** One byte a record, in their order: 1 when its signature verifies, else 0. */
export function verifyRecords(records: Uint8Array, backend: Backend): Uint8Array<ArrayBuffer> {
  const verdicts = new Uint8Array(records.length / RECORD_BYTES);
  for (let index = 0; index < verdicts.length; index++) {
    verdicts[index] = backend.verify(records, index * RECORD_BYTES) ? 1 : 0;
  }
  return verdicts;
}
