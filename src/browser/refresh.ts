/**
 * Puts the parts of a page fetched anew in place of those that are shown.
 *
 * What a visitor holds is kept: the slider in hand, what is unfolded, where the focus is.
 */

/** Parts as the server made them: what scripts add to them since is no difference. */
const made = new WeakMap<Element, string>();
for (const part of document.querySelectorAll('[data-part]')) made.set(part, part.outerHTML);

/** Fetches a page and takes over its parts; true when it was there. */
export async function refresh(url: string, headers: HeadersInit = {}): Promise<boolean> {
  const main = document.querySelector<HTMLElement>('main');
  const answer = await fetch(url, { headers }).catch(() => undefined);
  if (!answer?.ok || main === null) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = fresh.querySelector<HTMLElement>('main');
  if (next === null) return false;
  const open = [...main.querySelectorAll('details')].map((details) => details.open);
  const known = new Set(idsOf(main));
  for (const part of next.querySelectorAll<HTMLElement>('[data-part]')) replacePart(main, part);
  main.querySelectorAll('details').forEach((details, i) => {
    details.open = open[i] ?? false;
  });
  if (known.size > 0) markFresh(main, known);
  const { head = '', revision = '' } = next.dataset;
  Object.assign(main.dataset, { head, revision });
  return true;
}

function replacePart(main: HTMLElement, part: HTMLElement): void {
  const old = main.querySelector<HTMLElement>(`[data-part="${part.dataset['part']}"]`);
  if (!old || made.get(old) === part.outerHTML) return;
  const slider = old.querySelector<HTMLInputElement>('input[type=range]');
  if (slider && slider === document.activeElement) return updateTravel(old, part, slider);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const placed = document.importNode(part, true);
  made.set(placed, part.outerHTML);
  const left = old.querySelector('.scroll')?.scrollLeft ?? 0;
  old.replaceWith(placed);
  placed.querySelector('.scroll')?.scrollTo({ left });
  const href = focused?.getAttribute('href');
  if (href) placed.querySelector<HTMLElement>(`[href="${CSS.escape(href)}"]`)?.focus();
}

/** Whoever holds the slider keeps it; what is beside it is told anew. */
function updateTravel(old: HTMLElement, part: HTMLElement, slider: HTMLInputElement): void {
  const fresh = part.querySelector<HTMLInputElement>('input[type=range]');
  const where = part.querySelector('.where');
  const steps = part.querySelector('.steps');
  if (fresh) slider.max = fresh.max;
  if (where) old.querySelector('.where')?.replaceWith(where);
  if (steps) old.querySelector('.steps')?.replaceWith(steps);
}

const idsOf = (main: HTMLElement): string[] =>
  [...main.querySelectorAll<HTMLElement>('.trail li')].map((row) => row.dataset['id'] ?? '');

/** Rows of the trail that were not there before are shown as new. */
function markFresh(main: HTMLElement, known: ReadonlySet<string>): void {
  for (const row of main.querySelectorAll<HTMLElement>('.trail li')) {
    if (!known.has(row.dataset['id'] ?? '')) row.classList.add('fresh');
  }
}
