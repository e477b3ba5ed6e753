/**
 * Buttons for everything that can be sent now, by each part of a play, and the time of the story.
 */
import type { Game, Part } from './game.ts';

/** What a visitor chose to send. */
export type Move = { readonly by: string; readonly type: string; readonly payload: string };

const WAITS: readonly (readonly [label: string, seconds: number])[] = [
  ['+1 min', 60],
  ['+1 h', 3_600],
  ['+1 d', 86_400],
];

/** Shows what can be sent in a play; `send` is called with what is chosen. */
export function showMoves(game: Game, send: (move: Move) => void): void {
  const panel = document.querySelector<HTMLElement>('#parts');
  const payload = document.querySelector<HTMLTextAreaElement>('#payload');
  const list = panel?.querySelector('.parts');
  if (!panel || !payload || !list) return;
  panel.hidden = game.machine() === undefined;
  const choose = (by: string, type: string): void => {
    const usual = game.payloadFor(by, type);
    if (payload.value === '' && usual !== '') payload.value = usual;
    send({ by, type, payload: payload.value });
    payload.value = '';
  };
  list.replaceChildren(...game.parts().map((part) => partRow(part, choose)));
  showClock(panel, game, () => showMoves(game, send));
}

function partRow({ name, next }: Part, choose: (by: string, type: string) => void): HTMLElement {
  const row = document.createElement('div');
  const title = document.createElement('b');
  const moves = document.createElement('div');
  title.textContent = name;
  moves.className = 'moves';
  for (const { type, enabled, guards } of next) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = enabled;
    button.textContent = enabled === 'no' ? `${type} ✗` : type;
    button.title = titleOf(enabled, guards);
    button.addEventListener('click', () => choose(name, type));
    moves.append(button);
  }
  if (next.length === 0) moves.append('nothing');
  row.append(title, moves);
  return row;
}

function titleOf(enabled: string, guards: readonly string[]): string {
  if (enabled === 'yes') return 'will be taken';
  const rule = guards.join(', ');
  return enabled === 'no' ? `will be refused: ${rule}` : `depends on the payload: ${rule}`;
}

function showClock(panel: HTMLElement, game: Game, changed: () => void): void {
  const clock = panel.querySelector('#clock');
  if (clock === null) return;
  const time = document.createElement('span');
  time.className = 'soft';
  const iso = new Date(game.clock() * 1_000).toISOString();
  time.textContent = `In the story it is ${iso.slice(0, 16).replace('T', ' ')}.`;
  const buttons = WAITS.map(([label, seconds]) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.addEventListener('click', () => {
      game.wait(seconds);
      changed();
    });
    return button;
  });
  clock.replaceChildren(time, ...buttons);
}
