// Workbooks made for tests: the few parts Excel needs, packed into a zip file.

import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipPart {
  readonly name: string;
  readonly content: string | Buffer;
  /** What the file claims of the part, where that is not the truth. */
  readonly claimedBytes?: number;
}

const VERSION = 20;
const DEFLATED = 8;

/** The zip file of these parts (APPNOTE 6.3: local headers, central directory, its end). */
export function zipOf(parts: readonly ZipPart[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimedBytes } of parts) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const sizes = { crc: crc32(bytes), packed: packed.length, bytes: claimedBytes ?? bytes.length };
    const local = Buffer.concat([
      headOf(0x04034b50, [VERSION, 0, DEFLATED, 0, 0], sizes),
      lengths(name, 0),
      text(name),
    ]);
    const central = headOf(0x02014b50, [VERSION, VERSION, 0, DEFLATED, 0, 0], sizes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([central, lengths(name, 0), rest, text(name)]));
    bodies.push(local, packed);
    offset += local.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

function headOf(mark: number, words: readonly number[], sizes: { crc: number; packed: number; bytes: number }): Buffer {
  const head = Buffer.alloc(4 + 2 * words.length + 12);
  head.writeUInt32LE(mark, 0);
  for (const [i, word] of words.entries()) head.writeUInt16LE(word, 4 + 2 * i);
  head.writeUInt32LE(sizes.crc, head.length - 12);
  head.writeUInt32LE(sizes.packed, head.length - 8);
  head.writeUInt32LE(sizes.bytes, head.length - 4);
  return head;
}

function lengths(name: string, extra: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(text(name).length, 0);
  bytes.writeUInt16LE(extra, 2);
  return bytes;
}

function text(name: string): Buffer {
  return Buffer.from(name);
}

/** A cell: a text is shared, a number stands as it is, and `{ xml }` is the whole `c` element but its place. */
export type SheetCell = string | number | { readonly xml: string } | null;

export interface SheetGiven {
  readonly name?: string;
  readonly rows: readonly (readonly SheetCell[])[];
  /** Such as `A2:A3`. */
  readonly merged?: readonly string[];
}

const STYLES =
  '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="171" formatCode="0.00&quot; d&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>';

export function workbookParts(sheets: readonly SheetGiven[], date1904 = false): ZipPart[] {
  const shared: string[] = [];
  const parts = sheets.map((sheet, i) => ({
    name: `xl/worksheets/sheet${i + 1}.xml`,
    content: sheetXml(sheet, shared),
  }));
  const list = sheets.map(
    ({ name }, i) => `<sheet name="${name ?? `Sheet${i + 1}`}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`,
  );
  const targets = sheets.map((_, i) => `<Relationship Id="rId${i + 1}" Target="worksheets/sheet${i + 1}.xml"/>`);
  return [
    { name: '[Content_Types].xml', content: '<Types/>' },
    {
      name: 'xl/workbook.xml',
      content: `<workbook xmlns:r="r"><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>${list.join('')}</sheets></workbook>`,
    },
    { name: 'xl/_rels/workbook.xml.rels', content: `<Relationships>${targets.join('')}</Relationships>` },
    { name: 'xl/styles.xml', content: STYLES },
    { name: 'xl/sharedStrings.xml', content: `<sst>${shared.map((one) => `<si><t>${one}</t></si>`).join('')}</sst>` },
    ...parts,
  ];
}

export function workbookOf(...sheets: readonly SheetGiven[]): Buffer {
  return zipOf(workbookParts(sheets));
}

function sheetXml({ rows, merged = [] }: SheetGiven, shared: string[]): string {
  const lines = rows.map((row, r) => {
    const cells = row.map((cell, c) => cellXml(cell, `${String.fromCharCode(65 + c)}${r + 1}`, shared));
    return `<row r="${r + 1}">${cells.join('')}</row>`;
  });
  const merges = merged.map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  return `<worksheet><sheetData>${lines.join('')}</sheetData>${merges === '' ? '' : `<mergeCells>${merges}</mergeCells>`}</worksheet>`;
}

function cellXml(cell: SheetCell, place: string, shared: string[]): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${place}"><v>${cell}</v></c>`;
  if (typeof cell === 'object') return cell.xml.replace('<c', `<c r="${place}"`);
  shared.push(cell);
  return `<c r="${place}" t="s"><v>${shared.length - 1}</v></c>`;
}
