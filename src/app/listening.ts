// Questions about ports and cores that are asked before any worker starts.

import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { HandleError } from '../domain/error.ts';
import type { Config } from './config.ts';

/** Several threads can listen on one port only where the kernel spreads connections among them. */
const PORT_CAN_BE_SHARED = process.platform === 'linux';

export function workerCountOf(workers: Config['workers']): number {
  if (!PORT_CAN_BE_SHARED) return 1;
  return workers === 'auto' ? availableParallelism() : workers;
}

/** A port that can be had for TCP, found if it is 0. Throws `INVALID_CONFIG` as `assertPortFree`. */
export async function takePort(where: { host: string; port: number; setting: string }): Promise<number> {
  const { host, port, setting } = where;
  return probePort({ host, port }, setting);
}

/**
 * Throws `INVALID_CONFIG` if the port cannot be had. Asked with an unshared socket: a shared one would let a second
 * node take half of the first one's requests without a word.
 */
export async function assertPortFree(where: { readonly host: string; readonly port: number }): Promise<void> {
  await probePort(where, '--port (http.port)');
}

function probePort({ host, port }: { host: string; port: number }, setting: string): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new HandleError('INVALID_CONFIG', `Cannot listen on ${host} port ${port}: ${adviceFor(cause, setting)}`, {
          cause,
        }),
      );
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      const taken = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(taken));
    });
  });
}

function adviceFor(error: NodeJS.ErrnoException, setting: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `another program has it. Stop that one, or choose another port with ${setting}.`;
    case 'EACCES':
      return `ports below 1024 need privileges. Choose a higher one with ${setting}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine does not have that address. Choose another with --host (http.host).';
    default:
      return `${error.message}.`;
  }
}
