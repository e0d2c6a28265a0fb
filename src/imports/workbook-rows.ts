// A workbook as rows ready to be registered: its sheet read as a table with a line of headings.

import type { CsvMapping } from '../registry/import-mapping.ts';
import type { ImportRow, RowDefaults } from '../registry/import-rows.ts';
import { checkRowWith, Sheet } from '../registry/import-sheet.ts';
import { readParts } from './workbook-parts.ts';
import { readMergedRanges, SheetRows } from './workbook-sheet.ts';
import { WorkbookZip } from './workbook-zip.ts';

export interface WorkbookOptions {
  readonly path: string;
  /** A sheet's name; null for the first. */
  readonly sheet: string | null;
  readonly mapping: CsvMapping;
  readonly defaults: RowDefaults;
  /** Bytes it may unpack to. */
  readonly limitBytes: number;
  /** Told how much of the sheet has been read, 0 … 1. */
  readonly progress: (share: number) => void;
}

/** Throws what makes the workbook unreadable as a whole. */
export async function* readWorkbookLots(options: WorkbookOptions): AsyncGenerator<readonly ImportRow[]> {
  const { path, sheet, mapping, defaults, limitBytes, progress } = options;
  const zip = await WorkbookZip.open(path, limitBytes);
  try {
    const parts = await readParts(zip, sheet);
    const merged = await readMergedRanges(zip, parts.sheet);
    const table = new Sheet(mapping, checkRowWith(defaults), 'padded');
    const total = zip.unpackedBytes(parts.sheet);
    let read = 0;
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of zip.read(parts.sheet)) {
        read += chunk.length;
        yield chunk;
      }
    };
    for await (const rows of new SheetRows(parts, merged).read(counted())) {
      yield table.rowsOf(rows);
      progress(read / Math.max(1, total));
    }
    table.assertHeadings();
  } finally {
    zip.close();
  }
}
