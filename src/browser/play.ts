/**
 * The script of `/play/{example}`: tells the story step by step, or lets the visitor send what he
 * likes, and shows the verdicts.
 *
 * Chart and state are those of the machine's own page.
 */
import { type Example, newGame } from './game.ts';
import { type Move, showMoves } from './moves.ts';

const main = document.querySelector<HTMLElement>('main[data-example]');
if (main) void begin(main);

async function begin({ dataset }: HTMLElement): Promise<void> {
  const answer = await fetch(`/play/${dataset['example']}/example`);
  const game = newGame((await answer.json()) as Example);
  const list = element('#story');
  const lines = [...list.querySelectorAll('li')];
  const button = element<HTMLButtonElement>('#step');
  let at = 0;

  const act = async (line: HTMLElement, doing: () => Promise<Said>): Promise<void> => {
    setDisabled(true);
    await tell(line, doing);
    await showMachine(game.machine());
    showMoves(game, (move) => void send(move));
    setDisabled(false);
    button.disabled = at >= game.steps.length;
  };
  const send = ({ by, type, payload }: Move): Promise<void> => {
    const line = document.createElement('li');
    line.append(sentence(by, type));
    list.insertBefore(line, lines[at] ?? null);
    return act(line, async () => {
      const step = { by, type, expect: 'ok' as const, ...dataOf(payload) };
      return okText(await game.play(step));
    });
  };

  button.hidden = false;
  button.addEventListener('click', () => {
    const [step, line] = [game.steps[at], lines[at]];
    if (!step || !line) return;
    at++;
    button.textContent = at < game.steps.length ? 'Next step' : 'The end';
    element('#again').hidden = false;
    void act(line, async () => {
      const said = await game.play(step);
      return 'state' in step ? said : okText(said);
    });
  });
  element('#again').addEventListener('click', () => location.reload());
}

/** What a line of the story ends with. */
type Said = { readonly accepted: boolean; readonly message: string };

const okText = ({ accepted, message }: Said): Said => ({
  accepted,
  message: `OK ${accepted} ${message}`.trimEnd(),
});

/** Does what a line says, and writes down what came of it. */
async function tell(line: HTMLElement, doing: () => Promise<Said>): Promise<void> {
  for (const each of document.querySelectorAll('#story > li')) each.removeAttribute('aria-current');
  line.setAttribute('aria-current', 'step');
  const { accepted, message } = await doing().catch((fault: Error) => ({
    accepted: false,
    message: fault.message,
  }));
  const said = document.createElement('p');
  said.className = `verdict-line ${accepted ? 'yes' : 'no'}`;
  said.textContent = message;
  line.append(said);
  line.dataset['done'] = '';
  line.scrollIntoView({ block: 'nearest' });
}

function sentence(by: string, type: string): HTMLElement {
  const text = document.createElement('p');
  const who = document.createElement('span');
  const what = document.createElement('code');
  who.className = 'who';
  what.className = 'event';
  who.textContent = by;
  what.textContent = type;
  text.append(who, ' sends ', what);
  return text;
}

/** A payload as a visitor wrote it; throws when it is not JSON. */
function dataOf(payload: string): { readonly data?: never } {
  return payload.trim() === '' ? {} : { data: JSON.parse(payload) as never };
}

/** State and chart, from the page of the machine. */
async function showMachine(id: string | undefined): Promise<void> {
  if (id === undefined) return;
  const link = element<HTMLAnchorElement>('#machine');
  link.href = `/machines/${id}`;
  link.hidden = false;
  const answer = await fetch(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  place('#state', page.querySelector('p.state'));
  place('#chart', ...(page.querySelector('[data-part=chart]')?.children ?? []));
}

function place(selector: string, ...nodes: (Element | null)[]): void {
  const box = element(selector);
  const found = nodes.filter((node) => node !== null);
  box.replaceChildren(...found.map((node) => document.importNode(node, true)));
  box.hidden = false;
}

function setDisabled(isDisabled: boolean): void {
  for (const button of document.querySelectorAll('button')) button.disabled = isDisabled;
}

function element<Kind extends HTMLElement>(selector: string): Kind {
  const found = document.querySelector<Kind>(selector);
  if (found === null) throw new Error(`${selector} is missing`);
  return found;
}
