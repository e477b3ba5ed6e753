/**
 * Buttons that copy what is in a box.
 */

const SAID_MS = 1_500;

/** Puts a button on every box that has none. */
export function addCopyButtons(): void {
  for (const box of document.querySelectorAll<HTMLElement>('.copybox')) {
    const text = box.querySelector('pre');
    if (text && !box.querySelector('button')) box.append(copyButton(text));
  }
}

function copyButton(text: HTMLElement): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  const copied = (): void => {
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, SAID_MS);
  };
  const select = (): void => getSelection()?.selectAllChildren(text);
  button.addEventListener('click', () => {
    // Only pages from https or from this machine may write to the clipboard.
    const { clipboard } = navigator as { readonly clipboard?: Clipboard };
    if (clipboard === undefined) return select();
    clipboard.writeText(text.textContent ?? '').then(copied, select);
  });
  return button;
}
