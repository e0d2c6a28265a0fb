// Work beside a node on the same machine: it gets the processor when the node leaves it. Nothing here touches the node.

import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Gives way to everybody else, with all threads of this process (Linux counts priorities by thread). */
export function giveWay(): void {
  for (const thread of threads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW);
    } catch {
      // Where it is not allowed the work goes on at the usual priority.
    }
  }
}

function threads(): readonly number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [0]; // elsewhere: the process as a whole
  }
}

/** Work that took this much longer than its processor time was kept waiting by others. */
const BUSY_FACTOR = 1.25;
/** How long to rest then, by the processor time of the work, and at most. */
const REST_FACTOR = 3;
const MAX_REST_MS = 100;

/**
 * To be awaited after each piece of work: rests while others want the processor, and costs nothing while they do not.
 * The lowest priority alone still takes caches and moments from a node.
 */
export function createPacer(): () => Promise<void> {
  let before = { wallMs: performance.now(), cpu: process.cpuUsage() };
  return async () => {
    const { user, system } = process.cpuUsage(before.cpu);
    const cpuMs = (user + system) / 1000;
    const isBusy = performance.now() - before.wallMs > cpuMs * BUSY_FACTOR;
    await sleep(isBusy ? Math.min(cpuMs * REST_FACTOR, MAX_REST_MS) : 0);
    before = { wallMs: performance.now(), cpu: process.cpuUsage() };
  };
}
