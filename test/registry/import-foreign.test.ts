// Files of other systems become the same registrations that were written there, and each fault names its line.

import { describe, expect, it } from 'vitest';
import { type ImportFormat, type ImportRow, readRows } from '../../src/registry/import-rows.ts';

async function* chunksOf(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += 5) yield bytes.subarray(start, start + 5);
}

async function rowsOf(text: string, kind: Exclude<ImportFormat['kind'], 'csv'>): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  for await (const row of readRows(chunksOf(text), { kind })) rows.push(row);
  return rows;
}

/** What good rows say, and what is wrong with the others. */
function said(rows: readonly ImportRow[]): unknown[] {
  return rows.map((row) => ('error' in row ? `${row.error.at}: ${row.error.message}` : JSON.parse(row.json)));
}

describe("a Handle server's batch text", () => {
  const value = {
    index: 1,
    type: 'URL',
    ttl: 86_400,
    permissions: '1110',
    data: { format: 'string', value: 'https://example.com/椅' },
  };

  it('has a record a block, with all documented forms of data', async () => {
    const text = `AUTHENTICATE PUBKEY:300:0.NA/88.118
/keys/admpriv.bin|passphrase

CREATE 88.118.1/CHAIR 1
1 URL 86400 1110 UTF8 https://example.com/椅
100 HS_ADMIN 86400 1110 ADMIN 300:110011111111:0.NA/88.118
200 HS_VLIST 3600 1110 LIST 300:0.NA/88.118;301:88.118.1/ADMIN
3 EMAIL 60 1100 ASCII

CREATE 88.118.1/NEXT
1 URL 86400 1110 UTF8 https://example.com/椅\r
`;
    const [first, second] = said(await rowsOf(text, 'handle-batch')) as [{ handle: string; values: object[] }, object];
    expect(first.handle).toBe('88.118.1/CHAIR 1');
    expect(first.values).toEqual([
      value,
      // add and delete handle; modify, remove, add and read value; modify, remove and add administrator; list handles
      {
        index: 100,
        type: 'HS_ADMIN',
        ttl: 86_400,
        permissions: '1110',
        data: { format: 'admin', value: { handle: '0.NA/88.118', index: 300, permissions: '111111110011' } },
      },
      {
        index: 200,
        type: 'HS_VLIST',
        ttl: 3600,
        permissions: '1110',
        data: {
          format: 'vlist',
          value: [
            { index: 300, handle: '0.NA/88.118' },
            { index: 301, handle: '88.118.1/ADMIN' },
          ],
        },
      },
      { index: 3, type: 'EMAIL', ttl: 60, permissions: '1100', data: { format: 'string', value: '' } },
    ]);
    expect(second).toEqual({ handle: '88.118.1/NEXT', values: [value] });
  });

  it("reads the order of an administrator's permissions as it is documented", async () => {
    const text = 'CREATE 1.2/A\n100 HS_ADMIN 86400 1110 ADMIN 300:000000010000:0.NA/1.2\n';
    const [row] = said(await rowsOf(text, 'handle-batch')) as [
      { values: [{ data: { value: { permissions: string } } }] },
    ];
    expect(row.values[0].data.value.permissions).toBe('010000000000'); // read value, 0x400
  });

  it('gives every block that cannot be carried over a row with its line, and goes on', async () => {
    const text = `CREATE 1.2/FILE
1 URL 86400 1110 UTF8 x
2 HS_PUBKEY 86400 1110 FILE /keys/pub.bin
3 URL 86400 1110 nonsense

DELETE 1.2/GONE

CREATE 1.2/SHORT
1 URL 86400

CREATE 1.2/ADMIN
100 HS_ADMIN 86400 1110 ADMIN 300:1111:0.NA/1.2
CREATE 1.2/GOOD
1 URL 86400 1110 UTF8 x

CREATE nonsense
1 URL 86400 1110 UTF8 x`;
    const rows = await rowsOf(text, 'handle-batch');
    expect(rows.map((row) => ('error' in row ? row.error.at : row.handle))).toEqual([
      'line 3',
      'line 6',
      'line 9',
      'line 12',
      '1.2/GOOD',
      'nonsense',
    ]);
    expect(said(rows).slice(0, 2)).toEqual([
      expect.stringContaining('/keys/pub.bin'),
      expect.stringContaining('Only CREATE'),
    ]);
  });
});

describe('records of the Handle JSON interface', () => {
  const values = [
    { index: 1, type: 'URL', data: { format: 'string', value: 'x' }, ttl: 86_400, timestamp: '2019-03-01T00:00:00Z' },
    {
      index: 2,
      type: 'URL',
      data: { format: 'base64', value: '/w==' },
      ttl: 86_400,
      timestamp: '2021-05-06T07:08:09Z',
    },
  ];

  it('are registrations, with or without the code of an answer', async () => {
    const lines = [
      { handle: '1.2/A', values },
      { responseCode: 1, handle: '1.2/B', values },
    ].map((line) => JSON.stringify(line));
    expect(said(await rowsOf(lines.join('\n'), 'handle-json'))).toEqual([
      { handle: '1.2/A', values },
      { handle: '1.2/B', values },
    ]);
  });

  it('keep their instants if they are to', async () => {
    const rows = said(await rowsOf(JSON.stringify({ handle: '1.2/A', values }), 'handle-json-preserved'));
    expect(rows).toEqual([
      {
        kind: 'record',
        handle: '1.2/A',
        status: 'active',
        revision: 1,
        createdAt: '2019-03-01T00:00:00.000Z',
        updatedAt: '2021-05-06T07:08:09.000Z',
        values,
      },
    ]);
  });

  it('are refused without a record or, to keep it, an instant', async () => {
    expect(said(await rowsOf('{"responseCode":100,"handle":"1.2/A"}', 'handle-json'))).toEqual([
      expect.stringMatching(/^line 1, \/responseCode: .*100/),
    ]);
    const [row] = said(
      await rowsOf('{"handle":"1.2/A","values":[{"index":1,"type":"URL","data":"x"}]}', 'handle-json-preserved'),
    );
    expect(row).toMatch(/^line 1, \/values\/0\/timestamp: /);
  });
});

describe('records of the SNMS interface', () => {
  const detail = {
    code: '200',
    prefix: '88.118.1',
    handle: '88.118.1/CHAIR',
    templateVersion: 'V1',
    value: [
      { index: 1001, type: 'TEMPLATE', auth: [], data: { format: 'string', value: 'V1' } },
      { index: '2000', type: 'NAME', auth: '1', data: { format: 'string', value: '椅子' } },
    ],
  };
  const registration = {
    handle: '88.118.1/CHAIR',
    values: [
      { index: 1001, type: 'TEMPLATE', data: { format: 'string', value: 'V1' } },
      { index: 2000, type: 'NAME', data: { format: 'string', value: '椅子' } },
    ],
  };

  it('are registrations, as an answer or its data alone', async () => {
    const answer = { status: 1, message: 'success', data: detail };
    expect(said(await rowsOf([answer, detail].map((line) => JSON.stringify(line)).join('\n'), 'snms'))).toEqual([
      registration,
      registration,
    ]);
  });

  it('get the value that names their template if they only say its version', async () => {
    const line = JSON.stringify({ ...detail, value: detail.value.slice(1) });
    expect(said(await rowsOf(line, 'snms'))).toEqual([registration]);
  });

  it('are refused without values, and where data is missing', async () => {
    expect(said(await rowsOf('{"status":-2,"message":"没有找到标识","data":null}', 'snms'))).toEqual([
      expect.stringMatching(/^line 1, \/value: /),
    ]);
    const line = JSON.stringify({ ...detail, value: [{ index: 2000, type: 'NAME' }] });
    expect(said(await rowsOf(line, 'snms'))).toEqual([expect.stringMatching(/^line 1, \/value\/0\/data: /)]);
    expect(said(await rowsOf('[1]', 'snms'))).toEqual([expect.stringMatching(/^line 1: /)]);
  });
});
