// Files as they come from spreadsheets: what can be told for certain is registered, everything else is named with its row,
// its column and how to mend it, and nothing is half-applied.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SheetCell, workbookOf, workbookParts, zipOf } from './workbook.ts';
import { CHAIRS, openWorld, recordsOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

const mapping = {
  handle: `${CHAIRS}/{编号}`,
  values: [
    { column: '品名', index: 2000, type: 'PRODUCT_NAME' },
    { column: '日期', index: 2010, type: 'PRODUCTION_DATE', as: 'date' },
  ],
};
const HEAD = '编号,品名,日期\n';

async function dataOf(suffix: string): Promise<readonly string[]> {
  const record = await world.fixture.store.get(`${CHAIRS}/${suffix}` as never);
  return (record?.values ?? []).map(({ data }) => Buffer.from(data, 'latin1').toString('utf8'));
}

/** `编号,品名,日期` and rows in GB18030, as Excel in China writes CSV: 椅子 and 台灯 by their bytes. */
const GB = {
  head: Buffer.from([0xb1, 0xe0, 0xba, 0xc5, 0x2c, 0xc6, 0xb7, 0xc3, 0xfb, 0x2c, 0xc8, 0xd5, 0xc6, 0xda, 0x0d, 0x0a]),
  chair: Buffer.from([0xd2, 0xce, 0xd7, 0xd3]),
  lamp: Buffer.from([0xcc, 0xa8, 0xb5, 0xc6]),
};
const gbRow = (suffix: string, name: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${suffix},`), name, Buffer.from(',\r\n')]);

describe('encodings', () => {
  it('GB18030 is found out, as is UTF-8 with a mark and without', async () => {
    const gb = await world.run(Buffer.concat([GB.head, gbRow('1', GB.chair), gbRow('2', GB.lamp)]), { mapping });
    expect(gb).toMatchObject({ state: 'done', encoding: 'gb18030', counts: { created: 2 } });
    expect(await dataOf('2')).toEqual(['台灯']);
    const marked = await world.run(`\uFEFF${HEAD}3,椅子,\n`, { mapping });
    expect(marked).toMatchObject({ encoding: 'utf-8', counts: { created: 1 } });
    expect((await world.run(`${HEAD}4,椅子,\n`, { mapping })).counts).toMatchObject({ created: 1 });
    expect(await dataOf('4')).toEqual(['椅子']);
  });

  it('rows in another encoding than their file are named, in either direction', async () => {
    const mixed = Buffer.concat([
      GB.head,
      gbRow('1', GB.chair),
      Buffer.from('2,椅子,\r\n'),
      gbRow('3', GB.lamp),
      gbRow('4', Buffer.from([0xff, 0xff])),
    ]);
    const gb = await world.run(mixed, { mapping });
    expect(gb.counts).toMatchObject({ created: 2, refused: 2 });
    const [second, fifth] = await world.report(gb.id);
    expect(second).toMatch(/^3,.*put together from two/);
    expect(fifth).toMatch(/^5,.*its bytes are damaged/);
    const utf8 = Buffer.concat([Buffer.from(`${HEAD}5,椅子,\n6,椅子,\n`), gbRow('7', GB.chair)]);
    const other = await world.run(utf8, { mapping });
    expect(other.counts).toMatchObject({ created: 2, refused: 1 });
    expect((await world.report(other.id))[0]).toMatch(/^4,.*not UTF-8/);
  });

  it('UTF-16 is refused as a whole', async () => {
    const job = await world.run(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('编号', 'utf16le')]), {
      mapping,
    });
    expect(job).toMatchObject({ state: 'failed', code: 'INVALID_REQUEST' });
    expect(job.reason).toContain('CSV UTF-8');
  });
});

describe('cells', () => {
  it('dates in five spellings become one, and what could be two dates is refused', async () => {
    const spelled = ['2026-03-11', '2026/3/11', '2026.3.11', '20260311', '2026年3月11日', '46092', '2026/3/11 9:05'];
    const wrong = ['3/11/2026', '2026-02-30', '2026-3/11', '11 March'];
    const rows = [...spelled, ...wrong].map((date, i) => `${i},,${date}\n`);
    const job = await world.run(HEAD + rows.join(''), { mapping });
    expect(job.counts).toMatchObject({ created: spelled.length, refused: wrong.length });
    for (let i = 0; i < 6; i++) expect(await dataOf(String(i))).toEqual(['2026-03-11']);
    expect(await dataOf('6')).toEqual(['2026-03-11T09:05:00']);
    expect((await world.report(job.id))[0]).toMatch(/^9,日期,.*no date that can be told for certain/);
  });

  it('numbers that lost digits and formulas are refused where they are used, unless they are meant', async () => {
    const job = await world.run(`${HEAD}1.23E+15,椅子,\n2,6.9E+12,\n"=""003""",椅子,\n4,=A1,\n`, { mapping });
    expect(job.counts).toMatchObject({ created: 1, refused: 3 });
    const lines = await world.report(job.id);
    expect(lines[0]).toMatch(/^2,编号,.*1\.23E\+15, and its last digits are lost/);
    expect(lines[1]).toMatch(/^3,品名,/);
    expect(lines[2]).toMatch(/^5,品名,.*is a formula/);
    expect(await dataOf('003')).toEqual(['椅子']);
    const meant = { ...mapping, values: [{ column: '品名', index: 2000, type: 'PRODUCT_NAME', as: 'text' }] };
    expect((await world.run(`${HEAD}2,6.9E+12,\n4,=A1,\n`, { mapping: meant })).counts).toMatchObject({ created: 2 });
  });

  it('rows with too many or too few columns, and half a file, are named', async () => {
    const job = await world.run(`${HEAD}1,椅子,\n2,椅子\n3,椅子,,x\n4,"椅`, { mapping });
    expect(job.counts).toMatchObject({ created: 1, refused: 3 });
    expect((await world.report(job.id)).map((row) => row.split(',')[0])).toEqual(['3', '4', '5']);
  });

  it('what is wrong with a row or a file, and how to mend it, is said in Chinese and in English', async () => {
    const rows = [
      '1,椅子',
      '2,椅子,,x',
      '3,椅子,3/11/2026',
      '4,椅子,2026-02-30',
      '5,1.23E+15,',
      '6,=A1,',
      ',椅子,',
      '8,"椅',
    ];
    const job = await world.run(`${HEAD}${rows.join('\n')}`, { mapping });
    const report = await world.report(job.id);
    expect(report).toHaveLength(rows.length);
    for (const line of report) expect(line).toMatch(/请.*。 \/ /);
    expect(report[4]).toContain('请把该列设为文本格式，重新输入数字后再导出。 / A spreadsheet has turned');
    const twice = await world.run(`${HEAD}9,椅子,\n9,椅子,\n`, { mapping });
    expect((await world.report(twice.id))[0]).toContain('本文件第 2 行是同一标识');
    const whole = [`编号,品名\n1,椅子\n`, Buffer.from([0xff, 0xfe, 0x31, 0x00]), Buffer.from('PK\u0003\u0004half')];
    for (const file of whole) {
      const failed = await world.run(file, { mapping });
      expect(failed).toMatchObject({ state: 'failed', reason: expect.stringMatching(/请.*。 \/ The /) });
    }
  });
});

describe('workbooks', () => {
  const rowsOf = (...rows: readonly (readonly SheetCell[])[]) => ({ rows: [['编号', '品名', '日期'], ...rows] });

  it('are read as a person sees them: texts, numbers, dates, results of formulas', async () => {
    const file = workbookOf(
      rowsOf(
        ['A1', '椅子', { xml: '<c s="1"><v>46092</v></c>' }],
        [6901234567892, { xml: '<c t="str"><f>B2</f><v>台灯</v></c>' }, { xml: '<c s="2"><v>46092.5</v></c>' }],
        [],
        [{ xml: '<c t="inlineStr"><is><r><t>A</t></r><r><t>3</t></r><rPh><t>x</t></rPh></is></c>' }, 1.5, null],
      ),
    );
    const job = await world.run(file, { mapping });
    expect(job).toMatchObject({ state: 'done', settings: { format: 'xlsx' }, counts: { rows: 3, created: 3 } });
    expect(await dataOf('A1')).toEqual(['椅子', '2026-03-11']);
    expect(await dataOf('6901234567892')).toEqual(['台灯', '2026-03-11T12:00:00']);
    expect(await dataOf('A3')).toEqual(['1.5']);
    expect((await world.run(file, { mapping })).counts).toMatchObject({ unchanged: 3 });
  });

  it('name the cell that is damaged: formulas, errors, lost digits, merged cells, cells beside the table', async () => {
    const file = workbookOf({
      ...rowsOf(
        ['1', { xml: '<c><f>B1</f></c>' }],
        ['2', { xml: '<c t="e"><v>#REF!</v></c>' }],
        [1.23456789012345e15, '椅子'],
        ['4', '椅子'],
        ['5', '椅子', null, 'a note'],
        ['6', '椅子'],
      ),
      merged: ['B5:B5', 'B5:C5'],
    });
    const job = await world.run(file, { mapping });
    expect(job.counts).toMatchObject({ created: 1, refused: 5 });
    const lines = await world.report(job.id);
    expect(lines[0]).toMatch(/^2,品名,.*formula and no result/);
    expect(lines[1]).toMatch(/^3,品名,.*#REF!/);
    expect(lines[2]).toMatch(/^4,编号,.*1\.23E\+15/);
    expect(lines[3]).toMatch(/^5,品名,.*B5:C5 are merged/);
    expect(lines[4]).toMatch(/^6,.*4 cells/);
  });

  it.each([
    ['B5:XFD5', 'done'],
    ['B5:ZZZZZZ5', 'failed'],
  ])('with cells merged as %s are %s', async (merged, state) => {
    const file = workbookOf({ ...rowsOf(['1', '椅子']), merged: [merged] });
    expect(await world.run(file, { mapping })).toMatchObject({ state });
  });

  it('have sheets by name, and say which there are', async () => {
    const file = workbookOf({ name: '说明', rows: [['x']] }, { name: '灯具', ...rowsOf(['1', '台灯']) });
    expect((await world.run(file, { mapping, sheet: '灯具' })).counts).toMatchObject({ created: 1 });
    const other = await world.run(file, { mapping, sheet: '椅子' });
    expect(other).toMatchObject({ state: 'failed' });
    expect(other.reason).toContain('"说明", "灯具"');
    expect((await world.run(file, { mapping })).reason).toContain('columns the file does not have');
  });

  it('count days from 1904 where they say so', async () => {
    const file = zipOf(workbookParts([rowsOf(['1', null, { xml: '<c s="1"><v>44630</v></c>' }])], true));
    await world.run(file, { mapping });
    expect(await dataOf('1')).toEqual(['2026-03-11']);
  });

  it('that are cut, bombs or liars are refused, and nothing of them is registered', async () => {
    const good = workbookOf(rowsOf(['1', '椅子']));
    const cut = await world.run(good.subarray(0, good.length - 30), { mapping });
    expect(cut).toMatchObject({ state: 'failed', code: 'INVALID_REQUEST' });
    expect(cut.reason).toContain('not whole');
    const parts = workbookParts([rowsOf(['1', '椅子'])]);
    const sheet = parts.at(-1)?.content.toString() ?? '';
    const bomb = {
      name: 'xl/worksheets/sheet1.xml',
      content: sheet.replace('</worksheet>', `${' '.repeat(40_000_000)}</worksheet>`),
    };
    const large = await world.run(zipOf([...parts.slice(0, -1), bomb]), { mapping });
    expect(large).toMatchObject({ state: 'failed', code: 'PAYLOAD_TOO_LARGE' });
    const liar = await world.run(zipOf([...parts.slice(0, -1), { ...bomb, claimedBytes: 1000 }]), { mapping });
    expect(liar).toMatchObject({ state: 'failed', code: 'INVALID_REQUEST' });
    const squeezed = { ...bomb, content: sheet.replace('</worksheet>', `${' '.repeat(20_000_000)}</worksheet>`) };
    expect(await world.run(zipOf([...parts.slice(0, -1), squeezed]), { mapping })).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    const entities = { name: 'xl/workbook.xml', content: '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>' };
    expect(await world.run(zipOf([entities]), { mapping })).toMatchObject({ state: 'failed', code: 'INVALID_REQUEST' });
    expect(await recordsOf(world)).toEqual([]);
  });
});
