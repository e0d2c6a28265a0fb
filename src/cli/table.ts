// Plain, aligned tables for people. Scripts ask for --json instead.

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;
const GAP = '  ';

/** Columns a text takes on a terminal: Chinese characters take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** What others wrote must not steer the terminal. */
export function withoutControls(text: string): string {
  return text.replace(CONTROL, '\uFFFD');
}

/** Lines of a table with a head; a last column is never padded. */
export function tableOf(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string[] {
  const texts = [head, ...rows.map((row) => row.map((cell) => withoutControls(cell === null ? '-' : String(cell))))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => widthOf(row[column] ?? ''))));
  return texts.map((row) =>
    row
      .map((cell, column) =>
        column === head.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
      )
      .join(GAP)
      .trimEnd(),
  );
}

/** Lines of one thing: a label and a value each. */
export function listOf(pairs: readonly (readonly [label: string, value: string | number | null])[]): string[] {
  const width = Math.max(...pairs.map(([label]) => widthOf(label)));
  return pairs.map(
    ([label, value]) =>
      `${label}${' '.repeat(width - widthOf(label))}${GAP}${withoutControls(value === null ? '-' : String(value))}`,
  );
}
