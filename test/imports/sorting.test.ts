// Rows sorted outside of memory: whatever the runs, they come out in order of handle, then line, and none is lost.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { MergedRows, mergeInto } from '../../src/imports/merged-rows.ts';
import { RowFileWriter, RunGatherer, type RunRow, rowBytes } from '../../src/imports/sorted-runs.ts';

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-sorting-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function writeRuns(rows: readonly RunRow[], ofEach: number): Promise<string[]> {
  const paths: string[] = [];
  const gatherer = new RunGatherer();
  for (let i = 0; i < rows.length; i += ofEach) {
    for (const row of rows.slice(i, i + ofEach)) gatherer.add(row);
    paths.push(join(directory, `run.${paths.length}`));
    await gatherer.writeTo(paths.at(-1) as string);
  }
  return paths;
}

function readAll(paths: readonly string[]): (RunRow & { readonly firstLine: number })[] {
  const merged = new MergedRows(paths);
  const found: (RunRow & { readonly firstLine: number })[] = [];
  while (merged.next()) {
    const { handle, line, flags, text, firstLine } = merged;
    found.push({ handle, line, flags, text, firstLine });
  }
  merged.close();
  return found;
}

const handle = fc.oneof(
  fc.constantFrom('88.1/a', '88.1/aa', '88.1/b'),
  fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
);
const given = fc.array(fc.record({ handle, flags: fc.constantFrom(0, 1), text: fc.string({ unit: 'grapheme' }) }));

it('gives every row back, in byte order of handles, equal ones together with the first line first', async () => {
  await fc.assert(
    fc.asyncProperty(given, fc.integer({ min: 1, max: 9 }), async (drafts, ofEach) => {
      const rows = drafts.map((draft, i) => ({ ...draft, line: i + 2 }));
      const bytes = (text: string) => Buffer.from(text).toString('latin1');
      const sorted = rows.toSorted((a, b) =>
        a.handle === b.handle ? a.line - b.line : `${bytes(a.handle)}\0` < `${bytes(b.handle)}\0` ? -1 : 1,
      );
      const first = new Map<string, number>();
      const expected = sorted.map((row) => {
        const firstLine = first.get(row.handle) ?? row.line;
        first.set(row.handle, firstLine);
        return { ...row, firstLine };
      });
      const runs = await writeRuns(rows, ofEach);
      expect(readAll(runs)).toEqual(expected);
      mergeInto(join(directory, 'merged'), runs);
      expect(readAll([join(directory, 'merged')])).toEqual(expected);
    }),
  );
});

it('puts many rows in order whose handles begin alike, or are the same', async () => {
  const digits = (i: number) => String((i * 7919) % 3000).padStart(12, '0');
  const rows = Array.from({ length: 3000 }, (_, i) => {
    const tail = i % 3 === 0 ? '' : i % 3 === 1 ? `${digits(i)}-椅` : `${digits(i)}${'-'.repeat(i % 40)}`;
    return { handle: `88.118.40000/ITEM-WITH-A-LONG-NAME-${tail}`, line: i + 1, flags: 0, text: String(i) };
  });
  const found = readAll(await writeRuns(rows, 2000));
  const bytes = ({ handle: name, line }: RunRow) =>
    `${Buffer.from(name).toString('latin1')}\0${String(line).padStart(5, '0')}`;
  expect(found.map(bytes)).toEqual(rows.map(bytes).sort());
  expect(found.every(({ text, line }) => Number(text) === line - 1)).toBe(true);
});

it('holds rows larger than its buffers', async () => {
  const text = JSON.stringify('椅'.repeat(400_000));
  const rows = [1, 2, 3].map((line) => ({ handle: `88.1/${4 - line}`, line, flags: 0, text }));
  expect(readAll(await writeRuns(rows, 2)).map(({ line, text: found }) => [line, found === text])).toEqual([
    [3, true],
    [2, true],
    [1, true],
  ]);
});

it('goes on behind what is known to be right, and notices a row that is cut', () => {
  const path = join(directory, 'put-off');
  const bytes = rowBytes({ handle: '88.1/a', line: 1, flags: 1, text: '{}' });
  const writer = new RowFileWriter(path);
  writer.write(bytes);
  writer.write(bytes.subarray(0, 9));
  writer.close();
  expect(() => readAll([path])).toThrow('in the middle of a row');
  const again = new RowFileWriter(path, bytes.length);
  again.write(rowBytes({ handle: '88.1/b', line: 2, flags: 1, text: '[]' }));
  again.close();
  expect(readAll([path]).map((row) => row.text)).toEqual(['{}', '[]']);
  expect(readFileSync(path).length).toBe(2 * bytes.length);
});
