/**
 * Follows a machine by server-sent events, and shows it again when something happened to it.
 *
 * The stream says that there is news and in a line what; the page says the rest. A browser comes
 * back by itself when a stream breaks off, and is told what it missed.
 */

/** The data of an event, as far as it is told here. */
type Notice = {
  readonly head: string | null;
  readonly height: number;
  readonly status: string;
  readonly reorganised?: boolean;
  readonly type?: string;
  readonly frozen?: { readonly cause: string } | null;
  readonly refusal?: { readonly type: string | null; readonly code: string };
};

const NAMES = ['head', 'fork', 'snapshot', 'refusal', 'frozen'] as const;
type Name = (typeof NAMES)[number];

/** Gentle on a relay that cannot be followed, in milliseconds. */
const AGAIN_MS = 10_000;
const NEWS_MAX = 3;

/** Keeps a page about a machine up to date. */
export function follow({ dataset }: HTMLElement, show: () => Promise<void>): void {
  const look = oneAtATime(show);
  const hear = (name: Name, notice: Notice): void => {
    const told = tell(name, notice);
    void look().then(() => {
      if (told !== undefined) addNews(told);
    });
  };
  const listen = (): void => {
    const source = new EventSource(`/api/v1/machines/${dataset['machine']}/events`);
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }) => hear(name, JSON.parse(data) as Notice));
    }
    source.addEventListener('open', () => {
      document.body.dataset['live'] = '';
    });
    source.addEventListener('dropped', () => source.close());
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
    });
  };
  listen();
}

type Told = { readonly kind: string; readonly says: string };

/** Puts a line above those before it, of which few stay. */
function addNews({ kind, says }: Told): void {
  const line = document.createElement('p');
  line.className = kind;
  line.textContent = says;
  const news = document.querySelector('#news');
  news?.prepend(line);
  while (news?.children[NEWS_MAX]) news.children[NEWS_MAX].remove();
}

/** What happened, in a line; undefined for what the page itself shows. */
function tell(name: Name, notice: Notice): Told | undefined {
  const { height, type, refusal } = notice;
  // The head that a reorganisation leads to is told of as that, not as another step.
  if (name === 'head' && notice.reorganised) return undefined;
  if (name === 'head')
    return { kind: 'moved', says: `${type ?? 'Moved'}: now at height ${height}.` };
  if (name === 'refusal' && refusal) {
    const what = refusal.type ?? 'An event';
    return { kind: 'refused', says: `${what} was refused: ${refusal.code}. Nothing changed.` };
  }
  if (name === 'fork' && notice.reorganised) {
    const says = `Reorganised: another branch won, and the path is another one up to ${height}.`;
    return { kind: 'reorganised', says };
  }
  if (name === 'fork')
    return { kind: 'moved', says: `${type ?? 'A transition'} came beside the path.` };
  if (name === 'snapshot') return { kind: 'moved', says: 'A custodian signed a snapshot.' };
  const { frozen } = notice;
  if (!frozen) return { kind: 'moved', says: 'The machine is not frozen any more.' };
  return { kind: 'frozen', says: `The machine was frozen: ${frozen.cause}.` };
}

/** Runs work once more after it has ended if it was asked for meanwhile, however often. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isAskedAgain = false;
  const run = async (): Promise<void> => {
    do {
      isAskedAgain = false;
      await work();
    } while (isAskedAgain);
    running = undefined;
  };
  return () => {
    isAskedAgain = running !== undefined;
    running ??= run();
    return running;
  };
}
