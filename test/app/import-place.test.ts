// Nodes that share a store, and whether they see one directory of imports.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { ImportPlace } from '../../src/app/import-place.ts';

const root = mkdtempSync(join(tmpdir(), 'jiabiao-place-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let agreed: Map<string, string>;
let ids: number;
let round = 0;
beforeEach(() => {
  agreed = new Map();
  ids = 0;
  round++;
});

const agreements = {
  read: async (name: string) => agreed.get(name) ?? null,
  async propose(name: string, value: string) {
    if (!agreed.has(name)) agreed.set(name, value);
    return agreed.get(name) as string;
  },
  async replace(name: string, before: string, value: string) {
    if (agreed.get(name) === before) agreed.set(name, value);
    return agreed.get(name) ?? null;
  },
};

function node(directory: string) {
  const told: string[] = [];
  const gauges: number[] = [];
  const place = new ImportPlace({
    directory: join(root, String(round), directory),
    agreements,
    randomId: () => `mark-${++ids}`,
    counters: { set: (_, value) => gauges.push(value) },
    log: {
      info: (...[, text]: unknown[]) => told.push(`${text}`),
      error: (...[, text]: unknown[]) => told.push(`${text}`),
    },
  });
  return { place, told, isApart: () => gauges.at(-1) === 1 };
}

test('nodes with one directory find it so', async () => {
  const [leader, other] = [node('shared'), node('shared')];
  await leader.place.declare();
  await other.place.compare();
  expect([leader.isApart(), other.isApart()]).toEqual([false, false]);
  expect([...leader.told, ...other.told]).toEqual([]);
});

test('a node with another one says so once, and again when it has been put right', async () => {
  const [leader, other] = [node('one'), node('another')];
  await other.place.compare(); // nobody leads yet
  expect(other.isApart()).toBe(false);
  await leader.place.declare();
  await other.place.compare();
  await other.place.compare();
  expect(other.isApart()).toBe(true);
  expect(other.told).toEqual([expect.stringContaining('name one that all nodes see')]);
  await other.place.declare(); // the leader is gone, so its own is the one now
  expect(other.isApart()).toBe(false);
  expect(other.told).toHaveLength(2);
  await leader.place.compare();
  expect(leader.isApart()).toBe(true);
});

test('a leader whose directory is new, or was moved, is not held up by what it was before', async () => {
  await node('old').place.declare();
  const moved = node('new');
  await moved.place.declare();
  await moved.place.declare();
  expect([moved.isApart(), agreed.get('imports-directory'), ids]).toEqual([false, 'mark-2', 2]);
});
