// Files of many kinds and faults become rows, each with its line; a broken row never takes its neighbours along.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_ROW_BYTES } from '../../src/domain/limits.ts';
import { parseMapping } from '../../src/registry/import-mapping.ts';
import { type ImportFormat, type ImportRow, readRows } from '../../src/registry/import-rows.ts';
import { placeOf } from '../../src/registry/import-sheet.ts';

const NDJSON: ImportFormat = { kind: 'ndjson' };
const mapping = {
  constants: { prefix: '88.118.10002' },
  handle: '{prefix}/{型号}-{序号}',
  parent: '{prefix}/{型号}',
  status: '{状态}',
  statuses: { 预留: 'reserved' },
  values: [
    { column: '品名', index: 2000, type: 'PRODUCT_NAME', required: true },
    { column: '备注', index: 2019, type: 'REMARK', permissions: '1100', ttl: 60 },
    { text: 'https://example.com/{型号}', index: 2010, type: 'URL' },
  ],
};
const HEADINGS = '品名,型号,序号,状态,备注';

function csv(over: object = {}): ImportFormat {
  return { kind: 'csv', mapping: parseMapping({ ...mapping, ...over }) };
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function rowsOf(file: string | Buffer, format: ImportFormat, chunkSize = 7): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  for await (const row of readRows(chunksOf(Buffer.from(file), chunkSize), format)) rows.push(row);
  return rows;
}

/** `handle` of good rows, place of broken ones: enough to tell the rows of a file apart. */
function outline(rows: readonly ImportRow[]): (string | undefined)[] {
  return rows.map((row) => ('error' in row ? row.error.at : row.handle));
}

describe('NDJSON', () => {
  test('every line is a row, with or without a byte-order mark, CR and a last line end', async () => {
    const [a, b] = ['{"handle":"88.118.1/甲","values":[]}', '{"handle":"88.118.1/乙","values":[]}'];
    for (const file of [`${a}\n${b}`, `${a}\r\n\r\n${b}\r\n`, `\uFEFF${a}\n${b}\n`]) {
      expect(outline(await rowsOf(file, NDJSON))).toEqual(['88.118.1/甲', '88.118.1/乙']);
    }
    expect(await rowsOf(`\n${a}`, NDJSON)).toMatchObject([
      { line: 2, handle: '88.118.1/甲', json: a, places: null, parent: null },
    ]);
  });

  test('a broken row names its line and column, and the rest goes on', async () => {
    const good = '{"handle":"88.118.1/x","values":[]}';
    const file = [
      good,
      '{"handle":"88.118.1/y",}',
      good,
      '{"handle":"88.118.1/z","values":[{"index":1}]}',
      '"x"',
      good,
    ];
    const rows = await rowsOf(file.join('\n'), NDJSON);
    expect(outline(rows)).toEqual([
      '88.118.1/x',
      'line 2, column 24',
      '88.118.1/x',
      'line 4, /values/0',
      'line 5',
      '88.118.1/x',
    ]);
    expect(rows[3]).toMatchObject({ line: 4, handle: '88.118.1/z', error: { code: 'INVALID_VALUE' } });
  });

  test('illegal UTF-8 and rows that are too long are refused alone', async () => {
    const good = Buffer.from('{"handle":"88.118.1/x","values":[]}\n');
    const wrong = Buffer.from([0x22, 0xb0, 0xa1, 0x22, 0x0a]);
    const long = Buffer.from(`"${'x'.repeat(MAX_ROW_BYTES)}"\n`);
    const rows = await rowsOf(Buffer.concat([good, wrong, long, good]), NDJSON, 65_536);
    expect(outline(rows)).toEqual(['88.118.1/x', 'line 2', 'line 3', '88.118.1/x']);
    expect(rows[1]).toMatchObject({ error: { code: 'INVALID_REQUEST', message: expect.stringContaining('UTF-8') } });
    expect(rows[2]).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  test('any bytes in any chunks become rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        for (const row of await rowsOf(Buffer.from(bytes), NDJSON, size)) expect(row.line).toBeGreaterThan(0);
      }),
    );
  });
});

describe('CSV', () => {
  test('columns become what the mapping says, empty cells become nothing', async () => {
    const [full, bare] = await rowsOf(`${HEADINGS}\n 椅子 ,A,1,预留,"红, ""大"""\n桌子,A,2,,\n`, csv());
    expect(full).toMatchObject({
      line: 2,
      handle: '88.118.10002/A-1',
      places: ['品名', '备注', '型号'],
      parent: '88.118.10002/A',
      json: JSON.stringify({
        handle: '88.118.10002/A-1',
        parent: '88.118.10002/A',
        status: 'reserved',
        values: [
          { index: 2000, type: 'PRODUCT_NAME', data: '椅子' },
          { index: 2019, type: 'REMARK', data: '红, "大"', permissions: '1100', ttl: 60 },
          { index: 2010, type: 'URL', data: 'https://example.com/A' },
        ],
      }),
    });
    expect(JSON.parse((bare as { json: string }).json)).toEqual({
      handle: '88.118.10002/A-2',
      parent: '88.118.10002/A',
      values: [
        { index: 2000, type: 'PRODUCT_NAME', data: '桌子' },
        { index: 2010, type: 'URL', data: 'https://example.com/A' },
      ],
    });
  });

  test('as Excel writes it: byte-order mark, CRLF, line breaks in quotes', async () => {
    const file = `\uFEFF${HEADINGS}\r\n"两\r\n行",A,1,,\r\n\r\n"b",A,2,,\r\n`;
    const rows = await rowsOf(file, csv());
    expect(rows.map(({ line, handle }) => [line, handle])).toEqual([
      [2, '88.118.10002/A-1'],
      [5, '88.118.10002/A-2'],
    ]);
    expect((rows[0] as { json: string }).json).toContain('两\\n行');
  });

  test.each([';', '\t', '|'])('with %j between the cells', async (delimiter) => {
    const file = `${HEADINGS}\n"椅,子",A,1,,`.replaceAll(/,(?!子)/g, delimiter);
    expect(outline(await rowsOf(file, csv({ delimiter })))).toEqual(['88.118.10002/A-1']);
  });

  test.each([
    ['a quote in the middle of a cell', '12"板,A,9,,', 'line 3, column 品名'],
    ['text behind a closing quote', '"板"材,A,9,,', 'line 3, column 品名'],
    ['a quote that is never closed', '椅,A,9,,"红', 'line 3, column 备注'],
    ['a cell too many', '椅,A,9,,红,大', 'line 3'],
    ['a cell too few', '椅,A,9,', 'line 3'],
    ['an empty cell of the handle', '椅,A,,,', 'line 3, column 序号'],
    ['an empty required cell', ',A,9,,', 'line 3, column 品名'],
    ['an unknown status', '椅,A,9,在途,', 'line 3, /status'],
  ])('%s is refused with its place, and the rows around it go on', async (_, broken, at) => {
    const good = (serial: number) => `"椅",A,${serial},,`;
    const file = [HEADINGS, good(1), broken, good(2), '"两\n行",A,3,,', good(4)].join('\n');
    for (const chunkSize of [5, 10_000]) {
      const rows = await rowsOf(file, csv(), chunkSize);
      expect(outline(rows)).toEqual([
        '88.118.10002/A-1',
        at,
        '88.118.10002/A-2',
        '88.118.10002/A-3',
        '88.118.10002/A-4',
      ]);
      const refused = rows[1];
      if (refused === undefined || !('error' in refused)) throw new Error('it was not refused');
      expect(refused.line).toBe(3);
      expect(refused.error.message).toMatch(/: (close|put|add|fill)|Write one of/);
    }
  });

  test('illegal UTF-8 in a row is refused alone, in the headings it ends the import', async () => {
    const gbk = Buffer.from([0xd2, 0xce, 0xd7, 0xd3]);
    const good = Buffer.from('椅,A,1,,\n');
    const file = Buffer.concat([Buffer.from(`${HEADINGS}\n`), gbk, Buffer.from(',A,2,,\n'), good]);
    expect(outline(await rowsOf(file, csv()))).toEqual(['line 2', '88.118.10002/A-1']);
    await expect(rowsOf(Buffer.concat([gbk, Buffer.from('\n'), good]), csv())).rejects.toThrow(/CSV UTF-8/);
  });

  test.each([
    ['nothing', '', /empty/],
    ['missing columns', '品名;型号\nx;y', /"序号", "状态".*The file has "品名;型号"/],
    ['a heading twice', `${HEADINGS},品名\n`, /"品名"/],
  ])('a file with %s throws', async (_, file, message) => {
    await expect(rowsOf(file, csv())).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringMatching(message) }),
    );
  });

  test('what a CSV writer quotes comes back', async () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', '椅', '"', ',', '\n', ';', "'", '😀') })
      .map((text) => `x${text}x`);
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 20 }), fc.integer({ min: 1, max: 40 }), async (cells, size) => {
        const lines = cells.map((text, i) => `${quoted(text)},A,${i},,`);
        const rows = await rowsOf([HEADINGS, ...lines].join('\n'), csv(), size);
        expect(rows.map((row) => ('json' in row ? JSON.parse(row.json).values[0].data : row.error.message))).toEqual(
          cells,
        );
      }),
    );
  });
});

describe('places', () => {
  test('a pointer into a batch becomes a line and column', () => {
    const row = { line: 7, places: ['品名', '备注'] };
    expect(placeOf(row, '/12/values/1/data')).toBe('line 7, column 备注');
    expect(placeOf(row, '/values/9')).toBe('line 7, /values/9');
    expect(placeOf({ line: 7, places: null }, '/3/values/1/data')).toBe('line 7, /values/1/data');
    expect(placeOf(row, '')).toBe('line 7');
  });
});

describe('a mapping', () => {
  const value = { column: 'a', index: 1, type: 'A' };
  test.each([
    ['no object', [], ''],
    ['unknown members', { ...mapping, handel: 'x' }, '/handel'],
    ['no handle', { ...mapping, handle: undefined }, '/handle'],
    ['the same handle for all', { ...mapping, handle: '88.118.1/x' }, '/handle'],
    ['an open brace', { ...mapping, handle: '{a}/{b' }, '/handle'],
    ['an empty name', { ...mapping, parent: '{a}/{}' }, '/parent'],
    ['no values', { ...mapping, values: undefined }, '/values'],
    ['neither column nor text', { ...mapping, values: [{ index: 1, type: 'A' }] }, '/values/0'],
    ['column and text', { ...mapping, values: [{ ...value, text: '{a}' }] }, '/values/0'],
    ['an index twice', { ...mapping, values: [value, value] }, '/values/1/index'],
    ['index 0', { ...mapping, values: [{ ...value, index: 0 }] }, '/values/0/index'],
    ['an empty type', { ...mapping, values: [{ ...value, type: '' }] }, '/values/0/type'],
    ['three permissions', { ...mapping, values: [{ ...value, permissions: '110' }] }, '/values/0/permissions'],
    ['a delimiter of two', { ...mapping, delimiter: ',,' }, '/delimiter'],
    ['a status nobody knows', { ...mapping, statuses: { 作废: 'revoked' } }, '/statuses/作废'],
    ['a constant that is no text', { ...mapping, constants: { prefix: 88 } }, '/constants/prefix'],
  ])('with %s is refused at its place', (_, input, at) => {
    expect(() => parseMapping(input)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', at }));
  });

  test('knows no word of the prototype', async () => {
    const odd = parseMapping({ handle: '{constructor}/{a}', status: '{a}', values: [] });
    const [row] = await rowsOf('constructor,a\n88.1,toString', { kind: 'csv', mapping: odd });
    expect(row).toMatchObject({ error: { at: 'line 2, /status' } });
  });
});
