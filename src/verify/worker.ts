/**
 * The thread that verifies: packed records in, one verdict byte a record out, in order.
 *
 * It holds nothing between messages, so that a replacement can be handed the same records again.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type BackendName, chooseBackend } from './backend.ts';
import { verifyRecords } from './record.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
const port = parentPort;
const name: BackendName = workerData.backend;
const { backend } = await chooseBackend(name);

port.on('message', (records: Uint8Array) => {
  const verdicts = verifyRecords(records, backend);
  port.postMessage(verdicts, [verdicts.buffer]);
});
