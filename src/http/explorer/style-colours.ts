/**
 * The colours of pages and charts, light and dark, named by what they mean: blue is now, green is
 * past, orange may come, red is refused.
 */

/** Rules that define the colours. */
export const COLOURS = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1b2430, #dbe2ea);
  --soft: light-dark(#586472, #96a3b1);
  --line: light-dark(#dfe4ea, #2a333d);
  --paper: light-dark(#f7f9fb, #0f141a);
  --panel: light-dark(#ffffff, #171d25);
  --well: light-dark(#f1f4f8, #10161c);
  --link: light-dark(#0a5da0, #7cbcff);
  --now: light-dark(#0b62a8, #2f7fc4);
  --past: light-dark(#1c7a3d, #5fc486);
  --next: light-dark(#a25000, #f0a85a);
  --bad: light-dark(#b3261e, #ff8a80);
}
`;
