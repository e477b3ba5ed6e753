/**
 * A slider that shows each height as it passes it, the last one for good.
 */

/** Makes the form of time travel work without its button; `show` shows the address again. */
export function makeSlider(show: () => Promise<void>): void {
  const form = document.querySelector<HTMLFormElement>('#travel');
  const slider = form?.querySelector<HTMLInputElement>('input[type=range]');
  if (!form || !slider || form.dataset['live'] !== undefined) return;
  form.dataset['live'] = '';
  form.querySelector('button')?.setAttribute('hidden', '');
  let isBusy = false;
  const move = async (): Promise<void> => {
    const output = form.querySelector('output');
    if (output) output.textContent = slider.value;
    if (isBusy) return;
    isBusy = true;
    const asked = slider.value;
    const isLast = asked === slider.max;
    history.replaceState(null, '', isLast ? form.action : `${form.action}?height=${asked}`);
    await show();
    isBusy = false;
    if (slider.isConnected && slider.value !== asked) await move();
  };
  slider.addEventListener('input', () => void move());
}
