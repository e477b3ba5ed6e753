/**
 * What is wrong with where things are on a page, found in the browser by measuring.
 *
 * Each function runs in the page, so it holds nothing of this file.
 */

/** What reaches beyond the right edge of the window or of its panel, as a description of each. */
export function overflowing(): readonly string[] {
  const out = [...document.querySelectorAll('.panel')].flatMap((panel) => {
    const { right } = panel.getBoundingClientRect();
    const inside = [...panel.querySelectorAll('*')].filter(
      (element) =>
        element.getBoundingClientRect().right > right &&
        !element.closest('.scroll, .trail li, pre'),
    );
    return inside.slice(0, 2).map((element) => element.outerHTML.slice(0, 120));
  });
  if (out.length > 0) return out;
  const wide = document.documentElement.scrollWidth;
  if (wide <= window.innerWidth) return [];
  const beyond = [...document.querySelectorAll('body *')].filter((element) => {
    const { right, width } = element.getBoundingClientRect();
    return width > 0 && right > window.innerWidth && !element.closest('.scroll, pre, .skip');
  });
  return [`${wide} px`, ...beyond.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
}

/** Pairs of texts of a chart that touch, and texts that leave the chart or their state. */
export function chartFaults(): readonly string[] {
  const svg = document.querySelector('svg.chart');
  if (svg === null) return ['there is no chart'];
  const chart = svg.getBoundingClientRect();
  const slack = 0.5;
  const isWithin = (inner: DOMRect, outer: DOMRect): boolean =>
    inner.left >= outer.left - slack &&
    inner.right <= outer.right + slack &&
    inner.top >= outer.top - slack &&
    inner.bottom <= outer.bottom + slack;
  const touch = (a: DOMRect, b: DOMRect): boolean =>
    a.left < b.right - slack &&
    b.left < a.right - slack &&
    a.top < b.bottom - slack &&
    b.top < a.bottom - slack;
  const texts = [...svg.querySelectorAll('text')].map((text) => ({
    text: text.textContent ?? '',
    box: text.getBoundingClientRect(),
    own: text.closest('g.state')?.querySelector('rect')?.getBoundingClientRect(),
  }));
  const states = [...svg.querySelectorAll('g.state')].flatMap((state) => {
    const isLeaf = !state.matches('.compound, .parallel');
    const rect = state.querySelector('rect');
    return isLeaf && rect ? [{ state, box: rect.getBoundingClientRect() }] : [];
  });
  const outside = texts.filter(({ box, own }) => !isWithin(box, own ?? chart));
  const pairs = texts.flatMap((a, i) =>
    texts.slice(i + 1).flatMap((b) => (touch(a.box, b.box) ? [`${a.text} on ${b.text}`] : [])),
  );
  const covered = texts.filter(
    ({ own, box }) => own === undefined && states.some((state) => touch(state.box, box)),
  );
  return [
    ...outside.map(({ text }) => `${text} is outside`),
    ...pairs,
    ...covered.map(({ text }) => `${text} lies on a state`),
  ];
}
