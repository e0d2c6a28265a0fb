import { describe, expect, test } from 'vitest';
import { Counters, createCountersBuffer } from '../../src/app/counters.ts';
import { judgeReadiness } from '../../src/app/readiness.ts';

type Gauge =
  | 'workers'
  | 'workersListening'
  | 'stopping'
  | 'storeReadOnly'
  | 'logsFailing'
  | 'certificateRefused'
  | 'siteKeyRefused'
  | 'lotKeyMissing'
  | 'importsApart';

function nodeWith(gauges: Partial<Record<Gauge, number>>) {
  const buffer = createCountersBuffer(3);
  const main = new Counters(buffer, 0);
  for (const [gauge, value] of Object.entries(gauges)) main.set(gauge as keyof typeof gauges, value);
  return judgeReadiness(buffer);
}

describe('a node', () => {
  test('is ready when all its workers listen', () => {
    expect(nodeWith({ workers: 2, workersListening: 2 })).toEqual({ status: 'ready', reasons: [] });
  });

  test('is degraded, and says what is missing, while one of them is being started', () => {
    const { status, reasons } = nodeWith({ workers: 2, workersListening: 1 });
    expect(status).toBe('degraded');
    expect(reasons).toEqual([expect.stringContaining('1 of 2 workers')]);
  });

  test('is not ready before any listens', () => {
    expect(nodeWith({ workers: 2 }).status).toBe('not ready');
  });

  test('is degraded while its store refuses writes, and says so', () => {
    const { status, reasons } = nodeWith({ workers: 1, workersListening: 1, storeReadOnly: 1 });
    expect(status).toBe('degraded');
    expect(reasons).toEqual([expect.stringContaining('refuses writes')]);
  });

  test('is degraded while a log cannot be written, and says so beside what else is wrong', () => {
    const { status, reasons } = nodeWith({ workers: 2, workersListening: 1, storeReadOnly: 1, logsFailing: 2 });
    expect(status).toBe('degraded');
    expect(reasons).toEqual([
      expect.stringContaining('1 of 2'),
      expect.stringContaining('refuses writes'),
      expect.stringContaining('log cannot be written'),
    ]);
  });

  test('is degraded while its TLS files cannot be used, and says so', () => {
    const { status, reasons } = nodeWith({ workers: 1, workersListening: 1, certificateRefused: 1 });
    expect(status).toBe('degraded');
    expect(reasons).toEqual([expect.stringContaining('TLS files cannot be used')]);
  });

  test('is degraded without the key of its lots, and says so', () => {
    const { status, reasons } = nodeWith({ workers: 1, workersListening: 1, lotKeyMissing: 1 });
    expect([status, reasons]).toEqual([
      'degraded',
      [expect.stringContaining('codes with check tags are not resolved')],
    ]);
  });

  test('is degraded while imports handed in at it would wait, and says so', () => {
    const { status, reasons } = nodeWith({ workers: 1, workersListening: 1, importsApart: 1 });
    expect([status, reasons]).toEqual(['degraded', [expect.stringContaining('imports.directory is not the one')]]);
  });

  test('is degraded while the keys of its site cannot be used, and says so', () => {
    const { status, reasons } = nodeWith({ workers: 1, workersListening: 1, siteKeyRefused: 1 });
    expect([status, reasons]).toEqual(['degraded', [expect.stringContaining('Handle site’s keys cannot be used')]]);
  });

  test('is not ready while it stops, whoever still listens', () => {
    const { status, reasons } = nodeWith({ workers: 2, workersListening: 2, stopping: 1 });
    expect(status).toBe('not ready');
    expect(reasons).toEqual(['The node is stopping.']);
  });
});
