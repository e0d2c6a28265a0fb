// Lines to a server of the Handle protocol: a TCP connection that is kept, one for each request, or a UDP socket. They know lengths
// and response codes, not what they mean.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What requests are sent on. */
export interface Line {
  send(request: string): void;
  close(): void;
}

export interface LineOptions {
  readonly port: number;
  /** `message`: its bytes, to be taken at once. */
  readonly onMessage: (code: number, bytes: number, message: () => string) => void;
  readonly fail: (reason: string) => void;
  /** Over UDP: whether what is not answered is sent again, and counts as a failure. */
  readonly repeats: boolean;
}

const ENVELOPE_BYTES = 20;
const RESPONSE_CODE_AT = ENVELOPE_BYTES + 4;
const READ_BUFFER_BYTES = 65_536;
/** A datagram that has not been answered for so long is lost. */
const LOST_MS = 500;
/** Of a driver's UDP sockets. */
const RECEIVE_BUFFER_BYTES = 1_048_576;

export async function openTcp({ port, onMessage, fail }: LineOptions): Promise<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let isClosing = false;
  const take = (bytes: Buffer): void => {
    let at = 0;
    while (bytes.length - at >= ENVELOPE_BYTES) {
      const end = at + ENVELOPE_BYTES + bytes.readInt32BE(at + 16);
      if (end > bytes.length) break;
      const start = at;
      onMessage(bytes.readInt32BE(at + RESPONSE_CODE_AT), end - at, () => bytes.toString('latin1', start, end));
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

/** A connection for each request, which the server ends behind its response. */
export async function openTcpAnew({ port, onMessage, fail }: LineOptions): Promise<Line> {
  let current: Socket | null = null;
  const send = (request: string): void => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    current = socket;
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => {
      socket.destroy();
      const [first] = chunks;
      const message = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
      if (message.length < RESPONSE_CODE_AT + 4) fail('The server closed the connection.');
      else onMessage(message.readInt32BE(RESPONSE_CODE_AT), message.length, () => message.toString('latin1'));
    });
    socket.write(request, 'latin1');
  };
  return { send, close: () => current?.destroy() };
}

export async function openUdp({ port, onMessage, fail, repeats }: LineOptions): Promise<Line> {
  const socket: UdpSocket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
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
  if (repeats) {
    lost = setInterval(() => {
      fail('A datagram was lost.');
      send(last);
    }, LOST_MS);
  }
  socket.on('error', (error) => fail(error.message));
  socket.on('message', (chunk) => {
    const total = ENVELOPE_BYTES + chunk.readInt32BE(16);
    parts += chunk.length - ENVELOPE_BYTES;
    if (parts < total - ENVELOPE_BYTES) return;
    parts = 0;
    onMessage(total === chunk.length ? chunk.readInt32BE(RESPONSE_CODE_AT) : 1, total, () => chunk.toString('latin1'));
  });
  return {
    send,
    close: () => {
      if (lost !== null) clearInterval(lost);
      socket.close();
    },
  };
}
