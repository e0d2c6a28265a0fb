// Which requests are kept, how they stand in the log, and that a flood of them stays bounded.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/app/log-files.ts';
import { RequestRecords } from '../../src/app/request-records.ts';

const NOW = Date.UTC(2026, 2, 1, 4);
let reports: Report[];
let records: RequestRecords;

function open(keptPerSecond: number | 'all'): void {
  reports = [];
  const report = (each: Report): void => void reports.push(each);
  records = new RequestRecords({ keptPerSecond, clock: () => NOW, show: (client) => `<${client}>`, report });
}

beforeEach(() => open(3));
afterEach(() => records.close());

function lines(): Record<string, unknown>[] {
  records.close();
  return reports
    .flatMap((report) => (report.kind === 'requests' ? report.text.split('\n') : []))
    .map((l) => JSON.parse(l));
}

const entry = {
  requestId: 'r-1',
  method: 'GET',
  route: '/api/handles/*',
  path: '/api/handles/88.118.10023/%E6%A4%85',
  status: 200,
  durationMs: 1.23456,
  client: '192.0.2.7',
};

describe('a request', () => {
  it('stands in the log with when, what, how long, and from where as it may be shown', () => {
    records.keep({ ...entry, code: 'FORBIDDEN', principalId: 'p-1' });
    expect(lines()).toEqual([
      {
        at: '2026-03-01T04:00:00.000Z',
        ...entry,
        durationMs: 1.235,
        client: '<192.0.2.7>',
        principalId: 'p-1',
        code: 'FORBIDDEN',
      },
    ]);
  });

  it('has its path cut if that is very long', () => {
    records.keep({ ...entry, path: '/'.repeat(5000) });
    expect(String(lines()[0]?.path)).toHaveLength(1025);
  });

  it('with a good key is kept always', () => {
    for (let i = 0; i < 10; i++) records.keep({ ...entry, principalId: 'p-1' });
    expect(lines()).toHaveLength(10);
  });

  it('without one is kept while there is room in the second; the rest is a number', () => {
    for (let i = 0; i < 10; i++) records.keep(entry);
    records.nextSecond();
    records.keep(entry);
    const kept = lines();
    expect(kept).toHaveLength(5);
    expect(kept[3]).toEqual({ at: '2026-03-01T04:00:00.000Z', leftOut: 7 });
  });

  it('that the door has decided on is not counted again', () => {
    for (let i = 0; i < 10; i++) records.keep({ ...entry, plain: { sampled: true, kept: i % 2 === 0 } });
    expect(records.takeRoom()).toBe(true);
    expect(lines()).toHaveLength(5);
  });

  it('is kept every time if all are wanted, and handed over in bunches', () => {
    open('all');
    for (let i = 0; i < 5000; i++) expect(records.takeRoom()).toBe(true);
    for (let i = 0; i < 5000; i++) records.keep(entry);
    expect(lines()).toHaveLength(5000);
    expect(reports.length).toBeLessThan(50);
  });
});
