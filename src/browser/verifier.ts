/**
 * A thread of a page that checks a proof with `headkeeper/nsm`: ids, signatures, every step again.
 *
 * It is told where the bundle is, says how far it has come, and ends with the report. Nothing the
 * relay says is believed but what can be computed here from signed events.
 */

import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { type NostrEvent, verifyBundle } from '../nsm/index.ts';

const EVERY_MS = 200;

addEventListener('message', ({ data }: MessageEvent<string>) => void check(data));

async function check(url: string): Promise<void> {
  postMessage('Fetching the proof…');
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the proof is not there: ${answer.status}`);
  const text = await answer.text();
  const lines = text.split('\n').filter((line) => line !== '');
  const events = lines.length - 1;
  let checked = 0;
  let told = 0;
  const verify = ({ id, pubkey, sig }: NostrEvent): boolean => {
    checked++;
    if (performance.now() - told > EVERY_MS) {
      told = performance.now();
      postMessage(`Checking: ${checked} of ${events} signatures…`);
    }
    return schnorr.verify(hexToBytes(sig), hexToBytes(id), hexToBytes(pubkey));
  };
  const report = verifyBundle(text, { verify });
  if (report.verdict === 'valid') {
    const { verdict, height, finality, computed } = report;
    const { state_hash: shown } = JSON.parse(lines[0] ?? '{}') as { state_hash?: string };
    postMessage({ verdict, height, finality, events, hash: computed.hash, shown });
  } else if (report.verdict === 'invalid') {
    postMessage({ ...report, id: idOf(lines[report.line - 1] ?? '') });
  } else postMessage(report);
}

/** The id of the event on a line; none on the header's. */
function idOf(line: string): string {
  return /"id":"([0-9a-f]{64})"/.exec(line)?.[1] ?? 'none';
}
