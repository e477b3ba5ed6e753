/**
 * A machine whose state is long to tell, for tests of readers who do not keep up: few steps fill
 * every buffer on the way. It takes `GO` as often as somebody sends it.
 */

const REGIONS = 16;
const DEPTH = 4;

const nested = (depth: number): object => {
  if (depth === 0) return {};
  const key = `${depth}`.padStart(128, 's');
  return { initial: key, states: { [key]: nested(depth - 1) } };
};

const regions = Array.from({ length: REGIONS }, (_, i) => [
  `${i}`.padStart(120, 'r'),
  nested(DEPTH),
]);

/** The content of its definition; its value is about 8 kB of JSON. */
export const WIDE: object = {
  type: 'parallel',
  context: { n: 0 },
  on: { GO: { actions: 'count' } },
  meta: { nsm: { v: 1, actions: { count: [{ inc: ['n', 1] }] } } },
  states: Object.fromEntries(regions),
};
