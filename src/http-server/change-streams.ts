// Streams of changes that stay open (HTML, server-sent events §9.2): how many, who may still listen, when to look at the
// log again, and when to end. A stream is woken by the shared epoch of commits, so an idle one reads nothing.

import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HandleError } from '../domain/error.ts';
import { MAX_CHANGE_STREAMS, MAX_STREAMS_OF_PRINCIPAL } from '../domain/limits.ts';
import type { Observer } from '../domain/observer.ts';
import type { ChangeFeed, FeedQuestion } from '../registry/registry.ts';
import { actorOf, type RequestAuthentication } from './authentication.ts';
import { rowJson } from './changes.ts';
import { beginEvents, isListening, sendEvent } from './event-stream.ts';
import { asHandleError, problemOf } from './problems.ts';

export interface ChangeStreamsOptions {
  readonly feed: ChangeFeed;
  readonly authentication: RequestAuthentication;
  readonly observer: Observer;
  /** Rises with every commit of this machine; read often. */
  readonly commitEpoch: () => number;
  readonly heartbeatMs?: number;
}

/** Proxies give up a connection that says nothing for half a minute to a minute. */
const HEARTBEAT_MS = 15_000;
/** How often the epoch is looked at, one load from shared memory: how late a change may reach a stream. */
const TICK_MS = 100;
/** Rows between two looks at whether the key still opens them. */
const ROWS_AT_ONCE = 100;

interface Stream {
  readonly request: FastifyRequest;
  readonly response: ServerResponse;
  readonly principalId: string;
  readonly prefix: string | null;
  position: number;
  /** The epoch under which the log was last read to its end. */
  epoch: number;
  heardAt: number;
  /** Set while it waits for something to happen. */
  wake: (() => void) | null;
}

export class ChangeStreams {
  readonly #options: ChangeStreamsOptions;
  readonly #open = new Set<Stream>();
  #ticker: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: ChangeStreamsOptions) {
    this.#options = options;
  }

  /** Takes the reply over, once the first piece of the log is read: what is wrong until then is a plain failure. */
  async open(request: FastifyRequest, reply: FastifyReply, { after, prefix }: FeedQuestion): Promise<FastifyReply> {
    const { principal } = actorOf(request);
    this.#assertRoom(principal.id);
    const response = reply.raw;
    const stream: Stream = {
      request,
      response,
      principalId: principal.id,
      prefix,
      position: after,
      epoch: this.#options.commitEpoch() - 1,
      heardAt: performance.now(),
      wake: null,
    };
    this.#add(stream);
    try {
      await this.#options.feed.read(actorOf(request), { after, prefix, limit: 1 });
    } catch (error) {
      this.#remove(stream);
      throw error;
    }
    beginEvents(reply);
    void this.#run(stream);
    return reply;
  }

  /** Ends every stream; listeners come back to another node, or later, and go on where they were. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#open) stream.wake?.();
  }

  #assertRoom(principalId: string): void {
    let own = 0;
    for (const stream of this.#open) if (stream.principalId === principalId) own += 1;
    if (own < MAX_STREAMS_OF_PRINCIPAL && this.#open.size < MAX_CHANGE_STREAMS && !this.#isClosed) return;
    this.#options.observer.refused('in-flight');
    throw new HandleError(
      'OVERLOADED',
      'Too many streams of changes are open: close one, read pages of JSON instead, or try again in a moment.',
      { retryAfterSeconds: 5 },
    );
  }

  async #run(stream: Stream): Promise<void> {
    const { response } = stream;
    try {
      while (isAlive(stream) && !this.#isClosed) {
        const more = await this.#tell(stream);
        if (more || !isAlive(stream) || this.#isClosed) continue;
        await this.#waitForNews(stream);
      }
    } catch (thrown) {
      // The answer has begun, so its end is told in its own words: a key that no longer opens it, above all.
      const error = asHandleError(thrown);
      stream.request.failure = error;
      this.#options.observer.failed(error.code);
      response.write(`event: end\ndata: ${JSON.stringify(problemOf(error, stream.request.id))}\n\n`);
    } finally {
      this.#remove(stream);
      response.end();
    }
  }

  /** Sends what is new, and a sign of life if nothing was sent for long. True if there may be more by now. */
  async #tell(stream: Stream): Promise<boolean> {
    const { feed, authentication, commitEpoch } = this.#options;
    const epoch = commitEpoch(); // before the log is read: what comes meanwhile wakes the stream again
    const principal = await authentication.principalOf(stream.request.raw);
    if (principal === null) throw new HandleError('UNAUTHENTICATED', 'This stream needs a key.');
    const actor = { principal, requestId: stream.request.id };
    const { position: after, prefix } = stream;
    const { rows, position, more } = await feed.read(actor, { after, prefix, limit: ROWS_AT_ONCE });
    for (const row of rows) {
      const event = `id: ${row.sequence}\nevent: change\ndata: ${JSON.stringify(rowJson(row))}\n\n`;
      if (!(await sent(stream, event))) return false;
    }
    stream.position = position;
    if (more) return true;
    stream.epoch = epoch;
    if (this.#isQuiet(stream)) await sent(stream, `id: ${position}\n: still here\n\n`);
    return false;
  }

  #waitForNews(stream: Stream): Promise<void> {
    return new Promise((resolve) => {
      stream.wake = () => {
        stream.wake = null;
        resolve();
      };
    });
  }

  #isQuiet({ heardAt }: Stream): boolean {
    return performance.now() - heardAt >= (this.#options.heartbeatMs ?? HEARTBEAT_MS);
  }

  #tick(): void {
    const epoch = this.#options.commitEpoch();
    for (const stream of this.#open) if (stream.epoch !== epoch || this.#isQuiet(stream)) stream.wake?.();
  }

  #add(stream: Stream): void {
    this.#open.add(stream);
    stream.response.once('close', () => stream.wake?.());
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS).unref();
    this.#options.observer.streamsOpen(this.#open.size);
  }

  #remove(stream: Stream): void {
    this.#open.delete(stream);
    this.#options.observer.streamsOpen(this.#open.size);
    if (this.#open.size > 0 || this.#ticker === null) return;
    clearInterval(this.#ticker);
    this.#ticker = null;
  }
}

function isAlive({ response }: Stream): boolean {
  return isListening(response);
}

function sent(stream: Stream, event: string): Promise<boolean> {
  if (isAlive(stream)) stream.heardAt = performance.now();
  return sendEvent(stream.response, event);
}
