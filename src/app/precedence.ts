// Work that may take longer goes behind what people wait for, where the system lets a thread choose that (Linux).

import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** To those who resolve: an import may take longer, a scan may not. */
export function givePrecedence(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Elsewhere all threads are equal.
  }
}
