/**
 * Worker entry: gives the boxes and arrows of a chart their places, where it can be killed.
 *
 * The layout is a stranger's definition at work in a large library; memory and time are bounded by
 * whoever starts this thread. It answers each graph with the same graph, placed, or with null.
 */
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { ElkNode } from 'elkjs/lib/elk-api.js';

type Layouter = { readonly layout: (graph: ElkNode) => Promise<ElkNode> };

// The bundled build lays out in this very thread; it is CommonJS, and its types are of no module.
const Elk = createRequire(import.meta.url)('elkjs/lib/elk.bundled.js') as new () => Layouter;
const elk = new Elk();

parentPort?.on('message', (graph: ElkNode) => {
  elk.layout(graph).then(
    (placed) => parentPort?.postMessage(placed),
    () => parentPort?.postMessage(null),
  );
});
parentPort?.postMessage('ready');
