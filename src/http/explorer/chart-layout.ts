/**
 * Where boxes and arrows of charts stand, worked out in a thread with bounds on memory and time.
 *
 * Definitions do not change, so a layout is made once for each and kept while there is room; what
 * could not be laid out is remembered as that. One at a time, few may wait: a chart is never worth
 * what the relay itself needs.
 */
import type { Worker } from 'node:worker_threads';
import type { ElkEdgeSection, ElkNode } from 'elkjs/lib/elk-api.js';
import { startWorker } from '../../worker.ts';
import { elkGraph } from './chart-elk.ts';
import { CHART_MAX, type ChartGraph } from './chart-graph.ts';

/** A box with its corner and size, in pixels of the whole chart. */
export type PlacedBox = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** An arrow: the points it bends at, and the corner of its label. */
export type PlacedEdge = {
  readonly id: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly label: PlacedBox | null;
};

/** A chart whose parts have their places: boxes by the path of their state. */
export type Layout = {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, PlacedBox>;
  readonly edges: readonly PlacedEdge[];
};

/** Bounds on one layout, on those that wait for theirs, and on those that are kept. */
export const LAYOUT_LIMITS = {
  ...{ milliseconds: 5_000, heapMb: 192, waiting: 16, kept: 256 },
  /** How long the thread stays without work. */
  idleMilliseconds: 20_000,
} as const;

/** Lays out charts by the id of their machine. */
export type ChartLayouts = {
  /** Null where a chart is too large, took too long, or too many wait. */
  readonly of: (machine: string, graph: ChartGraph) => Promise<Layout | null>;
};

/** Layouts whose thread is started by the first, and ends when it has nothing to do. */
export function createChartLayouts(): ChartLayouts {
  const kept = new Map<string, Promise<Layout | null>>();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  const drop = () => {
    void worker?.terminate();
    worker = undefined;
  };

  const run = async (graph: ChartGraph): Promise<Layout | null> => {
    clearTimeout(idle);
    worker ??= start();
    const placed = await ask(worker, elkGraph(graph));
    if (placed === null) drop();
    idle = setTimeout(drop, LAYOUT_LIMITS.idleMilliseconds).unref();
    return placed && layoutOf(placed);
  };

  return {
    of: (machine, graph) => {
      const known = kept.get(machine);
      if (known !== undefined) return known;
      const isLarge = graph.nodes.length > CHART_MAX.nodes || graph.edges.length > CHART_MAX.edges;
      if (isLarge || waiting >= LAYOUT_LIMITS.waiting) return Promise.resolve(null);
      waiting++;
      const made = last.then(() => run(graph)).finally(() => waiting--);
      last = made.catch(() => {});
      kept.set(machine, made);
      const [oldest] = kept.keys();
      if (kept.size > LAYOUT_LIMITS.kept && oldest !== undefined) kept.delete(oldest);
      return made;
    },
  };
}

function start(): Worker {
  const worker = startWorker(new URL('./chart-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: LAYOUT_LIMITS.heapMb },
  });
  // That it ended is told by its exit; what it ran out of does not matter here.
  worker.on('error', () => {});
  worker.unref();
  return worker;
}

/** What the thread makes of a graph; null when it fails, dies or takes too long. */
function ask(worker: Worker, graph: ElkNode): Promise<ElkNode | null> {
  return new Promise((resolve) => {
    const end = (placed: ElkNode | null) => {
      clearTimeout(timer);
      worker.off('message', hear).off('exit', fail);
      resolve(placed);
    };
    const fail = () => end(null);
    const hear = (message: ElkNode | null | 'ready') => {
      if (message !== 'ready') end(message);
    };
    const timer = setTimeout(fail, LAYOUT_LIMITS.milliseconds);
    worker.on('message', hear).on('exit', fail);
    worker.postMessage(graph);
  });
}

function layoutOf(placed: ElkNode): Layout {
  const boxes = new Map<string, PlacedBox>();
  const edges: PlacedEdge[] = [];
  const visit = (node: ElkNode, left: number, top: number) => {
    const x = left + (node.x ?? 0);
    const y = top + (node.y ?? 0);
    boxes.set(node.id, { x, y, width: node.width ?? 0, height: node.height ?? 0 });
    for (const child of node.children ?? []) visit(child, x, y);
  };
  visit(placed, 0, 0);
  for (const { id, sections = [], labels = [] } of placed.edges ?? []) {
    const [label] = labels;
    const { x = 0, y = 0, width = 0, height = 0 } = label ?? {};
    edges.push({ id, points: pointsOf(sections), label: label ? { x, y, width, height } : null });
  }
  return { width: placed.width ?? 0, height: placed.height ?? 0, boxes, edges };
}

function pointsOf(sections: readonly ElkEdgeSection[]) {
  return sections
    .flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
    .map(({ x, y }) => [x, y] as const);
}
