// The real node as a child process on a directory of its own: started, asked, stopped, killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_WITHIN_MS = 45_000;
/** Longer than the node gives what is in flight. */
const STOPPED_WITHIN_MS = 30_000;
const POLL_EVERY_MS = 10;

export interface NodeOptions {
  /** The store's directory. */
  readonly directory: string;
  readonly port: number;
  readonly workers?: number;
  /** What else stands after `serve`. */
  readonly arguments?: readonly string[];
  /** Settings as the environment calls them, without JIABIAO_. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What to wait for: `ready` (the default) also means that writes are possible. */
  readonly ready?: 'ready' | 'alive';
  /** A program and its arguments that starts the node in its place, such as strace. */
  readonly wrapper?: readonly string[];
}

export interface RunningNode {
  readonly url: string;
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  /** Resolves when it has written this; rejects if that takes too long. */
  says(text: string): Promise<void>;
  /** SIGKILL; returns when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; returns the exit code. */
  stop(): Promise<number | null>;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body parsed; null if it is no JSON. */
  readonly body: Record<string, unknown> | null;
}

type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** A connection of its own, kept alive. */
export class Connection {
  readonly #client: Client;
  readonly #token: string | null;

  constructor(url: string, token: string | null) {
    this.#client = new Client(url, { pipelining: 1, bodyTimeout: 30_000, headersTimeout: 30_000 });
    this.#token = token;
  }

  async ask(method: Method, path: string, body?: unknown, more: Readonly<Record<string, string>> = {}) {
    const headers: Record<string, string> = { accept: 'application/json', ...more };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.#token !== null) headers.authorization = `Bearer ${this.#token}`;
    const answer = await this.#client.request({
      method,
      path,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, body: parsed(text) } satisfies JsonAnswer;
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a page or an empty body
  }
}

/** A directory that the test removes. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'jiabiao-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return address.port;
}

/** The token that the node made on its first start. */
export function operatorToken(directory: string): string {
  const text = readFileSync(join(directory, 'operator.key'), 'utf8');
  const token = /jb_[\w-]+/.exec(text)?.[0];
  if (token === undefined) throw new Error(`no token in ${directory}/operator.key`);
  return token;
}

function spawnNode(options: NodeOptions): ChildProcess {
  const [command = '', ...before] = [...(options.wrapper ?? []), process.execPath];
  const args = [...before, join(ROOT, 'src', 'cli', 'main.ts'), 'serve', ...(options.arguments ?? [])];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('JIABIAO_') && name !== 'NODE_OPTIONS',
  );
  const settings = {
    STORE__PATH: options.directory,
    HTTP__PORT: String(options.port),
    WORKERS: String(options.workers ?? 2),
    ...options.settings,
  };
  const given = Object.entries(settings).map(([name, value]) => [`JIABIAO_${name}`, value]);
  return spawn(command, args, {
    cwd: ROOT,
    env: Object.fromEntries([...inherited, ...given]),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Resolves when it answers; rejects with what it wrote if it ends or does not get ready. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const child = spawnNode(options);
  const output = outputOf(child);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = `http://127.0.0.1:${options.port}`;
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await answers(url, options.ready === 'alive' ? '/healthz' : '/readyz'))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the node ${ended ? 'ended' : 'did not get ready'}:\n${output()}`);
    }
    await delay(POLL_EVERY_MS);
  }
  return {
    url,
    pid: child.pid ?? 0,
    output,
    async says(text) {
      const late = performance.now() + READY_WITHIN_MS;
      while (!output().includes(text)) {
        if (performance.now() > late) throw new Error(`the node did not say "${text}":\n${output()}`);
        await delay(POLL_EVERY_MS);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS);
      const [code] = await exited;
      clearTimeout(late);
      return code;
    },
  };
}

/** Runs a node that is expected to refuse its work: returns its exit code and what it wrote. */
export async function runUntilExit(options: NodeOptions): Promise<{ code: number | null; output: string }> {
  const child = spawnNode(options);
  const output = outputOf(child);
  const late = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  return { code, output: output() };
}

function outputOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

async function answers(url: string, path: string): Promise<boolean> {
  try {
    return (await fetch(url + path)).ok;
  } catch {
    return false; // not listening yet
  }
}
