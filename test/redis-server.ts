// A real Redis on a port of its own: started, frozen, filled, killed, and started again where it was.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

const READY_WITHIN_MS = 10_000;

export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  /** What redis-cli would do: one command, its reply. */
  command(...words: string[]): Promise<unknown>;
  /** SIGSTOP; nothing answers until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; returns when it is gone. */
  kill(): Promise<void>;
  /** On the same port, empty. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** `settings`: further arguments of redis-server. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'jiabiao-redis-'));
  const port = await freePort();
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn('redis-server', [...fixed, ...settings], { stdio: 'ignore' });
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await answers(port))) {
      if (performance.now() > deadline) throw new Error('redis-server did not get ready');
      await delay(10);
    }
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async command(name = '', ...words) {
      const client = connect(port);
      try {
        return await client.call(name, ...words);
      } finally {
        client.disconnect();
      }
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    restart: start,
    async close() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function connect(port: number): Redis {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
  client.on('error', () => {}); // the command tells
  return client;
}

async function answers(port: number): Promise<boolean> {
  const client = connect(port);
  try {
    return (await client.ping()) === 'PONG';
  } catch {
    return false; // not there yet
  } finally {
    client.disconnect();
  }
}
