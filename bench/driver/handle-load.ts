// Loads a server of the Handle protocol, over TCP connections that carry several requests at once or over UDP sockets with one
// each, as fast as it answers. It knows lengths and response codes, not what they mean.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Histogram } from './histogram.ts';
import type { LoadOptions, LoadReport } from './load.ts';

export interface HandleLoadOptions extends Omit<LoadOptions, 'secure' | 'rate'> {
  readonly transport: 'tcp' | 'udp';
  /** Requests on their way on each connection. */
  readonly depth: number;
}

const ENVELOPE_BYTES = 20;
const RESPONSE_CODE_AT = ENVELOPE_BYTES + 4;
const READ_BUFFER_BYTES = 65_536;
/** A datagram that has not been answered for so long is lost. */
const LOST_MS = 500;

interface Line {
  send(request: string): void;
  close(): void;
}

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
      send();
    };
    const line = await (options.transport === 'tcp' ? openTcp : openUdp)(options.port, onMessage, fail);
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
  for (const line of lines) for (let i = 0; i < options.depth; i++) line.send('');
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  const seconds = (performance.now() - startedAt) / 1000;
  isRunning = false;
  const serverCpuSeconds = options.serverCpu() - cpuBefore;
  for (const line of lines) line.close();
  const perSecond = answered / seconds;
  const counted = { requests: answered, seconds, perSecond, bodyBytes, serverCpuSeconds, statuses, wrong, errors };
  return { ...counted, latency: histogram.summary(), firstFailure, unanswered: 0 };
}

type OnMessage = (code: number, bytes: number) => void;

async function openTcp(port: number, onMessage: OnMessage, fail: (reason: string) => void): Promise<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let isClosing = false;
  const take = (bytes: Buffer): void => {
    let at = 0;
    while (bytes.length - at >= ENVELOPE_BYTES) {
      const end = at + ENVELOPE_BYTES + bytes.readInt32BE(at + 16);
      if (end > bytes.length) break;
      onMessage(bytes.readInt32BE(at + RESPONSE_CODE_AT), end - at);
      at = end;
    }
    rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  };
  const socket: Socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
      callback: (length: number, buffer: Uint8Array): boolean => {
        const chunk = (buffer as Buffer).subarray(0, length);
        take(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
        return true;
      },
    },
  });
  await once(socket, 'connect');
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => {
    if (!isClosing) fail('The server closed the connection.');
  });
  let waiting = '';
  return {
    // What is asked for in one turn goes out in one piece, as from a client that pipelines.
    send: (request) => {
      if (waiting === '') {
        queueMicrotask(() => {
          socket.write(waiting, 'latin1');
          waiting = '';
        });
      }
      waiting += request;
    },
    close: () => {
      isClosing = true;
      socket.destroy();
    },
  };
}

async function openUdp(port: number, onMessage: OnMessage, fail: (reason: string) => void): Promise<Line> {
  const socket: UdpSocket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let last = '';
  let parts = 0;
  let lost: NodeJS.Timeout | null = null;
  const send = (request: string): void => {
    last = request;
    socket.send(Buffer.from(request, 'latin1'));
    lost?.refresh();
  };
  lost = setInterval(() => {
    fail('A datagram was lost.');
    send(last);
  }, LOST_MS);
  socket.on('error', (error) => fail(error.message));
  socket.on('message', (chunk) => {
    const total = ENVELOPE_BYTES + chunk.readInt32BE(16);
    parts += chunk.length - ENVELOPE_BYTES;
    if (parts < total - ENVELOPE_BYTES) return;
    parts = 0;
    onMessage(total === chunk.length ? chunk.readInt32BE(RESPONSE_CODE_AT) : 1, total);
  });
  return {
    send,
    close: () => {
      if (lost !== null) clearInterval(lost);
      socket.close();
    },
  };
}
