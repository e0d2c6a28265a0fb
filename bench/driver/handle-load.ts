// Loads a server of the Handle protocol, over TCP connections that carry several requests at once or over UDP sockets with one
// each, as fast as it answers. It knows lengths and response codes, not what they mean.

import { type Line, openTcp, openTcpAnew, openUdp } from './handle-lines.ts';
import type { ClientKey } from './handle-session.ts';
import { openSession } from './handle-session.ts';
import { Histogram } from './histogram.ts';
import type { LoadOptions, LoadReport } from './load.ts';

export interface HandleLoadOptions extends Omit<LoadOptions, 'secure'> {
  /** `tcp-connect`: a connection for each request. `session`: creations within a session on each connection. */
  readonly transport: 'tcp' | 'tcp-connect' | 'udp' | 'session';
  /** Requests on their way on each connection; of an open loop as many as are due. */
  readonly depth: number;
  /** Of sessions: whose. */
  readonly key?: ClientKey;
}

/** Requests of an open loop are sent once in this interval, and what is not answered so long after the last is lost. */
const TICK_MS = 1;
const GRACE_MS = 1000;

export async function runHandleLoad(options: HandleLoadOptions): Promise<LoadReport> {
  const histogram = new Histogram();
  const statuses: Record<string, number> = {};
  const lines: Line[] = [];
  let [answered, bodyBytes, wrong, errors] = [0, 0, 0, 0];
  let firstFailure: string | null = null;
  let isRunning = false;

  const fail = (reason: string): void => {
    if (!isRunning) return;
    errors++;
    firstFailure ??= reason;
  };
  const openLine = async (): Promise<void> => {
    /** When each request on its way was sent; answers are taken for those of the oldest. */
    const since: number[] = [];
    const onMessage = (code: number, bytes: number): void => {
      if (!isRunning) return;
      const now = performance.now();
      histogram.record(now - (since.shift() ?? now));
      answered++;
      bodyBytes += bytes;
      statuses[code] = (statuses[code] ?? 0) + 1;
      if (!options.expect.statuses.includes(code) || bytes < (options.expect.minimumBodyBytes ?? 0)) {
        wrong++;
        firstFailure ??= `response code ${code}, ${bytes} bytes`;
      }
      if (options.rate === null) send();
    };
    const { port, key } = options;
    const repeats = options.rate === null;
    const line = await OPEN[options.transport]({ port, onMessage, fail, repeats, key: key ?? null });
    const send = (): void => {
      since.push(performance.now());
      line.send(options.next());
    };
    lines.push({ ...line, send: () => send() });
  };

  for (let i = 0; i < options.connections; i++) await openLine();
  isRunning = true;
  const cpuBefore = options.serverCpu();
  const startedAt = performance.now();
  let sent = 0;
  if (options.rate === null) {
    for (const line of lines) for (let i = 0; i < options.depth; i++) line.send('');
    await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  } else {
    sent = await sendAt(options.rate, options.durationMs, lines);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const graceUntil = performance.now() + GRACE_MS;
  while (answered < sent && performance.now() < graceUntil)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  isRunning = false;
  const serverCpuSeconds = options.serverCpu() - cpuBefore;
  for (const line of lines) line.close();
  const perSecond = answered / seconds;
  const counted = { requests: answered, seconds, perSecond, bodyBytes, serverCpuSeconds, statuses, wrong, errors };
  return { ...counted, latency: histogram.summary(), firstFailure, unanswered: Math.max(0, sent - answered) };
}

const OPEN = { tcp: openTcp, 'tcp-connect': openTcpAnew, udp: openUdp, session: openSession } as const;

/** Sends what is due, whatever comes back, on one line after the other; returns how much that was. */
async function sendAt(rate: number, durationMs: number, lines: readonly Line[]): Promise<number> {
  const startedAt = performance.now();
  const total = Math.floor((durationMs / 1000) * rate);
  for (let sent = 0; ; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * rate));
    for (; sent < due; sent++) lines[sent % lines.length]?.send('');
    if (sent >= total) return total;
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}
