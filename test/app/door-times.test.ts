// How threads that answer fare is read of the system, by their names.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { DoorTimes, doorName } from '../../src/app/door-times.ts';

const WORKS = `
  const until = performance.now() + 60;
  while (performance.now() < until);
  require('node:worker_threads').parentPort.postMessage('done');
  setInterval(() => {}, 1000);
`;

it.runIf(process.platform === 'linux')(
  'tells how long threads named as doors have worked, and of no others',
  async () => {
    let nowMs = 0;
    const doors = new DoorTimes(() => nowMs);
    const other = new Worker(WORKS, { eval: true, name: 'import' });
    await once(other, 'message');
    expect(doors.times()).toBeNull();
    const door = new Worker(WORKS, { eval: true, name: doorName(1) });
    await once(door, 'message');
    // Threads are looked for once a second.
    expect(doors.times()).toBeNull();
    nowMs += 1000;
    const times = doors.times();
    expect(times?.workedMs).toBeGreaterThan(20);
    expect(times?.waitedMs).toBeGreaterThanOrEqual(0);
    await Promise.all([door.terminate(), other.terminate()]);
  },
);
