/**
 * Who computes signatures here: the fastest back-end that passes the BIP-340 vectors.
 *
 * Speeds differ fortyfold, and the fast ones need native code that a machine may lack. The choice
 * is made once, from what loads and passes; everything passed over is reported with its reason, so
 * that nobody runs on the slow one without knowing.
 */
import { loadLibsecp256k1 } from './libsecp256k1.ts';
import { noble } from './noble.ts';
import { loadSecp256k1 } from './secp256k1.ts';
import { selfTest } from './self-test.ts';
import { VECTORS } from './vectors.ts';
import { loadWasm } from './wasm.ts';

/** The known back-ends, fastest first. */
export type BackendName = 'libsecp256k1' | 'secp256k1' | 'wasm' | 'noble';

/** BIP-340 on 32-byte messages. */
export type Backend = {
  readonly name: BackendName;
  /** Whether the signature of the 128-byte record at `offset` (id | pubkey | sig) verifies. */
  readonly verify: (records: Uint8Array, offset: number) => boolean;
  /**
   * 64 bytes that depend on nothing but the message and the key (zero auxiliary randomness).
   * Throws when the message or the key is not 32 bytes, or the key is zero or not below the order.
   */
  readonly sign: (message: Uint8Array, secretKey: Uint8Array) => Uint8Array;
};

/** A back-end that may be had: `load` rejects, with a reason for people, where it cannot. */
export type Candidate = {
  readonly name: BackendName;
  readonly load: () => Promise<Backend>;
};

/** The back-end in use, how many vectors it passed, and why the faster ones were passed over. */
export type Choice = {
  readonly backend: Backend;
  readonly passed: number;
  readonly skipped: readonly { readonly name: BackendName; readonly reason: string }[];
};

/** Fastest first. */
export const CANDIDATES: readonly Candidate[] = [
  { name: 'libsecp256k1', load: loadLibsecp256k1 },
  { name: 'secp256k1', load: loadSecp256k1 },
  { name: 'wasm', load: loadWasm },
  { name: 'noble', load: async () => noble },
];

const choices = new Map<BackendName | undefined, Promise<Choice>>();

/**
 * The first back-end, or the forced one, that loads and passes the BIP-340 vectors on this machine.
 * Rejects when none does. Asked again in the same thread, it gives the same answer at no cost.
 */
export function chooseBackend(forced?: BackendName): Promise<Choice> {
  const known = choices.get(forced);
  if (known !== undefined) return known;

  const isAllowed = ({ name }: Candidate): boolean => forced === undefined || name === forced;
  const choice = chooseFrom(CANDIDATES.filter(isAllowed));
  choices.set(forced, choice);
  return choice;
}

/** The first of the candidates that loads and passes. Rejects when none does. */
export async function chooseFrom(candidates: readonly Candidate[]): Promise<Choice> {
  const skipped: { name: BackendName; reason: string }[] = [];
  for (const { name, load } of candidates) {
    try {
      const backend = await load();
      selfTest(backend);
      return { backend, passed: VECTORS.length, skipped };
    } catch (error) {
      skipped.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const reasons = skipped.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  throw new Error(`no signature back-end can be used: ${reasons}`);
}
