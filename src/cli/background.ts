// Work beside a node on the same machine: it gets the processor when the node leaves it. Nothing here touches the node.

import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

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
