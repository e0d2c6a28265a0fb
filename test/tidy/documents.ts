// Holds the tables of the documents against the code they describe (settings, metrics, error codes, packages), and the
// Chinese documents against the English ones.

/** Documents of which there are two, English and Chinese. */
export const TRANSLATED = [
  ['README.md', 'README.zh-CN.md'],
  ['config/guide.md', 'config/guide.zh-CN.md'],
  ['src/domain/limits.md', 'src/domain/limits.zh-CN.md'],
  ['src/http-server/errors.md', 'src/http-server/errors.zh-CN.md'],
  ['src/http-server/deviations.md', 'src/http-server/deviations.zh-CN.md'],
  ['src/handle-server/deviations.md', 'src/handle-server/deviations.zh-CN.md'],
] as const;

/** What stands in a document whatever its language: headings by their level, code by its language, rows by their cells. */
export function shapeOf(markdown: string): readonly string[] {
  const shape: string[] = [];
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    else if (isCode) continue;
    const [mark] = /^(#+ |```\w+|\|)/.exec(line) ?? [];
    if (mark === '|') shape.push(`row of ${line.split(/(?<!\\)\|/).length - 2}`);
    else if (mark !== undefined) shape.push(mark.trim());
  }
  return shape;
}

export interface TableRow {
  /** The first cell, without its backticks. */
  readonly name: string;
  /** The other cells as they stand. */
  readonly cells: readonly string[];
}

/** Rows of the tables below a heading, up to the next heading of any level; only those whose first cell is code. */
export function rowsUnder(markdown: string, heading: string): readonly TableRow[] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) return [];
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  return section.flatMap((line) => {
    if (!line.startsWith('| `')) return [];
    // An escaped bar belongs to its cell.
    const [first = '', ...cells] = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    return [{ name: first.replaceAll('`', ''), cells }];
  });
}

/** What a table must hold: by name, the cells that follow it; those left out may say anything. */
export type Expected = ReadonlyMap<string, readonly string[]>;

/** The commands of a document, without the texts that a reader may put in another language: those between quotes. */
export function commandsIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].map(([, commands = '']) =>
    commands.replaceAll(/"[^"\n]*"/g, '"…"').replaceAll(/ *# .*$/gm, ''),
  );
}

/** The part of what the code says that a table with a choice of rows must agree with. */
export function chosen(rows: readonly TableRow[], expected: Expected): Expected {
  const names = new Set(rows.map(({ name }) => name));
  return new Map([...expected].filter(([name]) => names.has(name)));
}

/** What a table lacks and what it has too much of, in words. */
export function differences(rows: readonly TableRow[], expected: Expected): readonly string[] {
  const found = new Map(rows.map((row) => [row.name, row.cells]));
  const problems = [...expected.keys()].filter((name) => !found.has(name)).map((name) => `${name} is not in the table`);
  if (rows.length !== found.size) problems.push('a name is in the table twice');
  for (const [name, cells] of found) {
    const wanted = expected.get(name);
    const said = cells.slice(0, wanted?.length ?? 0);
    if (wanted === undefined) problems.push(`${name} is in the table and not in the code`);
    else if (said.join() !== wanted.join()) problems.push(`${name}: the table says ${said}, the code ${wanted}`);
    else if (cells.at(-1) === '') problems.push(`${name} is not explained`);
  }
  return problems;
}
