/** What the generated pages share: text at the width of the house, and safe table cells. */

const WIDTH = 100;

/** The words of `text` in lines of at most 100 columns, each line behind `start`. */
export function wrap(text: string, start = ''): string {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(start + word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}

/** Plain text as a cell of a table: nothing in it is taken for markup. */
export const cell = (text: string): string =>
  text.replace(/[|_*]/g, '\\$&').replaceAll('<', '&lt;');
