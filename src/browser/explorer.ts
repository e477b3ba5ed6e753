/**
 * The script of all pages: what is live, what is copied, what is a slider. Pages are complete
 * without it.
 *
 * A page is never made here. When something moved, the page is fetched again and its parts are put
 * in place of the old ones, so there is one place that says what a page looks like: the server.
 */

const POLL_MS = 2_000;
const main = document.querySelector<HTMLElement>('main');

for (const text of document.querySelectorAll<HTMLElement>('pre.copy')) addCopyButton(text);
if (main?.dataset['refresh']) keepFresh(Number(main.dataset['refresh']));
if (main?.dataset['machine']) {
  follow(main);
  makeSlider();
  makeVerifier(main);
}

function addCopyButton(text: HTMLElement): void {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', () => {
    void navigator.clipboard.writeText(text.textContent ?? '').then(
      () => note('Copied.'),
      () => getSelection()?.selectAllChildren(text),
    );
    const note = (says: string) => {
      button.textContent = says;
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1_500);
    };
  });
  text.after(button);
}

/** Fetches a page again and again while somebody looks at it. */
function keepFresh(seconds: number): void {
  const again = async (): Promise<void> => {
    if (!document.hidden) await refresh(location.href);
    setTimeout(again, seconds * 1_000);
  };
  setTimeout(again, seconds * 1_000);
}

/** Follows a machine: by server-sent events, and by asking where there are none. */
function follow(shown: HTMLElement): void {
  const { machine = '' } = shown.dataset;
  const path = `/api/v1/machines/${machine}`;
  let tag = '';
  let isBusy = false;
  let isStale = false;
  const look = async (): Promise<void> => {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    while (isStale) {
      isStale = false;
      await refresh(location.href);
    }
    isBusy = false;
  };
  const poll = async (): Promise<void> => {
    const headers: HeadersInit = tag === '' ? {} : { 'If-None-Match': tag };
    const answer = await fetch(`${path}/state`, { headers }).catch(() => undefined);
    const now = answer?.headers.get('etag') ?? tag;
    if (answer?.status === 200 && tag !== '' && now !== tag) await look();
    tag = now;
    setTimeout(poll, POLL_MS);
  };
  const source = new EventSource(`${path}/events`);
  for (const name of ['head', 'fork', 'snapshot', 'refusal', 'frozen']) {
    source.addEventListener(name, () => void look());
  }
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) void poll();
  });
}

/** Fetches a page and puts its parts in place of those that are shown. */
async function refresh(url: string): Promise<void> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok || main === null) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = fresh.querySelector<HTMLElement>('main');
  if (next === null) return;
  const { head: before = '' } = main.dataset;
  const open = [...main.querySelectorAll('details')].map((details) => details.open);
  for (const part of next.querySelectorAll<HTMLElement>('[data-part]')) replacePart(part);
  main.querySelectorAll('details').forEach((details, i) => {
    details.open = open[i] ?? false;
  });
  const { head = '', revision = '' } = next.dataset;
  Object.assign(main.dataset, { head, revision });
  if (head !== before) tellNews(before);
  makeSlider();
  if (main.dataset['machine']) makeVerifier(main);
}

function replacePart(part: HTMLElement): void {
  const old = main?.querySelector<HTMLElement>(`[data-part="${part.dataset['part']}"]`);
  if (!old || old.outerHTML === part.outerHTML) return;
  // Whoever holds the slider keeps it; what is beside it is told anew.
  const slider = old.querySelector<HTMLInputElement>('input[type=range]');
  if (slider && slider === document.activeElement) {
    const fresh = part.querySelector<HTMLInputElement>('input[type=range]');
    slider.max = fresh?.max ?? slider.max;
    old.querySelector('.steps')?.replaceWith(part.querySelector('.steps') ?? '');
    return;
  }
  old.replaceWith(document.importNode(part, true));
}

/** Says what moved. A head that is not on the path any more was taken back: a reorganisation. */
function tellNews(before: string): void {
  const news = document.querySelector('#news');
  if (news === null) return;
  const isLost = document.querySelector(`.trail .side[data-id="${before}"]`) !== null;
  const state = document.querySelector('code.now')?.textContent ?? '';
  news.className = isLost ? 'reorganised' : 'moved';
  news.textContent = isLost
    ? `Reorganised: another branch won. Now ${state}.`
    : `Moved. Now ${state}.`;
}

/** A slider shows each height as it passes it, the last one for good. */
function makeSlider(): void {
  const form = document.querySelector<HTMLFormElement>('#travel');
  const slider = form?.querySelector<HTMLInputElement>('input[type=range]');
  if (!form || !slider || form.dataset['live'] !== undefined) return;
  form.dataset['live'] = '';
  form.querySelector('button')?.setAttribute('hidden', '');
  let isBusy = false;
  const show = async (): Promise<void> => {
    const output = form.querySelector('output');
    if (output) output.textContent = slider.value;
    if (isBusy) return;
    isBusy = true;
    const asked = slider.value;
    const isLast = asked === slider.max;
    history.replaceState(null, '', isLast ? form.action : `${form.action}?height=${asked}`);
    await refresh(location.href);
    isBusy = false;
    if (slider.isConnected && slider.value !== asked) await show();
  };
  slider.addEventListener('input', () => void show());
}

type Report = { readonly verdict: string; readonly [member: string]: unknown };

/** A button that checks the proof in a thread of this browser. */
function makeVerifier({ dataset }: HTMLElement): void {
  const button = document.querySelector<HTMLButtonElement>('#verify');
  const result = document.querySelector<HTMLElement>('#verified');
  if (!button?.hidden || !result) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    button.disabled = true;
    result.className = '';
    const worker = new Worker('/assets/verifier.js', { type: 'module' });
    const end = (says: string, verdict: string) => {
      worker.terminate();
      button.disabled = false;
      result.className = verdict;
      result.textContent = says;
    };
    worker.addEventListener('message', ({ data }: MessageEvent<string | Report>) => {
      if (typeof data === 'string') result.textContent = data;
      else end(told(data), data.verdict);
    });
    worker.addEventListener('error', () => end('The verifier could not be started.', 'invalid'));
    worker.postMessage(`/api/v1/machines/${dataset['machine']}/proof`);
  });
}

function told(report: Report): string {
  const { verdict, height, hash, line, id, problem, says, finality, events, shown } = report;
  if (verdict === 'valid') {
    const same = hash === shown ? 'the hash that this relay states' : 'ANOTHER hash than it states';
    return `Valid: ${events} events checked, replayed to height ${height} (${finality}), ${same}: ${hash}`;
  }
  if (verdict === 'unknown-rules') return `Not checked: ${says}`;
  return `Invalid: line ${line}, event ${id}: ${problem}: ${says}`;
}
