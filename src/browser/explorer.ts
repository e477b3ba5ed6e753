/**
 * The script of all pages: what is live, what is copied, what is a slider. Pages are complete
 * without it.
 *
 * A page is never made here. When something moved, the page is fetched again and its parts are put
 * in place of the old ones, so there is one place that says what a page looks like: the server.
 */
import { addCopyButtons } from './copy.ts';
import { follow } from './follow.ts';
import { refresh } from './refresh.ts';
import { makeSlider } from './slider.ts';
import { makeVerifier } from './verify-button.ts';

const main = document.querySelector<HTMLElement>('main');

/** What parts need that were put in place: once each, however often they are. */
function enliven(): void {
  addCopyButtons();
  makeSlider(show);
  const { machine } = main?.dataset ?? {};
  if (machine !== undefined) makeVerifier(machine);
}

async function show(): Promise<void> {
  await refresh(location.href);
  enliven();
}

/** Fetches a page again and again while somebody looks at it. */
function keepFresh(seconds: number): void {
  const again = async (): Promise<void> => {
    if (!document.hidden) await show();
    setTimeout(again, seconds * 1_000);
  };
  setTimeout(again, seconds * 1_000);
}

/** Where a chart is wider than the window, what is active is in the middle. */
function centreChart(): void {
  const box = document.querySelector<HTMLElement>('.chartbox');
  const active = box?.querySelector('g.active:not(.compound, .parallel)') ?? null;
  if (!box || !active || box.scrollWidth <= box.clientWidth) return;
  const { left, width } = active.getBoundingClientRect();
  const middle = left + width / 2 - box.getBoundingClientRect().left;
  box.scrollLeft += middle - box.clientWidth / 2;
}

enliven();
centreChart();
if (main?.dataset['refresh']) keepFresh(Number(main.dataset['refresh']));
if (main?.dataset['machine']) follow(main, show);
