// Lines are found wherever they stand, in compressed files too, and by pages.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEvent } from '../../src/domain/audit.ts';
import { isPlace, type LogQuery, searchLog } from '../../src/logbook/search.ts';
import { tidyFiles } from '../../src/logbook/upkeep.ts';
import { DAY_MS, type LogWorld, logWorld } from './world.ts';

let world: LogWorld;
beforeEach(async () => {
  world = logWorld();
  const file = world.openAudit();
  for (let i = 0; i < 6; i++) {
    const event = {
      ...nodeEvent(i % 2 === 0 ? 'backup-made' : 'registry-exported', `s-${i}`),
      requestId: `请求 "${i % 3}"`,
    };
    file.append({ ...event, principalId: i < 3 ? 'p-1' : 'p-2' }, world.clock.nowMs);
    await written(i + 1);
    if (i % 2 === 1) world.clock.nowMs += DAY_MS;
  }
  await file.close();
  const current = 'audit-2026-03-03.0001.ndjson';
  await tidyFiles({ directory: world.directory, stem: 'audit', current, oldestDay: '2026-01-01' });
});
afterEach(() => world.remove());

async function written(lines: number): Promise<void> {
  while (world.told.written < lines) await new Promise((resolve) => setImmediate(resolve));
}

async function find(query: LogQuery): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { entry } of searchLog(world.directory, 'audit', query)) found.push(entry.subject);
  return found;
}

describe('a search', () => {
  const day = (n: number): number => Date.UTC(2026, 2, n, -8);
  it.each<[string, LogQuery, string[]]>([
    ['everything', {}, ['s-0', 's-1', 's-2', 's-3', 's-4', 's-5']],
    ['a request', { requestId: '请求 "1"' }, ['s-1', 's-4']],
    ['a principal', { principalId: 'p-2' }, ['s-3', 's-4', 's-5']],
    ['a kind', { kind: 'registry-exported' }, ['s-1', 's-3', 's-5']],
    ['all of these together', { requestId: '请求 "1"', principalId: 'p-2', kind: 'backup-made' }, ['s-4']],
    ['what only looks alike', { requestId: 'backup-made' }, []],
    ['from an instant on', { fromMs: day(2) }, ['s-2', 's-3', 's-4', 's-5']],
    ['before an instant', { toMs: day(2) }, ['s-0', 's-1']],
    ['a day', { fromMs: day(2), toMs: day(3) }, ['s-2', 's-3']],
  ])('finds %s', async (_, query, subjects) => {
    expect(await find(query)).toEqual(subjects);
  });

  it('goes on after a place, across files', async () => {
    const places: string[] = [];
    for await (const { place } of searchLog(world.directory, 'audit', {})) places.push(place);
    expect(places[0]).toBe('audit-2026-03-01.0001:1');
    expect(places.every(isPlace)).toBe(true);
    for (const [i, after] of places.entries()) expect(await find({ after })).toHaveLength(5 - i);
  });

  it('finds nothing where no log is', async () => {
    for await (const line of searchLog(`${world.directory}/none`, 'requests', {})) expect.unreachable(line.place);
  });
});
