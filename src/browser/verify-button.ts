/**
 * The button that checks a machine's proof in a thread of this browser.
 */

type Report = { readonly verdict: string; readonly [member: string]: unknown };

/** Makes the button of a machine's page work, once. */
export function makeVerifier(machine: string): void {
  const button = document.querySelector<HTMLButtonElement>('#verify');
  const result = document.querySelector<HTMLElement>('#verified');
  if (!button?.hidden || !result) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    button.disabled = true;
    result.className = 'busy';
    const worker = new Worker('/assets/verifier.js', { type: 'module' });
    const end = (says: string, verdict: string): void => {
      worker.terminate();
      button.disabled = false;
      result.className = verdict;
      result.textContent = says;
    };
    worker.addEventListener('message', ({ data }: MessageEvent<string | Report>) => {
      if (typeof data === 'string') result.textContent = data;
      else end(told(data), data.verdict);
    });
    worker.addEventListener('error', ({ message }) => end(`Not checked: ${message}`, 'invalid'));
    worker.postMessage(`/api/v1/machines/${machine}/proof`);
  });
}

function told(report: Report): string {
  const { verdict, height, hash, line, id, problem, says, finality, events, shown } = report;
  if (verdict === 'valid') {
    const same = hash === shown ? 'the hash that this relay states' : 'ANOTHER hash than it states';
    const checked = `${events} events checked, replayed to height ${height} (${finality})`;
    return `Valid: ${checked}, with ${same}: ${hash}`;
  }
  if (verdict === 'unknown-rules') return `Not checked: ${says}`;
  return `Invalid: line ${line}, event ${id}: ${problem}: ${says}`;
}
