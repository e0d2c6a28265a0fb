// A balancer as simple as they come: hands each new connection to the next node that says it is ready, and asks each of
// them for that every so often.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const ASK_EVERY_MS = 200;

export interface Balancer {
  readonly url: string;
  /** Connections handed to each port. */
  readonly handed: ReadonlyMap<number, number>;
  close(): Promise<void>;
}

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const ready = new Set<number>();
  const handed = new Map<number, number>(ports.map((port) => [port, 0]));
  const sockets = new Set<Socket>();
  let turn = 0;
  const ask = async (port: number): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1000) }).catch(
      () => null,
    );
    if (answer?.ok === true) ready.add(port);
    else ready.delete(port);
  };
  await Promise.all(ports.map(ask));
  const asking = setInterval(() => ports.forEach((port) => void ask(port)), ASK_EVERY_MS);
  const server = createServer((client) => {
    const able = ports.filter((port) => ready.has(port));
    const port = able[turn++ % able.length];
    if (port === undefined) {
      client.destroy();
      return;
    }
    handed.set(port, (handed.get(port) ?? 0) + 1);
    const node = connect(port, '127.0.0.1');
    for (const [one, other] of [[client, node] as const, [node, client] as const]) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.end();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handed,
    async close() {
      clearInterval(asking);
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
