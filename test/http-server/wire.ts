// Bytes to and from the HTTP door, below any client library.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RawReply {
  readonly status: number;
  /** Lines in order of the alphabet, without those that are always other ones. */
  readonly headers: readonly string[];
  readonly body: string;
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

/** All that comes back for these bytes until the server ends the connection, which the client does with the last one. */
export async function tell(port: number, ...pieces: readonly string[]): Promise<readonly RawReply[]> {
  const socket = await openSocket(port);
  socket.on('error', () => {}); // that it is cut off shows in what came
  const told = text(socket);
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise(setImmediate); // apart, as far as the system lets them
  }
  socket.end();
  return repliesIn(await told);
}

/** Bodies have a length, or there is none. */
export function repliesIn(bytes: string): readonly RawReply[] {
  const replies: RawReply[] = [];
  let rest = Buffer.from(bytes, 'utf8').toString('latin1');
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`No end of a head: ${rest}`);
    const [statusLine = '', ...fields] = rest.slice(0, end).split('\r\n');
    const length = Number(/^content-length: (\d+)$/im.exec(fields.join('\n'))?.[1] ?? 0);
    const headers = fields.filter((field) => !/^(date|x-request-id): /i.test(field)).sort();
    replies.push({ status: Number(statusLine.split(' ')[1]), headers, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return replies;
}
