// Rows reach their target in order and in bounded calls, each is reported, and an overloaded node is asked again.

import { describe, expect, test } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { MAX_IMPORT_ATTEMPTS } from '../../src/domain/import-limits.ts';
import { type ImportResult, type ImportTarget, importRows, type ReportRow } from '../../src/registry/import-loop.ts';
import { formatProblem, formatReportRow, REPORT_HEAD } from '../../src/registry/import-report.ts';
import type { ImportRow } from '../../src/registry/import-rows.ts';

async function* rowsFrom(rows: Iterable<ImportRow>): AsyncGenerator<ImportRow> {
  yield* rows;
}

function* goodRows(count: number, size = 0): Generator<ImportRow> {
  for (let i = 1; i <= count; i++) {
    const handle = `88.118.1/${i}`;
    yield {
      line: i,
      handle,
      json: JSON.stringify({ handle, values: [], pad: 'x'.repeat(size) }),
      places: null,
      parent: null,
    };
  }
}

/** A registry that keeps handles, and refuses what it is told to. */
class Target implements ImportTarget {
  readonly known = new Map<string, string>();
  readonly calls: number[] = [];
  failures: HandleError[] = [];
  inFlight = 0;

  async register(items: readonly string[]): Promise<readonly ImportResult[]> {
    expect(++this.inFlight).toBe(1);
    await Promise.resolve();
    this.inFlight--;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.calls.push(items.length);
    return items.map((item): ImportResult => {
      const { handle } = JSON.parse(item) as { handle: string };
      const known = this.known.get(handle);
      this.known.set(handle, item);
      return { handle, outcome: known === item ? 'unchanged' : 'created', revision: 1 };
    });
  }
}

async function run(rows: Iterable<ImportRow>, target: ImportTarget) {
  const reported: ReportRow[] = [];
  const waits: number[] = [];
  const progress: number[] = [];
  const counts = await importRows(rowsFrom(rows), target, {
    report: (row) => void reported.push(row),
    progress: (so) => void progress.push(so.rows),
    sleep: async (ms) => void waits.push(ms),
    random: () => 1,
  });
  return { counts, reported, waits, progress };
}

describe('an import', () => {
  test('goes on call by call, and again changes nothing', async () => {
    const target = new Target();
    const first = await run(goodRows(2500), target);
    expect(target.calls).toEqual([1000, 1000, 500]);
    expect(first.counts).toMatchObject({ rows: 2500, created: 2500, refused: 0 });
    expect(first.progress).toEqual([1000, 2000, 2500]);
    expect(first.reported.map(({ line }) => line)).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1));
    expect((await run(goodRows(2500), target)).counts).toMatchObject({ rows: 2500, created: 0, unchanged: 2500 });
  });

  test('of large rows keeps its calls within their bytes', async () => {
    const target = new Target();
    await run(goodRows(10, 1_000_000), target);
    expect(target.calls).toEqual([4, 4, 2]);
  });

  test('of nothing does nothing', async () => {
    const target = new Target();
    expect((await run([], target)).counts.rows).toBe(0);
    expect(target.calls).toEqual([]);
  });

  test('reports broken rows in their place, without sending them', async () => {
    const target = new Target();
    const [one, two] = [...goodRows(2)] as [ImportRow, ImportRow];
    const broken = { line: 9, handle: '', error: new HandleError('INVALID_REQUEST', 'Mend it.', { at: 'line 9' }) };
    const { counts, reported } = await run([one, broken, two], target);
    expect(target.calls).toEqual([2]);
    expect(reported.map(({ outcome }) => outcome)).toEqual(['created', 'refused', 'created']);
    expect(counts).toMatchObject({ rows: 3, created: 2, refused: 1 });
    expect((await run([broken], target)).counts.refused).toBe(1);
    expect(target.calls).toEqual([2]);
  });

  test('says in which column of the file the registry found the fault', async () => {
    const refusing: ImportTarget = {
      register: async () => [
        { outcome: 'refused', handle: 'x', code: 'INVALID_VALUE', detail: 'Too long.', at: '/0/values/1/data' },
      ],
    };
    const { reported } = await run(
      [{ line: 4, handle: 'a/b', json: '{}', places: ['品名', '备注'], parent: null }],
      refusing,
    );
    expect(reported).toEqual([
      {
        line: 4,
        handle: 'a/b',
        outcome: 'refused',
        revision: null,
        code: 'INVALID_VALUE',
        detail: 'Too long.',
        at: 'line 4, column 备注',
      },
    ]);
  });
});

describe('an overloaded node', () => {
  const overloaded = () => new HandleError('OVERLOADED', 'Too busy.');

  test('is asked again after longer and longer waits, or when it says', async () => {
    const target = new Target();
    target.failures = [
      overloaded(),
      new HandleError('STORE_UNAVAILABLE', 'Gone.'),
      new HandleError('RATE_LIMITED', 'Slowly.', { retryAfterSeconds: 7 }),
    ];
    const { counts, waits } = await run(goodRows(3), target);
    expect(counts.created).toBe(3);
    expect(waits).toEqual([250, 500, 7000]);
  });

  test('is left alone in the end', async () => {
    const target = new Target();
    target.failures = Array.from({ length: MAX_IMPORT_ATTEMPTS + 1 }, overloaded);
    await expect(run(goodRows(3), target)).rejects.toThrow('Too busy.');
    expect(target.failures).toHaveLength(1);
  });

  test('differs from one that refuses: that is told at once', async () => {
    const target = new Target();
    target.failures = [new HandleError('UNAUTHENTICATED', 'Unknown key.')];
    await expect(run(goodRows(3), target)).rejects.toThrow('Unknown key.');
    expect(target.failures).toEqual([]);
  });

  test('does not leave the file open', async () => {
    let closed = false;
    async function* file(): AsyncGenerator<ImportRow> {
      try {
        yield* goodRows(5000);
      } finally {
        closed = true;
      }
    }
    const target = new Target();
    target.failures = [new HandleError('FORBIDDEN', 'Not yours.')];
    const options = { report() {}, progress() {}, sleep: async () => {}, random: () => 0 };
    await expect(importRows(file(), target, options)).rejects.toThrow('Not yours.');
    await new Promise(setImmediate);
    expect(closed).toBe(true);
  });
});

describe('the report', () => {
  const row: ReportRow = {
    line: 3,
    handle: '88.118.1/a',
    outcome: 'created',
    revision: 1,
    code: '',
    detail: '',
    at: '',
  };

  test('is a CSV that a spreadsheet reads, in Chinese and English', () => {
    expect(REPORT_HEAD).toMatch(/^\uFEFF行 line,.*\r\n$/);
    expect(formatReportRow(row)).toBe('3,88.118.1/a,created,1,,已登记 / Registered\r\n');
  });

  test('quotes what needs it and explains what was refused', () => {
    const refused = {
      ...row,
      outcome: 'refused' as const,
      revision: null,
      code: 'INVALID_PARENT',
      detail: 'No "a", b.',
      at: 'line 3',
    };
    expect(formatReportRow(refused)).toBe(
      '3,88.118.1/a,refused,,INVALID_PARENT,"上级标识无效 / The parent is not valid — line 3: No ""a"", b."\r\n',
    );
    expect(formatReportRow({ ...refused, code: 'NEWER_CODE' })).toContain('未登记 / Not registered');
  });

  test.each([
    ...['INVALID_HANDLE', 'INVALID_PREFIX', 'INVALID_VALUE', 'INVALID_REQUEST', 'INVALID_PARENT', 'INVALID_TEMPLATE'],
    ...['INVALID_LOT_CODE', 'INVALID_STATE', 'PAYLOAD_TOO_LARGE', 'FORBIDDEN', 'NOT_FOUND', 'NOT_RESPONSIBLE'],
    ...['REVOKED', 'ALREADY_EXISTS', 'REVISION_CONFLICT'],
  ])('says of %s how the row is mended, not only to try again', (code) => {
    const [again = ''] = /重新导入；[^/]+/.exec(formatProblem({ ...row, code: 'NEWER_CODE' })) ?? [];
    expect(again).not.toBe('');
    expect(formatProblem({ ...row, code })).not.toContain(again);
  });

  test.each(['=1+1', '+1', '-1', '@a', '\t=1'])('a handle %j is no formula', (handle) => {
    expect(formatReportRow({ ...row, handle })).toContain(`'${handle}`);
  });
});
