// Logs: JSON lines on standard error, one logger a thread. Handles and addresses appear at debug and never above.

import { isatty } from 'node:tty';
import { type Logger, pino } from 'pino';
import type { RequestLog } from '../http-server/http-server.ts';
import type { Config } from './config.ts';
import { GatheredLines } from './gathered-lines.ts';

export type Log = Logger;

/** Longest write, so that lines of several threads do not mix in a pipe (POSIX PIPE_BUF on Linux). */
const MAX_WRITE_BYTES = 4096;

/** How long a worker's line may wait for others: each write in the background costs two changes of thread. */
const GATHERED_MS = 100;

const STANDARD_ERROR = 2;

/**
 * `thread` stands in every line. The main thread, which says little, writes at once; workers gather lines for a moment and
 * write them in the background, at once when they are asked to `flush`.
 */
export function createLog(settings: Pick<Config['log'], 'level'>, thread: string): Log {
  const isMain = thread === 'main';
  const standardError = pino.destination({ dest: STANDARD_ERROR, sync: isMain, maxWrite: MAX_WRITE_BYTES });
  const destination = isMain ? standardError : gathering(standardError);
  const level = settings.level === 'auto' ? (isatty(STANDARD_ERROR) ? 'warn' : 'info') : settings.level;
  return pino({ level, base: { thread }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function gathering(destination: pino.DestinationStream): pino.DestinationStream & { flush(): void } {
  const take = (text: string): void => destination.write(text);
  const lines = new GatheredLines({ maxLength: MAX_WRITE_BYTES, maxWaitMs: GATHERED_MS, take });
  return { write: (line) => lines.add(line), flush: () => lines.handOver() };
}

/** Routes that only resolve: far more requests than all others together. */
const RESOLUTION_ROUTES: ReadonlySet<string> = new Set(['/api/handles/*', '/v1/resolve', '/*']);

/**
 * One line a request, without handle and address. Of the resolutions one in `sample` is written (0: none), and every one
 * that failed. Of a defect it is written at once: the thread may end of it.
 */
export function requestLog(log: Pick<Log, 'info' | 'error' | 'flush'>, sample: number): RequestLog {
  let resolutions = 0;
  return ({ cause, durationMs, plain, path: _path, client: _client, denial: _denial, ...rest }) => {
    if (plain?.sampled === false) return;
    const entry = { ...rest, durationMs: Math.round(durationMs * 1000) / 1000 };
    if (entry.status >= 500) {
      log.error(cause === undefined ? entry : { ...entry, err: cause }, 'request');
      log.flush();
      return;
    }
    if (plain === undefined && RESOLUTION_ROUTES.has(entry.route)) {
      resolutions += 1;
      if (sample === 0 || resolutions < sample) return;
      resolutions = 0;
    }
    log.info(entry, 'request');
  };
}
