/**
 * Signatures by the system's libsecp256k1, called through koffi: fastest, and nothing to compile.
 *
 * Both are optional: koffi is a package, the library comes with the system (Debian:
 * libsecp256k1-1 or -2). The functions used are the same in every version since 0.2. Native code
 * reads as many bytes as it expects, so every length is certain before a call.
 */
import type { LibraryHandle } from 'koffi';
import type { Backend } from './backend.ts';
import { NO_AUX_RAND } from './noble.ts';
import { recordAt } from './record.ts';

/** Newest first; the number changes when anything is removed, which was never what we use. */
const LIBRARIES: readonly string[] = [
  'libsecp256k1.so.6',
  'libsecp256k1.so.5',
  'libsecp256k1.so.2',
  'libsecp256k1.so.1',
  'libsecp256k1.dylib',
  '/opt/homebrew/lib/libsecp256k1.dylib',
];

const CONTEXT_NONE = 1;
const XONLY_PUBKEY_BYTES = 64;
const KEYPAIR_BYTES = 96;

/** A C function, 1 for success; `context` is a pointer, the arguments are as its prototype says. */
type Native = (context: bigint, ...args: readonly (Uint8Array | number)[]) => number;

/** BIP-340 by the system library. Rejects when the optional package or the library is absent. */
export async function loadLibsecp256k1(): Promise<Backend> {
  const { load } = await import('koffi');
  const library = openLibrary(load);
  const createContext: (flags: number) => bigint = library.func(
    'void *secp256k1_context_create(unsigned int flags)',
  );
  const parsePubkey: Native = library.func(
    'int secp256k1_xonly_pubkey_parse(void *, uint8_t *point, const uint8_t *pubkey)',
  );
  const verify: Native = library.func(
    'int secp256k1_schnorrsig_verify' +
      '(void *, const uint8_t *sig, const uint8_t *msg, size_t bytes, const uint8_t *point)',
  );
  const createKeypair: Native = library.func(
    'int secp256k1_keypair_create(void *, uint8_t *keypair, const uint8_t *seckey)',
  );
  const sign: Native = library.func(
    'int secp256k1_schnorrsig_sign32' +
      '(void *, uint8_t *sig, const uint8_t *msg, const uint8_t *keypair, const uint8_t *aux)',
  );

  const context = createContext(CONTEXT_NONE);
  const point = new Uint8Array(XONLY_PUBKEY_BYTES);
  return {
    name: 'libsecp256k1',
    verify: (records, offset) => {
      const { id, pubkey, sig } = recordAt(records, offset);
      return parsePubkey(context, point, pubkey) === 1 && verify(context, sig, id, 32, point) === 1;
    },
    sign: (message, secretKey) => {
      if (message.length !== 32 || secretKey.length !== 32) throw new RangeError('not 32 bytes');
      const keypair = new Uint8Array(KEYPAIR_BYTES);
      const sig = new Uint8Array(64);
      const isSigned =
        createKeypair(context, keypair, secretKey) === 1 &&
        sign(context, sig, message, keypair, NO_AUX_RAND) === 1;
      keypair.fill(0);
      if (!isSigned) throw new RangeError('the secret key is zero or not below the order');
      return sig;
    },
  };
}

/** The first library that opens. Throws when there is none. */
function openLibrary(load: (path: string) => LibraryHandle): LibraryHandle {
  for (const path of LIBRARIES) {
    try {
      return load(path);
    } catch {
      // The next name may exist; the error below says that none did.
    }
  }
  throw new Error('the system has no libsecp256k1');
}
