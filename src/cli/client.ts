// The command line as a client of a running node: one request in, a parsed answer or a readable failure out.

import { readFileSync } from 'node:fs';
import { clientEnvironment } from '../app/config-environment.ts';
import { Exchange, objectionOf, type ReceivedStream, type Upload } from './exchange.ts';
import { CommandFailure, EXIT, type ExitCode } from './exit-codes.ts';
import { readPem } from './pem-file.ts';

const DEFAULT_URL = 'http://127.0.0.1:8000';
export const DEFAULT_KEY_FILE = './data/operator.key';

/** Flags that every client command takes. */
export interface ClientFlags {
  readonly url?: string;
  readonly keyFile?: string;
  /** File of the authority that vouches for the node. */
  readonly ca?: string;
  /** Files of a client certificate and its key. */
  readonly cert?: string;
  readonly certKey?: string;
  /** Of a node that this very process runs: it need not prove who it is. */
  readonly trustsAnyCertificate?: boolean;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query, beginning with `/`. */
  readonly path: string;
  readonly body?: unknown;
  /** JSON that is text already, instead of `body`. */
  readonly bodyText?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the call needs a key. */
  readonly signed: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** What the node refused, with its own words. */
interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly at?: string;
  readonly requestId?: string;
}

/** Longest a call may take: an import's batch under full load needs seconds. */
const CALL_TIMEOUT_MS = 120_000;

export class ApiClient {
  readonly url: string;
  readonly #flags: ClientFlags;
  readonly #exchange: Exchange;
  #key: string | null = null;

  constructor(flags: ClientFlags) {
    this.#flags = flags;
    this.#exchange = exchangeOf(flags);
    this.url = (flags.url ?? clientEnvironment().url ?? DEFAULT_URL).replace(/\/+$/, '');
    if (!URL.canParse(this.url) || !/^https?:/.test(this.url)) {
      throw new CommandFailure(
        EXIT.usage,
        `"${this.url}" is not the address of a node: write one like ${DEFAULT_URL}.`,
      );
    }
  }

  /** A call whose failure ends the command. */
  async call(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.ask(request);
    if (answer.status >= 400) throw failureOf(answer, request);
    return answer;
  }

  /** A call that may be answered with a refusal the command wants to look at. */
  async ask(request: ApiRequest): Promise<ApiAnswer> {
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
    if (request.signed) Object.assign(headers, this.#signature());
    const body = request.bodyText ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    if (body !== undefined) headers['content-type'] = 'application/json';
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const { method } = request;
    try {
      const sent = { method, headers, signal, ...(body === undefined ? {} : { body }) };
      const received = await this.#exchange.send(`${this.url}${request.path}`, sent);
      return { status: received.status, headers: received.headers, body: parsed(received.text) };
    } catch (cause) {
      throw this.#unreachable(cause as Error);
    }
  }

  /** Sends a file as it is read, however long it takes; a refusal ends the command. */
  async upload({ path, chunks, bytes }: Upload & { readonly path: string }): Promise<ApiAnswer> {
    const headers = {
      accept: 'application/json',
      'content-type': 'application/octet-stream',
      ...this.#signature(),
    };
    try {
      const sent = { method: 'POST', headers, body: { chunks, bytes } };
      const received = await this.#exchange.send(`${this.url}${path}`, sent);
      const answer = { status: received.status, headers: received.headers, body: parsed(received.text) };
      if (answer.status >= 400) throw failureOf(answer, { method: 'POST', path, signed: true });
      return answer;
    } catch (cause) {
      throw cause instanceof CommandFailure ? cause : this.#unreachable(cause as Error);
    }
  }

  /** A stream of server-sent events, block by block as they come; ends when the node ends it. */
  async stream(path: string, headers: Readonly<Record<string, string>>): Promise<AsyncIterable<string>> {
    return this.#blocksOf(await this.pieces(path, { ...headers, accept: 'text/event-stream' }));
  }

  /** A long answer piece by piece, as it comes; a refusal ends the command. */
  async pieces(path: string, headers: Readonly<Record<string, string>> = {}): Promise<AsyncIterable<string>> {
    const sent = { method: 'GET', headers: { ...headers, ...this.#signature() } };
    let received: ReceivedStream;
    try {
      received = await this.#exchange.stream(`${this.url}${path}`, sent);
    } catch (cause) {
      throw this.#unreachable(cause as Error);
    }
    const { status, headers: told, chunks } = received;
    if (status === 200) return chunks;
    let text = '';
    for await (const chunk of chunks) text += chunk;
    throw failureOf({ status, headers: told, body: parsed(text) }, { method: 'GET', path, signed: true });
  }

  async *#blocksOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void, void> {
    let rest = '';
    try {
      for await (const chunk of chunks) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        yield* blocks;
      }
    } catch (cause) {
      throw this.#unreachable(cause as Error);
    }
  }

  /** A client certificate says who calls, unless a key is named as well. */
  #isSignedByCertificate(): boolean {
    return this.#flags.cert !== undefined && this.#flags.keyFile === undefined && clientEnvironment().key === null;
  }

  #signature(): Readonly<Record<string, string>> {
    return this.#isSignedByCertificate() ? {} : { authorization: `Bearer ${this.#token()}` };
  }

  #token(): string {
    this.#key ??= readKey(this.#flags);
    return this.#key;
  }

  #unreachable(cause: Error): CommandFailure {
    const inner = cause.cause instanceof Error ? cause.cause : cause;
    const objection = objectionOf(inner, this.url);
    const advice = ' Start the node with "npm start", or name another with --url or JIABIAO_URL.';
    const text = objection === null ? `${inner.message}.${advice}` : `${objection}.${isThere(inner) ? '' : advice}`;
    return new CommandFailure(EXIT.unreachable, `No answer from ${this.url}: ${text}`, { cause });
  }
}

function exchangeOf({ ca, cert, certKey, trustsAnyCertificate }: ClientFlags): Exchange {
  if (certKey !== undefined && cert === undefined) {
    throw new CommandFailure(EXIT.usage, '--cert-key belongs to a certificate: name that with --cert.');
  }
  return new Exchange({
    ...(trustsAnyCertificate === true ? { ca: 'any' } : ca === undefined ? {} : { ca: readPem(ca, '--ca') }),
    ...(cert === undefined ? {} : { certificate: readPem(cert, '--cert') }),
    ...(certKey === undefined ? {} : { key: readPem(certKey, '--cert-key') }),
  });
}

function readKey({ keyFile }: ClientFlags): string {
  const fromEnvironment = clientEnvironment().key;
  if (keyFile === undefined && fromEnvironment !== null) return keyIn(fromEnvironment, 'JIABIAO_KEY');
  const file = keyFile ?? DEFAULT_KEY_FILE;
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandFailure(
      EXIT.usage,
      `This command needs a key and ${file} cannot be read: ${(cause as Error).message}. Name a file with --key-file, or set JIABIAO_KEY.`,
      { cause },
    );
  }
  return keyIn(content, file);
}

/** What a header can carry; whether the key opens anything is the node's to say. */
function keyIn(text: string, source: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CommandFailure(EXIT.usage, `${source} does not hold a key: it should be one word, jb_….`);
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text; // not every answer is JSON: a proxy's error page, for one
  }
}

/** Somebody listens, who is not understood or not believed. */
function isThere({ code }: NodeJS.ErrnoException): boolean {
  return code !== 'ECONNREFUSED';
}

/** A refusal in the node's own words. */
export function failureOf(answer: ApiAnswer, request: ApiRequest): CommandFailure {
  const problem: Problem = typeof answer.body === 'object' && answer.body !== null ? answer.body : {};
  const what =
    problem.detail ?? problem.title ?? `the node answered ${answer.status} to ${request.method} ${request.path}`;
  const place = problem.at === undefined || problem.at === '' ? '' : ` (at ${problem.at})`;
  const hint = answer.status === 401 ? ' The key comes from --key-file, JIABIAO_KEY or ./data/operator.key.' : '';
  const trace = problem.requestId !== undefined && answer.status >= 500 ? ` [request ${problem.requestId}]` : '';
  return new CommandFailure(exitCodeFor(problem), `${what}${place}${hint}${trace}`);
}

function exitCodeFor({ code }: Problem): ExitCode {
  return code === 'NOT_FOUND' || code === 'REVOKED' ? EXIT.notFound : EXIT.failed;
}
