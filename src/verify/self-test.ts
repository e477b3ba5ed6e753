/**
 * The entrance examination of a signature back-end.
 *
 * Runs before any back-end decides about an event, on the machine and in the thread where it will
 * be used: a library that was built wrongly accepts what others refuse, and relays would diverge.
 */
import type { Backend } from './backend.ts';
import { packRecords, RECORD_BYTES } from './record.ts';
import { VECTORS, type Vector } from './vectors.ts';

/** Passes silently, or throws an error that names the first vector failed. */
export function selfTest(backend: Backend): void {
  const records = packRecords(VECTORS.map(toSignedId));
  for (const [index, vector] of VECTORS.entries()) {
    const failure =
      verifyFailure(backend.verify(records, index * RECORD_BYTES), vector) ??
      signFailure(backend, vector);
    if (failure !== undefined) throw new Error(`${failure} vector ${index}: ${vector.about}`);
  }
}

function verifyFailure(accepted: boolean, vector: Vector): string | undefined {
  if (accepted === vector.valid) return undefined;
  return accepted ? 'accepts' : 'refuses';
}

/** Signing uses no randomness, so a vector that has none says which bytes must come out. */
function signFailure(backend: Backend, vector: Vector): string | undefined {
  const { secretKey, message } = vector;
  if (secretKey === undefined) return undefined;

  const sig = sign(backend, message, secretKey);
  const hasNoAuxRand = vector.auxRand !== undefined && /^0+$/.test(vector.auxRand);
  if (hasNoAuxRand && sig !== vector.r + vector.s) return 'signs otherwise than';
  const record = packRecords([{ ...toSignedId(vector), sig }]);
  return backend.verify(record, 0) ? undefined : 'refuses its own signature on';
}

function sign(backend: Backend, message: string, secretKey: string): string {
  const sig = backend.sign(Buffer.from(message, 'hex'), Buffer.from(secretKey, 'hex'));
  return Buffer.from(sig).toString('hex');
}

const toSignedId = ({ message, pubkey, r, s }: Vector) => ({ id: message, pubkey, sig: r + s });
