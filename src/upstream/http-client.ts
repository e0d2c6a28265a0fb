// One GET for a JSON document at somebody else's server: bounded in time, size and redirects, TLS verified, and never to
// an address inside unless it was configured. It judges no content and tries nothing twice.

import { Agent, type Dispatcher } from 'undici';
import { AddressGuard } from './address-guard.ts';
import { ExchangeFailed } from './exchange-failed.ts';
import { AddressRefused, assertAllowedHost, createPinnedLookup, type PinnedLookupOptions } from './pinned-lookup.ts';

const MAX_REDIRECTS = 2;
const CONNECT_TIMEOUT_MS = 3000;
const IDLE_MS = 30_000;
/** Origins at once beyond the configured ones: redirects and delegated sites. */
const MAX_FOREIGN_ORIGINS = 1000;

export interface HttpClientOptions {
  /** Networks that are not public and may be asked all the same. */
  readonly allowedNetworks: readonly string[];
  /** Connections to one origin. */
  readonly connections: number;
  readonly maxBodyBytes: number;
  /** PEM of authorities to trust in place of the usual ones; null for the usual ones. */
  readonly ca: string | null;
  /** Who we are, for `Via`: how a loop through other nodes is seen. */
  readonly nodeName: string;
  readonly resolve?: PinnedLookupOptions['resolve'];
}

export interface HttpTarget {
  /** A base URL, without a slash at its end. */
  readonly base: string;
  /** Percent-encoded, with its first slash. */
  readonly path: string;
  /** What stood in `Via` when the question came to us; empty if nothing. */
  readonly via: string;
  /** Whether the base stands in the settings; then its address may be any. */
  readonly isConfigured: boolean;
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  /** Undefined if it is no JSON document. */
  readonly json: unknown;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #guard: AddressGuard;
  readonly #configured: Agent;
  readonly #foreign: Agent;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#guard = new AddressGuard(options.allowedNetworks);
    this.#configured = createAgent(options, null);
    this.#foreign = createAgent(options, this.#guard);
  }

  /** Throws `ExchangeFailed`. */
  async get(target: HttpTarget): Promise<HttpReply> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), target.timeoutMs);
    try {
      return await this.#follow(target, abort.signal);
    } catch (error) {
      throw failureOf(error, target, abort.signal.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  async #follow(target: HttpTarget, signal: AbortSignal): Promise<HttpReply> {
    const { origin, pathname } = new URL(target.base);
    // The path is not parsed again: dots in a handle are no directions.
    const path = (pathname === '/' ? '' : pathname) + target.path;
    let step: { origin: string; path: string } = { origin, path };
    for (let redirects = 0; ; redirects++) {
      const isConfigured = target.isConfigured && step.origin === origin;
      const reply = await this.#send(step, { via: target.via, isConfigured, signal });
      const { location } = reply.headers;
      if (!REDIRECTS.has(reply.statusCode) || typeof location !== 'string') return this.#read(reply);
      await reply.body.dump({ limit: 16_384, signal });
      if (redirects >= MAX_REDIRECTS) throw new ExchangeFailed('redirects', `more than ${MAX_REDIRECTS} redirects`);
      step = nextStep(location, step);
    }
  }

  #send(
    { origin, path }: { readonly origin: string; readonly path: string },
    how: { readonly via: string; readonly isConfigured: boolean; readonly signal: AbortSignal },
  ): Promise<Dispatcher.ResponseData> {
    const { isConfigured, signal } = how;
    if (!isConfigured) assertAllowedHost(new URL(origin).hostname, this.#guard);
    const agent = isConfigured ? this.#configured : this.#foreign;
    const via = `${how.via === '' ? '' : `${how.via}, `}1.1 ${this.#options.nodeName}`;
    const headers = { accept: 'application/json', via, 'user-agent': 'jiabiao' };
    return agent.request({ origin, path, method: 'GET', headers, signal });
  }

  async #read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HttpReply> {
    const { maxBodyBytes } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = Number(headers['content-length'] ?? 0);
    const tooLarge = (): ExchangeFailed => {
      body.destroy();
      return new ExchangeFailed('too-large', `its answer has more than ${maxBodyBytes} bytes`);
    };
    if (bytes > maxBodyBytes) throw tooLarge();
    bytes = 0;
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBodyBytes) throw tooLarge();
      chunks.push(chunk as Buffer);
    }
    return { status: statusCode, json: parsed(Buffer.concat(chunks)) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#configured.destroy(), this.#foreign.destroy()]);
  }
}

function createAgent(options: HttpClientOptions, guard: AddressGuard | null): Agent {
  const { resolve } = options;
  const clock = (): number => performance.now();
  const lookup = createPinnedLookup({ guard, clock, ...(resolve === undefined ? {} : { resolve }) });
  return new Agent({
    connections: options.connections,
    ...(guard === null ? {} : { maxOrigins: MAX_FOREIGN_ORIGINS }),
    keepAliveTimeout: IDLE_MS,
    // One connection that stalls must not take every question along.
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS, lookup, ...(options.ca === null ? {} : { ca: options.ca }) },
  });
}

/** Throws `ExchangeFailed` for anything but HTTP, and from TLS to none. */
function nextStep(location: string, from: { origin: string; path: string }): { origin: string; path: string } {
  if (!URL.canParse(location, from.origin + from.path)) {
    throw new ExchangeFailed('redirects', 'it redirects to what is no URL');
  }
  const { protocol, origin, pathname, search } = new URL(location, from.origin + from.path);
  const isDowngrade = from.origin.startsWith('https:') && protocol !== 'https:';
  if ((protocol !== 'http:' && protocol !== 'https:') || isDowngrade) {
    throw new ExchangeFailed('redirects', `it redirects to ${protocol}`);
  }
  return { origin, path: pathname + search };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // a page, or garbage
  }
}

function failureOf(error: unknown, target: HttpTarget, isLate: boolean): ExchangeFailed {
  if (error instanceof ExchangeFailed) return error;
  if (isLate) return new ExchangeFailed('timeout', `no answer within ${Math.round(target.timeoutMs)} ms`, error);
  const reason = error instanceof AddressRefused ? 'refused-address' : 'network';
  return new ExchangeFailed(reason, (error as Error).message, error);
}
