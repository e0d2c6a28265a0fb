import { expect, test } from 'vitest';
import { requestLog } from '../../src/app/logs.ts';

interface Line {
  readonly level: 'info' | 'error';
  readonly entry: Readonly<Record<string, unknown>>;
}

function logging(sample: number) {
  const lines: Line[] = [];
  const flushed: number[] = [];
  const at = (level: Line['level']) => (entry: unknown) => {
    lines.push({ level, entry: entry as Line['entry'] });
  };
  const flush = (): void => void flushed.push(lines.length);
  return { lines, flushed, log: requestLog({ info: at('info'), error: at('error'), flush }, sample) };
}

const request = { requestId: 'r', method: 'GET', status: 200, durationMs: 1.23456, client: '192.0.2.7', path: '/x' };

test('every request is a line, its duration in microseconds', () => {
  const { lines, log } = logging(1000);
  for (let i = 0; i < 3; i++) log({ ...request, route: '/v1/enterprises' });
  expect(lines).toHaveLength(3);
  const { client: _client, path: _path, ...said } = request;
  expect(lines[0]).toEqual({ level: 'info', entry: { ...said, route: '/v1/enterprises', durationMs: 1.235 } });
});

test('of the resolutions only one in so many is', () => {
  const { lines, log } = logging(10);
  for (let i = 0; i < 100; i++) log({ ...request, route: '/v1/resolve' });
  expect(lines).toHaveLength(10);
});

test('what the door has sampled already is not thinned again', () => {
  const plain = { sampled: true, kept: false };
  const { lines, log } = logging(10);
  for (let i = 0; i < 5; i++) log({ ...request, route: '/api/handles/*', plain });
  expect(lines).toHaveLength(5);
  expect(lines[0]?.entry).not.toHaveProperty('plain');
  log({ ...request, route: '/api/handles/*', plain: { sampled: false, kept: true } });
  expect(lines).toHaveLength(5);
});

test('none of them is if the sample is 0', () => {
  const { lines, log } = logging(0);
  for (let i = 0; i < 100; i++) log({ ...request, route: '/*' });
  expect(lines).toEqual([]);
});

test('a failure is an error, whatever its route, with what caused it, and waits for no other line', () => {
  const { lines, flushed, log } = logging(0);
  const cause = new Error('a defect');
  log({ ...request, route: '/v1/resolve', status: 500, code: 'INTERNAL', cause });
  expect(lines).toEqual([expect.objectContaining({ level: 'error', entry: expect.objectContaining({ err: cause }) })]);
  expect(flushed).toEqual([1]);
});

test('a line without a failure may wait for others', () => {
  const { flushed, log } = logging(1);
  log({ ...request, route: '/v1/enterprises' });
  expect(flushed).toEqual([]);
});
