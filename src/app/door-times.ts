// How long the threads of this process that answer have worked, and waited for a processor, as Linux counts it for every
// thread. It costs those threads nothing. Elsewhere nobody knows.

import { readdirSync, readFileSync } from 'node:fs';
import type { ServingTimes } from '../imports/courtesy.ts';

/** How the threads that answer are named (at most 15 characters), to be told from others. */
const DOOR = 'door ';
const TASKS = '/proc/self/task';
/** A worker that died has a successor. */
const SEARCHED_EVERY_MS = 1000;

export function doorName(index: number): string {
  return `${DOOR}${index}`;
}

export class DoorTimes {
  readonly #now: () => number;
  #doors: readonly string[] = [];
  #searchAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** They fall only when a thread has died. Null if the system does not tell. */
  times(): ServingTimes | null {
    if (this.#now() >= this.#searchAt) this.#search();
    let [workedMs, waitedMs, count] = [0, 0, 0];
    for (const door of this.#doors) {
      // Nanoseconds on a processor, nanoseconds of waiting for one, and how often it got one.
      const [worked, waited] = readOrNull(`${TASKS}/${door}/schedstat`)?.split(' ') ?? [];
      if (waited === undefined) continue;
      workedMs += Number(worked) / 1e6;
      waitedMs += Number(waited) / 1e6;
      count += 1;
    }
    return count === 0 ? null : { workedMs: workedMs / count, waitedMs: waitedMs / count };
  }

  #search(): void {
    this.#searchAt = this.#now() + SEARCHED_EVERY_MS;
    this.#doors = tasks().filter((task) => readOrNull(`${TASKS}/${task}/comm`)?.startsWith(DOOR));
  }
}

function tasks(): readonly string[] {
  try {
    return readdirSync(TASKS);
  } catch {
    return []; // not Linux
  }
}

/** Null for a thread that is gone, or where threads have no such file. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
