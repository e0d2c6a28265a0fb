// The request log of one serving thread: which requests are kept, and their lines, which go to the main thread in bunches.
// What is left out for want of room in a second is kept as a number.

import { MAX_LOGGED_PATH_LENGTH } from '../domain/limits.ts';
import type { RequestLog } from '../http-server/http-server.ts';
import type { ShowClient } from '../logbook/client-form.ts';
import { GatheredLines } from './gathered-lines.ts';
import type { Report } from './log-files.ts';

/** Text that is handed over at once. */
const HANDED_OVER_LENGTH = 65_536;
/** How long a line may wait in the thread: what a crash can lose. */
const HANDED_OVER_MS = 250;

export interface RequestRecordsOptions {
  readonly keptPerSecond: number | 'all';
  readonly clock: () => number;
  readonly show: ShowClient;
  readonly report: (report: Report) => void;
}

type Entry = Parameters<RequestLog>[0];

export class RequestRecords {
  readonly #options: RequestRecordsOptions;
  readonly #perSecond: number;
  readonly #lines: GatheredLines;
  #room: number;
  #leftOut = 0;

  constructor(options: RequestRecordsOptions) {
    this.#options = options;
    this.#perSecond = options.keptPerSecond === 'all' ? Number.POSITIVE_INFINITY : options.keptPerSecond;
    this.#room = this.#perSecond;
    this.#lines = new GatheredLines({
      maxLength: HANDED_OVER_LENGTH,
      maxWaitMs: HANDED_OVER_MS,
      take: (text, lines) => options.report({ kind: 'requests', text: text.slice(0, -1), lines }),
    });
  }

  /** Whether there is room for one more in this second; counts it either way. On the hot path. */
  takeRoom(): boolean {
    if (this.#room > 0) {
      this.#room -= 1;
      return true;
    }
    this.#leftOut += 1;
    return false;
  }

  /** Requests of those who showed a good key are kept always: they are known, and answer for what they send. */
  keep(entry: Entry): void {
    const isKept = entry.plain?.kept ?? (entry.principalId !== undefined || this.takeRoom());
    if (!isKept) return;
    const { clock, show } = this.#options;
    const { requestId, method, route, path, status, durationMs, client, principalId, code } = entry;
    this.#add({
      at: new Date(clock()).toISOString(),
      requestId,
      method,
      route,
      path: path.length > MAX_LOGGED_PATH_LENGTH ? `${path.slice(0, MAX_LOGGED_PATH_LENGTH)}…` : path,
      status,
      durationMs: Math.round(durationMs * 1000) / 1000,
      client: show(client),
      principalId,
      code,
    });
  }

  /** To be called once a second. */
  nextSecond(): void {
    this.#room = this.#perSecond;
    if (this.#leftOut === 0) return;
    this.#add({ at: new Date(this.#options.clock()).toISOString(), leftOut: this.#leftOut });
    this.#leftOut = 0;
  }

  close(): void {
    this.nextSecond();
    this.#lines.handOver();
  }

  #add(line: object): void {
    this.#lines.add(`${JSON.stringify(line)}\n`);
  }
}
