// One keep-alive connection that carries one request at a time. It frames answers and reports them; it decides nothing.

import { connect, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { type OnResponse, ResponseFramer } from './response-framer.ts';

const READ_BUFFER_BYTES = 65_536;

export interface ConnectionOptions {
  readonly port: number;
  /** Over TLS; who answers there is not questioned. */
  readonly secure: boolean;
  readonly onResponse: OnResponse;
  /** The connection broke, or the server said something that is no HTTP; it cannot be used any more. */
  readonly onFailure: (error: Error) => void;
}

export class Connection {
  readonly #socket: Socket;
  #closing = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves once the connection stands. */
  static open(options: ConnectionOptions): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const framer = new ResponseFramer(options.onResponse);
      const settings = {
        host: '127.0.0.1',
        port: options.port,
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
          callback: (length: number, buffer: Uint8Array): boolean => {
            try {
              framer.feed(buffer as Buffer, length);
            } catch (error) {
              socket.destroy(error as Error);
            }
            return true;
          },
        },
      };
      const socket = options.secure ? connectSecure({ ...settings, rejectUnauthorized: false }) : connect(settings);
      const connection = new Connection(socket);
      socket.once('error', reject);
      socket.once(options.secure ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        socket.on('error', options.onFailure);
        socket.on('close', (hadError) => {
          if (!hadError && !connection.#closing) options.onFailure(new Error('The server closed the connection.'));
        });
        resolve(connection);
      });
    });
  }

  /** Sends one request, given as bytes in a string (`latin1`). */
  send(request: string): void {
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }
}
