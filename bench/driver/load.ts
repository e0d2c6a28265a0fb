// Loads a server over keep-alive connections: as fast as it answers (closed loop), or at a given rate whatever it does
// (open loop, latencies counted from the moment a request was due). It knows bytes and statuses, not what they mean.

import { Connection } from './connection.ts';
import { Histogram, type LatencySummary } from './histogram.ts';

export interface LoadOptions {
  readonly port: number;
  readonly secure: boolean;
  readonly connections: number;
  readonly durationMs: number;
  /** Requests a second for an open loop; null for a closed one. */
  readonly rate: number | null;
  /** The next request, as bytes in a string. */
  readonly next: () => string;
  readonly expect: ResponseExpectation;
  /** The server's CPU seconds so far: read when the clock starts and when it stops. */
  readonly serverCpu: () => number;
}

/** What a right answer looks like; anything else is counted as wrong. */
export interface ResponseExpectation {
  readonly statuses: readonly number[];
  readonly minimumBodyBytes?: number;
  /** Must occur in the last 256 bytes of the body. */
  readonly tailIncludes?: string;
}

export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly bodyBytes: number;
  readonly serverCpuSeconds: number;
  readonly latency: LatencySummary;
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers other than expected. */
  readonly wrong: number;
  /** The first wrong answer's status and end, or the first broken connection's reason. */
  readonly firstFailure: string | null;
  /** Broken connections. */
  readonly errors: number;
  /** Open loop: requests that were due and had not been answered when time was up. */
  readonly unanswered: number;
  /**
   * Open loop: how long after its instant a request that was due was noticed here, whatever the server did. All of it
   * is in the latencies. Left out where it was not looked at.
   */
  readonly lateness?: LatencySummary;
}

/** Open-loop requests are sent once in this interval; what they wait for it counts as latency. */
const TICK_MS = 1;
/** Requests that may wait for a connection before an open loop gives up: five seconds' worth of a fast server. */
const MAX_WAITING = 100_000;

export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const run = new LoadRun(options);
  try {
    await run.open();
    return await (options.rate === null ? run.closedLoop() : run.openLoop(options.rate));
  } finally {
    run.close();
  }
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #histogram = new Histogram();
  readonly #lateness = new Histogram();
  readonly #connections: Connection[] = [];
  /** When the request on each connection was sent (closed loop) or due (open loop). */
  readonly #since: Float64Array;
  readonly #statuses = new Array<number>(600).fill(0);
  readonly #idle: number[] = [];
  /** Due instants of requests that wait for a connection. */
  #waiting: number[] = [];
  #waitingAt = 0;
  #answered = 0;
  #bodyBytes = 0;
  #wrong = 0;
  #errors = 0;
  #firstFailure: string | null = null;
  #running = false;
  #open = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#since = new Float64Array(options.connections);
  }

  async open(): Promise<void> {
    for (let i = 0; i < this.#options.connections; i++) {
      const connection = await Connection.open({
        port: this.#options.port,
        secure: this.#options.secure,
        onResponse: (status, bodyBytes, tail) => this.#onResponse(i, status, bodyBytes, tail),
        onFailure: (error) => {
          if (!this.#running) return;
          this.#errors++;
          this.#firstFailure ??= error.message;
        },
      });
      this.#connections.push(connection);
    }
  }

  close(): void {
    this.#running = false;
    for (const connection of this.#connections) connection.close();
  }

  async closedLoop(): Promise<LoadReport> {
    this.#running = true;
    const cpuBefore = this.#options.serverCpu();
    const startedAt = performance.now();
    for (let i = 0; i < this.#connections.length; i++) this.#send(i, performance.now());
    await new Promise((resolve) => setTimeout(resolve, this.#options.durationMs));
    const seconds = (performance.now() - startedAt) / 1000;
    this.#running = false;
    return this.#report(seconds, this.#options.serverCpu() - cpuBefore, 0);
  }

  async openLoop(rate: number): Promise<LoadReport> {
    this.#running = true;
    this.#open = true;
    for (let i = 0; i < this.#connections.length; i++) this.#idle.push(i);
    const cpuBefore = this.#options.serverCpu();
    const startedAt = performance.now();
    const total = Math.floor((this.#options.durationMs / 1000) * rate);
    let scheduled = 0;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        const now = performance.now();
        const due = Math.min(total, Math.floor(((now - startedAt) / 1000) * rate));
        for (; scheduled < due; scheduled++) {
          const dueAt = startedAt + (scheduled / rate) * 1000;
          this.#waiting.push(dueAt);
          this.#lateness.record(now - dueAt);
        }
        this.#sendWaiting();
        if (scheduled >= total || this.#errors > 0 || this.#waiting.length - this.#waitingAt > MAX_WAITING) resolve();
        else setTimeout(tick, TICK_MS);
      };
      tick();
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const graceUntil = performance.now() + 2000;
    while (this.#answered < scheduled && performance.now() < graceUntil) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    this.#running = false;
    return this.#report(seconds, this.#options.serverCpu() - cpuBefore, scheduled - this.#answered);
  }

  #sendWaiting(): void {
    while (this.#idle.length > 0 && this.#waitingAt < this.#waiting.length) {
      const i = this.#idle.pop() as number;
      this.#send(i, this.#waiting[this.#waitingAt++] as number);
    }
    if (this.#waitingAt === this.#waiting.length && this.#waitingAt > 0) {
      this.#waiting = [];
      this.#waitingAt = 0;
    }
  }

  #send(i: number, since: number): void {
    this.#since[i] = since;
    this.#connections[i]?.send(this.#options.next());
  }

  #onResponse(i: number, status: number, bodyBytes: number, tail: () => string): void {
    if (!this.#running) return;
    const now = performance.now();
    this.#histogram.record(now - (this.#since[i] ?? now));
    this.#answered++;
    this.#bodyBytes += bodyBytes;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    const { statuses, minimumBodyBytes, tailIncludes } = this.#options.expect;
    if (
      !statuses.includes(status) ||
      (minimumBodyBytes !== undefined && bodyBytes < minimumBodyBytes) ||
      (tailIncludes !== undefined && !tail().includes(tailIncludes))
    ) {
      this.#wrong++;
      this.#firstFailure ??= `HTTP ${status}, ${bodyBytes} bytes, ending in ${tail()}`;
    }
    if (!this.#open) {
      this.#send(i, now);
      return;
    }
    this.#idle.push(i);
    this.#sendWaiting();
  }

  #report(seconds: number, serverCpuSeconds: number, unanswered: number): LoadReport {
    const statuses: Record<string, number> = {};
    for (const [status, count] of this.#statuses.entries()) if (count > 0) statuses[status] = count;
    return {
      requests: this.#answered,
      seconds,
      perSecond: this.#answered / seconds,
      bodyBytes: this.#bodyBytes,
      serverCpuSeconds,
      latency: this.#histogram.summary(),
      statuses,
      wrong: this.#wrong,
      firstFailure: this.#firstFailure,
      errors: this.#errors,
      unanswered,
      ...(this.#open ? { lateness: this.#lateness.summary() } : {}),
    };
  }
}
