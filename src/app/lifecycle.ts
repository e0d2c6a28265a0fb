// Ends the process in order on a signal or an uncaught error of the main thread. A second signal forces it.

import closeWithGrace from 'close-with-grace';
import type { Log } from './logs.ts';

/** Longer than workers get, so that what they finished still reaches the disk. */
const STOP_DEADLINE_MS = 20_000;

/** Exit code 0 after an orderly stop, 1 after an error, a second signal or the deadline. */
export function closeOnSignals(close: () => Promise<void>, log: Log): void {
  closeWithGrace({ delay: STOP_DEADLINE_MS, logger: log, skip: ['SIGUSR2', 'beforeExit'] }, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, 'stopping: new work is refused, what is in flight is finished');
    else log.fatal({ err }, 'an error nobody expected: stopping');
    await close();
    log.info('stopped');
  });
}
