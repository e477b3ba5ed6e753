/**
 * What a process holds in its heap when everything that could be collected was, told by the
 * inspector of `node --inspect`.
 */

import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';

/** The heap of a process. */
export type Heap = {
  /** Collects garbage and resolves with the bytes in use. */
  readonly used: () => Promise<number>;
  readonly close: () => void;
};

/** Finds the inspector of a process by what node says on its stderr. */
export async function heapOf(stderr: Readable): Promise<Heap> {
  let said = '';
  let address: string | undefined;
  while (address === undefined) {
    const [chunk] = await once(stderr, 'data');
    said += chunk;
    address = /listening on (ws:\S+)/.exec(said)?.[1];
  }
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, 'open');
  let asked = 0;
  const call = async (method: string): Promise<{ readonly usedSize?: number }> => {
    const id = ++asked;
    socket.send(JSON.stringify({ id, method }));
    for (;;) {
      const [data] = await once(socket, 'message');
      const answer = JSON.parse(String(data));
      if (answer.id === id) return answer.result ?? {};
    }
  };
  return {
    used: async () => {
      await call('HeapProfiler.collectGarbage');
      const { usedSize = 0 } = await call('Runtime.getHeapUsage');
      return usedSize;
    },
    close: () => socket.close(),
  };
}
