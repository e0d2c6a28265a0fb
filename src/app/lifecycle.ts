// Ends the process in order on a signal or an uncaught error of the main thread. A second signal forces it.

import closeWithGrace from 'close-with-grace';
import { isNpmScript } from './config-environment.ts';
import type { Log } from './logs.ts';

/** Longer than workers get, so that what they finished still reaches the disk. */
const STOP_DEADLINE_MS = 20_000;
/** How often a node that npm started looks whether npm is still there. */
const PARENT_INTERVAL_MS = 500;

/** Exit code 0 after an orderly stop, 1 after an error, a second signal or the deadline. */
export function closeOnSignals(close: () => Promise<void>, log: Log, drainMs: number): void {
  const options = { delay: STOP_DEADLINE_MS + drainMs, logger: log, skip: ['SIGUSR2', 'beforeExit'] satisfies Skipped };
  const closing = closeWithGrace(options, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, 'stopping: new work is refused, what is in flight is finished');
    else log.fatal({ err }, 'an error nobody expected: stopping');
    await close();
    log.info('stopped');
  });
  if (isNpmScript()) watchParent(() => closing.close());
}

type Skipped = NonNullable<closeWithGrace.Options['skip']>;

/** `npm start` hands a SIGTERM to the shell between, which dies of it and tells nobody: its end counts as the signal. */
function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_INTERVAL_MS);
  timer.unref();
}
