/**
 * The script of `/status`: draws the last hour, keeps the page fresh, and signs the request where
 * the page is not for everybody.
 *
 * The signature comes from an extension that holds the operator's key (NIP-07); it is asked again
 * when the relay says that the old one has lapsed.
 */
import uPlot from 'uplot';
import { refresh } from './refresh.ts';

const EVERY_MS = 10_000;
/** A signature serves for a minute (NIP-98). */
const LAPSE_MS = 45_000;
const HEIGHT = 180;

type Column = readonly (number | null)[];
type Curve = {
  readonly title: string;
  readonly lines: readonly (readonly [label: string, column: number, colour: string])[];
  readonly scale: (value: number) => number;
  readonly unit: string;
};

const same = (value: number): number => value;
const CURVES: readonly Curve[] = [
  {
    title: 'Events a second',
    lines: [
      ['stored', 1, '--past'],
      ['refused', 2, '--bad'],
    ],
    scale: same,
    unit: '/s',
  },
  {
    title: 'From event to answer',
    lines: [
      ['median', 3, '--now'],
      ['99th percentile', 4, '--next'],
    ],
    scale: same,
    unit: ' ms',
  },
  {
    title: 'On disk',
    lines: [
      ['database', 5, '--now'],
      ['write-ahead log', 6, '--next'],
    ],
    scale: (value) => value / 1_048_576,
    unit: ' MiB',
  },
  {
    title: 'Waiting',
    lines: [
      ['events', 7, '--now'],
      ['signatures', 8, '--next'],
    ],
    scale: same,
    unit: '',
  },
  {
    title: 'Readers',
    lines: [
      ['connections', 9, '--now'],
      ['followers', 10, '--past'],
    ],
    scale: same,
    unit: '',
  },
  {
    title: 'Main thread',
    lines: [['busy', 11, '--now']],
    scale: (value) => value * 100,
    unit: ' %',
  },
];

/** A colour of the stylesheet as a canvas takes it: light or dark is decided by then. */
const probe = document.createElement('i');
function colour(name: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

const clock = (seconds: number): string => new Date(seconds * 1_000).toTimeString().slice(0, 8);

function draw(box: HTMLElement, columns: readonly Column[]): readonly (() => void)[] {
  box.replaceChildren();
  return CURVES.map((curve) => {
    const panel = document.createElement('section');
    const title = document.createElement('h2');
    panel.className = 'panel curve';
    title.textContent = curve.title;
    panel.append(title);
    box.append(panel);
    const plot = new uPlot(optionsOf(curve, panel), dataOf(curve, columns), panel);
    new ResizeObserver(() => plot.setSize(sizeOf(panel))).observe(panel);
    return () => plot.setData(dataOf(curve, latest()));
  });
}

function sizeOf(panel: HTMLElement) {
  const { paddingLeft, paddingRight } = getComputedStyle(panel);
  const inner =
    panel.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
  return { width: Math.max(200, Math.floor(inner)), height: HEIGHT };
}

function optionsOf({ lines, unit }: Curve, panel: HTMLElement): uPlot.Options {
  const axis = { stroke: () => colour('--soft'), grid: { stroke: () => colour('--line') } };
  const said = (value: number | null): string =>
    value === null ? '–' : `${rounded(value)}${unit}`;
  return {
    ...sizeOf(panel),
    legend: { live: true },
    cursor: { y: false },
    scales: { y: { range: (_, __, high) => [0, Math.max(high * 1.1, 0.1)] } },
    axes: [
      { ...axis, space: 80, values: (_, ticks) => ticks.map((tick) => clock(tick)) },
      { ...axis, size: 76, values: (_, ticks) => ticks.map((tick) => said(tick)) },
    ],
    series: [
      { label: 'time', value: (_, value) => (value === null ? '–' : clock(value)) },
      ...lines.map(([label, , name]) => ({
        label,
        stroke: () => colour(name),
        width: 2,
        spanGaps: false,
        value: (_: uPlot, value: number | null) => said(value),
      })),
    ],
  };
}

const rounded = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: value < 100 ? 3 : 6 });

function dataOf({ lines, scale }: Curve, columns: readonly Column[]): uPlot.AlignedData {
  const [times = []] = columns;
  const values = lines.map(([, column]) =>
    (columns[column] ?? []).map((value) => (value === null ? null : scale(value))),
  );
  return [times.map((time) => time ?? 0), ...values];
}

/** The samples that the page came with. */
function latest(): readonly Column[] {
  const text = document.querySelector<HTMLElement>('[data-samples]')?.dataset['samples'] ?? '[]';
  return JSON.parse(text) as readonly Column[];
}

/** What an extension that holds a key offers (NIP-07). */
type Signer = { readonly signEvent: (event: object) => Promise<object> };

async function signed(signer: Signer, url: string): Promise<string> {
  const tags = [
    ['u', url],
    ['method', 'GET'],
  ];
  const created_at = Math.floor(Date.now() / 1_000);
  const event = await signer.signEvent({ kind: 27_235, created_at, tags, content: '' });
  return `Nostr ${btoa(JSON.stringify(event))}`;
}

/** Offers to sign in; resolves with the header once the page is open. */
function offer(url: string): void {
  const button = document.querySelector<HTMLButtonElement>('#sign');
  const why = document.querySelector('#why');
  const { nostr } = window as { readonly nostr?: Signer };
  if (!button || !why) return;
  if (nostr === undefined) {
    why.textContent = 'To sign in, your browser needs an extension that holds your key (NIP-07).';
    return;
  }
  button.hidden = false;
  button.addEventListener('click', () => {
    const enter = async (): Promise<void> => {
      const header = await signed(nostr, url);
      const answer = await fetch(location.href, { headers: { Authorization: header } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const main = page.querySelector<HTMLElement>('main');
      if (main?.dataset['status'] === undefined) {
        why.textContent = page.querySelector('#why')?.textContent ?? 'It was refused.';
        return;
      }
      document.querySelector('main')?.replaceWith(document.importNode(main, true));
      show(lasting(header, () => signed(nostr, url)));
    };
    enter().catch((fault: Error) => {
      why.textContent = fault.message;
    });
  });
}

/** A header, and another one when it is about to lapse. */
function lasting(first: string, next: () => Promise<string>): () => Promise<string> {
  let header = first;
  let signedMs = performance.now();
  return async () => {
    if (performance.now() - signedMs > LAPSE_MS) {
      header = await next();
      signedMs = performance.now();
    }
    return header;
  };
}

function show(authorization?: () => Promise<string>): void {
  const box = document.querySelector<HTMLElement>('#curves');
  if (box === null) return;
  const redraws = draw(box, latest());
  const look = async (): Promise<void> => {
    if (document.hidden) return;
    const headers = authorization ? { Authorization: await authorization() } : {};
    if (await refresh(location.href, headers)) for (const redraw of redraws) redraw();
  };
  const again = (): void => void look().finally(() => setTimeout(again, EVERY_MS));
  setTimeout(again, EVERY_MS);
}

const closed = document.querySelector<HTMLElement>('main')?.dataset['closed'];
if (closed === undefined) show();
else offer(closed);
