// The Handle API's resolution, `/api/handles/{handle}`, as the reference Handle server answers it (HSv9 HTTP JSON API).
//
// Where security demands another answer than the reference's:
// | Reference                                        | Here                                | Why                             |
// |--------------------------------------------------|-------------------------------------|---------------------------------|
// | TRACE echoes the request                         | 501, response code 4                | echoes credentials to scripts   |
// | `callback` on any answer                         | refused with a key; `nosniff`       | JSONP bypasses same-origin      |
// | publicOnly=false tells if private values exist   | 403/402 for every record            | existence of values is private  |
// | Basic ignored over plain HTTP, as all else       | Bearer keys count there too         | TLS ends at a proxy or loopback |
// | no limit on unknown handles                      | 429, response code 3                | bounds guessing                 |

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { View } from '../domain/handle-value.ts';
import type { Observer } from '../domain/observer.ts';
import { onlyReads } from '../domain/principal.ts';
import type { HandleAdministration } from '../registry/handle-administration.ts';
import type { Requester } from '../registry/handle-requester.ts';
import { AskedQuestion, type Asker, type Asking } from '../resolver/asker.ts';
import type { InFlight } from './admission.ts';
import type { ApiWriter } from './api-writer.ts';
import { withProvenance } from './cache-status.ts';
import type { Caller } from './client-network.ts';
import type { PastReplies } from './handle-api-past.ts';
import { type ApiQuery, PLAIN_QUERY, parseApiQuery } from './handle-api-query.ts';
import { type ApiReply, errorReply, publicReply, viewReply } from './handle-api-reply.ts';
import type { HandleRequesters } from './handle-requests.ts';
import type { Hops } from './hops.ts';
import { pathText } from './percent-decoding.ts';
import { asHandleError } from './problems.ts';

const HANDLES = '/api/handles/';

/** The handle in a path below `/api/handles`, empty if it names none. Throws `INVALID_HANDLE`. */
export function spelledIn(url: string): string {
  return url.startsWith(HANDLES) ? pathText(url, HANDLES.length) : '';
}

/** Whether a path is that of a handle, or of all of them. */
export function isHandlesPath(url: string): boolean {
  return url.startsWith(HANDLES) || /^\/api\/handles(?:\?|$)/.test(url);
}

export interface HandleApiOptions {
  readonly asker: Asker<Caller>;
  readonly hops: Hops;
  readonly clock: () => number;
  readonly past: PastReplies;
  readonly requesters: HandleRequesters;
  readonly handleRecords: Pick<HandleAdministration, 'judgeRead'>;
  readonly observer: Observer;
  readonly writer: ApiWriter;
  readonly inFlight: InFlight;
  /** Told of defects on the plain path, which has no log of its own. */
  readonly onDefect: (error: HandleError) => void;
}

/** Whether the request is the common one, which needs no framework: GET of a handle, without query or key. */
export function isPlainResolution(request: IncomingMessage): boolean {
  const { url } = request;
  return (
    request.method === 'GET' &&
    url !== undefined &&
    url.startsWith(HANDLES) &&
    !url.includes('?') &&
    request.headers.authorization === undefined
  );
}

export class HandleApi {
  readonly #options: HandleApiOptions;

  constructor(options: HandleApiOptions) {
    this.#options = options;
  }

  /** A plain resolution that node:http has read, without the framework. */
  answerPlain(request: IncomingMessage, response: ServerResponse): void {
    const { writer } = this.#options;
    const reply = this.plainReply(request.url as string, request);
    if (reply instanceof Promise) void reply.then((landed) => writer.write(request, response, landed));
    else writer.write(request, response, reply);
  }

  /** The hot path: from the path of a plain resolution to the resolver and back. Never throws nor rejects. */
  plainReply(url: string, caller: Caller): ApiReply | Promise<ApiReply> {
    const { asker, hops } = this.#options;
    let spelled: string | null = null;
    try {
      spelled = pathText(url, HANDLES.length);
      const question = new AskedQuestion(asker, asker.parse(spelled), caller, hops.asking(caller));
      const answer = asker.answer('handle-api', question);
      if (answer instanceof Promise) return this.#wait(question, answer, spelled);
      const reply = publicReply(answer, spelled, caller.headers['if-none-match']);
      return answer.learned === null ? reply : this.#told(reply, answer, question, null);
    } catch (error) {
      return this.#plainFailure(error, spelled);
    }
  }

  /** Hits are answered whatever the load; only what has to wait is turned away. */
  #wait(question: AskedQuestion<Caller>, pending: Promise<Answer>, spelled: string): Promise<ApiReply> {
    const { inFlight } = this.#options;
    try {
      inFlight.enter();
    } catch (error) {
      pending.catch(() => {}); // nobody waits for it here any more
      throw error;
    }
    return this.#replyLater(question, pending, spelled);
  }

  async #replyLater(question: AskedQuestion<Caller>, pending: Promise<Answer>, spelled: string): Promise<ApiReply> {
    const startedAt = performance.now();
    try {
      const answer = await pending;
      const reply = publicReply(answer, spelled, question.client?.headers['if-none-match']);
      return this.#told(reply, answer, question, performance.now() - startedAt);
    } catch (error) {
      return this.#plainFailure(error, spelled);
    } finally {
      this.#options.inFlight.leave();
    }
  }

  /** The reply to any resolution, with its parameters and key. Never throws. */
  async reply(request: FastifyRequest, spelled: string, parameters: URLSearchParams): Promise<ApiReply> {
    const { asker } = this.#options;
    let query = PLAIN_QUERY;
    let echoed: string | null = null;
    try {
      query = parseApiQuery(parameters);
      const handle = asker.parse(spelled);
      echoed = spelled;
      const requester = await this.#requesterOf(request, query);
      const { at } = query;
      if (at !== null) {
        if (requester?.kind === 'handle') throw new HandleError('FORBIDDEN', 'Earlier states are shown to keys only.');
        const principal = requester === null ? null : requester.principal;
        return await this.#options.past.reply({ handle, spelled, at, query, principal });
      }
      const client = requester === null ? request.raw : null;
      const startedAt = performance.now();
      const question = new AskedQuestion(asker, handle, client, this.#asking(request.raw, query));
      const answer = await asker.answer('handle-api', question);
      const durationMs = performance.now() - startedAt;
      const view = await this.#viewOf(answer, handle, query, { requester, client });
      const ifNoneMatch = request.method === 'POST' ? undefined : request.headers['if-none-match'];
      const reply = viewReply(answer, spelled, { view, query, ifNoneMatch });
      return this.#told(reply, answer, question, durationMs);
    } catch (error) {
      return this.failure(request, error, echoed, query);
    }
  }

  #told(reply: ApiReply, answer: Answer, question: AskedQuestion<Caller>, durationMs: number | null): ApiReply {
    const { tier, bypassCache } = question;
    return withProvenance(reply, answer, { tier, bypassCache, now: this.#options.clock(), durationMs });
  }

  /** What the question itself wants, unless it has come too far to be handed on. */
  #asking(request: IncomingMessage, { bypassCache, delegated }: ApiQuery): Asking {
    const { delegated: bound, via } = this.#options.hops.asking(request);
    return { bypassCache, delegated: bound ?? delegated, via };
  }

  async #requesterOf(request: FastifyRequest, query: ApiQuery): Promise<Requester | null> {
    const requester = await this.#options.requesters.requesterOf(request.raw);
    if (requester !== null && query.callback !== null) {
      throw new HandleError('INVALID_REQUEST', 'A callback is for public answers: send no key, or ask for plain JSON.');
    }
    return requester;
  }

  /** Public unless a key opens the record. Who asks for private values and may not have them is told so. */
  async #viewOf(
    answer: Answer,
    handle: Handle,
    query: ApiQuery,
    asker: { readonly requester: Requester | null; readonly client: IncomingMessage | null },
  ): Promise<View> {
    const { requester, client } = asker;
    if (query.publicOnly === true) return 'public';
    if (requester !== null) {
      const record = answer.kind === 'found' ? answer.record : null;
      const denial = await this.#options.handleRecords.judgeRead(requester, handle, record);
      if (denial === null) return requester.kind === 'key' && onlyReads(requester.principal) ? 'reader' : 'admin';
      if (query.publicOnly === null) return 'public';
      throw denial;
    }
    if (query.publicOnly === null || answer.kind !== 'found') return 'public';
    if (client !== null) this.#options.asker.charge(client);
    throw new HandleError('UNAUTHENTICATED', 'Private values need a key.');
  }

  /** The reply to a failure; the request remembers it for the log. */
  failure(request: FastifyRequest, thrown: unknown, spelled: string | null, query = PLAIN_QUERY): ApiReply {
    const error = asHandleError(thrown);
    request.failure = error;
    const reply = this.#failed(error, spelled, query);
    return error.code === 'UNAUTHENTICATED' ? this.#options.requesters.challenged(request.raw, reply) : reply;
  }

  #plainFailure(thrown: unknown, spelled: string | null): ApiReply {
    const error = asHandleError(thrown);
    if (error.code === 'INTERNAL') this.#options.onDefect(error);
    return this.#failed(error, spelled, PLAIN_QUERY);
  }

  #failed(error: HandleError, spelled: string | null, query: ApiQuery): ApiReply {
    this.#options.observer.failed(error.code);
    const isMalformed = error.code === 'INVALID_HANDLE' || error.code === 'INVALID_REQUEST';
    return errorReply(error, isMalformed ? null : spelled, query);
  }
}
