// What commands leave for the audit trail beside it, and how the node takes it in.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LeftEvent, leaveEvent, takeEvents } from '../../src/logbook/inbox.ts';
import { event, type LogWorld, logWorld } from './world.ts';

let world: LogWorld;
beforeEach(() => {
  world = logWorld();
});
afterEach(() => world.remove());

async function taken(): Promise<[string | null, number][]> {
  const found: LeftEvent[] = [];
  await takeEvents(world.directory, (left) => found.push(left));
  return found.map((left) => [left.event.subject, left.atMs]);
}

const NAMES = ['1', '2', '3'].map((digit) => `00000000-0000-0000-0000-00000000000${digit}`) as [string, string, string];

it('is taken in once, oldest first, whatever the files are called', async () => {
  expect(await taken()).toEqual([]);
  leaveEvent(world.directory, NAMES[0], { event: event('b'), atMs: 2 });
  leaveEvent(world.directory, NAMES[1], { event: event('c'), atMs: 3 });
  leaveEvent(world.directory, NAMES[2], { event: event('a'), atMs: 1 });
  expect(await taken()).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
  expect(await taken()).toEqual([]);
  expect(readdirSync(world.directory)).toEqual([]);
});

it('stays where it is if it is none of ours', async () => {
  await world.audit('x');
  const strange = {
    [`left-${NAMES[0]}.json`]: '{"event":{"kind":"made-up"},"atMs":1}',
    [`left-${NAMES[1]}.json`]: '{"event":',
    'left-.json': JSON.stringify({ event: event('y'), atMs: 1 }),
  };
  for (const [name, text] of Object.entries(strange)) writeFileSync(join(world.directory, name), text);
  expect(await taken()).toEqual([]);
  expect(readdirSync(world.directory)).toHaveLength(4);
});
