// The smallest servers of node:net and node:dgram that answer each message of the Handle protocol with the same bytes, from a
// constant: what the ratios compare our doors with. They read nothing but lengths.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface HandleReferenceTask {
  readonly kind: 'handle';
  /** A whole message, as bytes in a string. */
  readonly answer: string;
  /** Bytes of every request. */
  readonly requestBytes: number;
  /** Whether the connection ends behind the first answer. */
  readonly endsConnection: boolean;
}

const { task, port } = workerData as { readonly task: HandleReferenceTask; readonly port: number };
const answer = Buffer.from(task.answer, 'latin1');

const server = createServer({ noDelay: true }, (socket) => {
  let pending = 0;
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.length;
    for (; pending >= task.requestBytes; pending -= task.requestBytes) {
      if (task.endsConnection) socket.end(answer);
      else socket.write(answer);
    }
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ host: '127.0.0.1', port, reusePort: true });
await once(server, 'listening');
const listening = (server.address() as AddressInfo).port;

const udp = createSocket({ type: 'udp4', reusePort: true, recvBufferSize: 4_194_304 });
udp.on('message', (_chunk, from) => udp.send(answer, from.port, from.address));
udp.bind({ address: '127.0.0.1', port: listening });
await once(udp, 'listening');
parentPort?.postMessage(listening);
