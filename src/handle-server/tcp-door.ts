// The Handle protocol over TCP: takes connections up to a cap and a network's share of it, and ends those whose clients are
// too slow.

import { createServer, type Server, type Socket } from 'node:net';
import { networkOf } from '../domain/client-network.ts';
import { ConnectionRoom } from '../domain/connection-room.ts';
import { MAX_PARTIAL_BYTES, MAX_PARTIAL_BYTES_OF_NETWORK } from '../domain/handle-protocol-limits.ts';
import type { Observer } from '../domain/observer.ts';
import type { Answerer } from './answerer.ts';
import type { Client } from './outcome.ts';
import { PartialRoom } from './partial-room.ts';
import { type ConnectionLimits, TcpConnection } from './tcp-connection.ts';

export interface TcpDoorOptions extends ConnectionLimits {
  readonly answerer: Answerer;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly connections: number;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
}

/** How long what is in flight may take to finish when the door closes. */
const CLOSE_TIMEOUT_MS = 10_000;
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith(':') ? address.replace(MAPPED_IPV4, '') : address;
}

/** Its address is asked of the system when somebody wants to know: most connections end before. */
class TcpClient implements Client {
  readonly door = 'handle-tcp';
  readonly #socket: Socket;
  #address: string | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get address(): string {
    this.#address ??= plainAddress(this.#socket.remoteAddress);
    return this.#address;
  }
}

export class TcpDoor {
  readonly #options: TcpDoorOptions;
  readonly #server: Server;
  readonly #connections = new Map<Socket, TcpConnection>();
  readonly #places: ConnectionRoom;
  readonly #sweep: NodeJS.Timeout;
  readonly #room = new PartialRoom({ maxBytes: MAX_PARTIAL_BYTES, maxBytesOfNetwork: MAX_PARTIAL_BYTES_OF_NETWORK });

  constructor(options: TcpDoorOptions) {
    this.#options = options;
    this.#places = new ConnectionRoom(options.connections);
    // A client may end its half when it has said all, and read on.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    const { idleTimeoutMs, messageTimeoutMs } = options;
    const everyMs = Math.max(20, Math.min(1000, Math.min(idleTimeoutMs, messageTimeoutMs) / 4));
    this.#sweep = setInterval(() => this.#judgeAll(), everyMs);
  }

  /** Resolves with the port when it is open. */
  async listen(where: Listening): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(where, resolve);
    await promise;
    this.#server.off('error', reject);
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : where.port;
  }

  /** Takes no new connection, and ends those there are when they have been answered, or after a while. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const connection of this.#connections.values()) connection.finish();
    const deadline = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await promise;
    clearTimeout(deadline);
    clearInterval(this.#sweep);
  }

  #accept(socket: Socket): void {
    const { observer, answerer, clock, idleTimeoutMs, messageTimeoutMs } = this.#options;
    const client = new TcpClient(socket);
    let known: string | null = null;
    const network = (): string => {
      known ??= networkOf(client.address);
      return known;
    };
    const leave = this.#places.enter(network);
    if (typeof leave === 'string') {
      observer.refused(leave === 'full' ? 'connections' : 'connection-share');
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const hold = (bytes: number): boolean => this.#room.take(network(), bytes);
    const onClose = (): void => {
      this.#connections.delete(socket);
      leave();
    };
    const connection = new TcpConnection({
      ...{ socket, client, answerer, clock, hold, onClose, idleTimeoutMs, messageTimeoutMs },
    });
    this.#connections.set(socket, connection);
  }

  #judgeAll(): void {
    const now = this.#options.clock();
    for (const connection of this.#connections.values()) connection.judge(now);
  }
}
