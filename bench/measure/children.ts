// The servers under measurement as child processes: our node and the reference. Whatever is started here ends here.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import type { ReferenceStart } from '../reference/main.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REFERENCE = fileURLToPath(new URL('../reference/main.ts', import.meta.url));
/** Certificates of a benchmark are made for it. */
const UNQUESTIONING = new Agent({ connect: { rejectUnauthorized: false } });
const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 30_000;

export interface Server {
  readonly port: number;
  readonly pid: number;
  /** Speaks TLS. */
  readonly secure?: boolean;
  /** Ends the process; returns when it is gone. */
  stop(): Promise<void>;
}

export interface OurNode extends Server {
  /** The first operator's key. Throws where a node before it made that, as with a database that they share. */
  readonly token: string;
  /** Of the store. */
  readonly directory: string;
}

export interface NodeOptions {
  /** The store's directory. */
  readonly directory: string;
  readonly workers: number;
  /** Settings beside the defaults, by their names in the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder for CPU profiles; null for none. */
  readonly profileFolder: string | null;
  /** Loaded before anything of the node, in each of its threads. */
  readonly preload?: URL | undefined;
}

const running = new Set<ChildProcess>();

/** Kills what still runs: for the end of a run that went wrong. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** What is tracked does not outlive the run. */
export function track(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Kills a process, frozen or not; returns when it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS);
  await exited;
  clearTimeout(late);
}

/** Starts `jiabiao serve` with default settings but for port, directory and workers, and waits until it is ready. */
export async function startNode(options: NodeOptions): Promise<OurNode> {
  mkdirSync(options.directory, { recursive: true });
  const port = await freePort();
  const logFile = join(options.directory, 'bench-node.log');
  const log = openSync(logFile, 'a');
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('JIABIAO_'));
  const profiling = options.profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileFolder}`];
  const preloading = options.preload === undefined ? [] : ['--import', options.preload.href];
  const child = track(
    spawn(process.execPath, [...profiling, ...preloading, 'src/cli/main.ts', 'serve'], {
      cwd: ROOT,
      stdio: ['ignore', log, log],
      env: {
        ...Object.fromEntries(inherited),
        JIABIAO_HTTP__PORT: String(port),
        JIABIAO_STORE__PATH: options.directory,
        JIABIAO_WORKERS: String(options.workers),
        ...options.settings,
      },
    }),
  );
  closeSync(log);
  const secure = options.settings?.JIABIAO_TLS__CERTIFICATE !== undefined;
  await ready(child, `http${secure ? 's' : ''}://127.0.0.1:${port}/readyz`, logFile);
  const keyFile = join(options.directory, 'operator.key');
  const { directory } = options;
  return {
    ...{ port, pid: child.pid ?? 0, secure, directory, stop: () => stop(child) },
    get token() {
      const token = /jb_[\w-]+/.exec(readFileSync(keyFile, 'utf8'))?.[0];
      if (token === undefined) throw new Error(`There is no operator key in ${keyFile}.`);
      return token;
    },
  };
}

async function ready(child: ChildProcess, url: string, logFile: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      child.kill('SIGKILL');
      const reason = ended ? 'ended' : 'did not get ready';
      throw new Error(`The node ${reason}:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    const isReady = await request(url, { dispatcher: UNQUESTIONING }).then(
      ({ statusCode, body }) => body.dump().then(() => statusCode === 200),
      () => false, // not listening yet
    );
    if (isReady) return;
    await delay(20);
  }
}

export async function startReference(start: ReferenceStart): Promise<Server> {
  const child = track(fork(REFERENCE, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  const ended = once(child, 'exit').then(() => {
    throw new Error('The reference server ended.');
  });
  child.send(start);
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  ended.catch(() => {}); // it ends when it is stopped
  return { port, pid: child.pid ?? 0, stop: () => stop(child) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');
  return address.port;
}
