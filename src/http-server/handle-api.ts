// The Handle API's resolution, `/api/handles/{handle}`, as the reference Handle server answers it (HSv9 HTTP JSON API).
//
// Where security demands another answer than the reference's:
// | Reference                                        | Here                                | Why                             |
// |--------------------------------------------------|-------------------------------------|---------------------------------|
// | TRACE echoes the request                         | 501, response code 4                | echoes credentials to scripts   |
// | `callback` on any answer                         | refused with a key; `nosniff`       | JSONP bypasses same-origin      |
// | publicOnly=false tells if private values exist   | 403/402 for every record            | existence of values is private  |
// | Authorization ignored over plain HTTP            | Bearer keys count, all else ignored | TLS ends at a proxy or loopback |
// | no limit on unknown handles                      | 429, response code 3                | bounds guessing                 |
// | PUT and DELETE write                             | 501, response code 4                | writing is `/v1/identifiers`    |

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { View } from '../domain/handle-value.ts';
import type { Observer } from '../domain/observer.ts';
import type { Principal } from '../domain/principal.ts';
import { judgeRead } from '../registry/authorization.ts';
import type { Authenticator } from '../registry/registry.ts';
import type { ApiWriter } from './api-writer.ts';
import { bearerTokenOf } from './authentication.ts';
import { type ApiQuery, PLAIN_QUERY, parseApiQuery } from './handle-api-query.ts';
import { type ApiReply, errorReply, publicReply, viewReply } from './handle-api-reply.ts';
import type { InFlight } from './in-flight.ts';
import { pathText, queryOf } from './percent-decoding.ts';
import { asHandleError } from './problems.ts';
import { parseJsonBody } from './request-json.ts';
import type { Asker } from './resolution.ts';

const HANDLES = '/api/handles/';
const METHODS = 'GET, HEAD, POST, OPTIONS';

export interface HandleApiOptions {
  readonly asker: Asker;
  readonly authenticator: Authenticator;
  readonly observer: Observer;
  readonly writer: ApiWriter;
  readonly inFlight: InFlight;
}

export function isHandleApiPath(url: string): boolean {
  return /^\/api(?:[/?]|$)/.test(url);
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

  /** The hot path: from the socket to the resolver and back, without the framework. */
  answerPlain(request: IncomingMessage, response: ServerResponse): void {
    const { asker, writer } = this.#options;
    let spelled: string | null = null;
    try {
      spelled = pathText(request.url as string, HANDLES.length);
      const answer = asker.ask('handle-api', asker.parse(spelled), request, false);
      if (!(answer instanceof Promise)) {
        writer.write(request, response, publicReply(answer, spelled, request.headers['if-none-match']));
        return;
      }
      this.#wait(request, response, answer, spelled);
    } catch (error) {
      writer.write(request, response, this.#failure(error, spelled, PLAIN_QUERY));
    }
  }

  /** Hits are answered whatever the load; only what has to wait is turned away. */
  #wait(request: IncomingMessage, response: ServerResponse, pending: Promise<Answer>, spelled: string): void {
    const { inFlight } = this.#options;
    try {
      inFlight.enter();
    } catch (error) {
      pending.catch(() => {}); // nobody waits for it here any more
      throw error;
    }
    this.#answerLater(request, response, pending, spelled).finally(() => inFlight.leave());
  }

  async #answerLater(
    request: IncomingMessage,
    response: ServerResponse,
    pending: Promise<Answer>,
    spelled: string,
  ): Promise<void> {
    let reply: ApiReply;
    try {
      reply = publicReply(await pending, spelled, request.headers['if-none-match']);
    } catch (error) {
      reply = this.#failure(error, spelled, PLAIN_QUERY);
    }
    this.#options.writer.write(request, response, reply);
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
      const principal = await this.#principalOf(request, query);
      const client = principal === null ? request.raw : null;
      const answer = await asker.ask('handle-api', handle, client, query.bypassCache);
      const view = this.#viewOf(answer, handle, query, { principal, client });
      const ifNoneMatch = request.method === 'POST' ? undefined : request.headers['if-none-match'];
      return viewReply(answer, spelled, { view, query, ifNoneMatch });
    } catch (error) {
      return this.#failure(error, echoed, query);
    }
  }

  async #principalOf(request: FastifyRequest, query: ApiQuery): Promise<Principal | null> {
    const token = bearerTokenOf(request.headers.authorization);
    if (token === null) return null;
    if (query.callback !== null) {
      throw new HandleError('INVALID_REQUEST', 'A callback is for public answers: send no key, or ask for plain JSON.');
    }
    return this.#options.authenticator.authenticate(token);
  }

  /** Public unless a key opens the record. Who asks for private values and may not have them is told so. */
  #viewOf(
    answer: Answer,
    handle: Handle,
    query: ApiQuery,
    asker: { readonly principal: Principal | null; readonly client: IncomingMessage | null },
  ): View {
    const { principal, client } = asker;
    if (query.publicOnly === true) return 'public';
    if (principal !== null) {
      const denial = judgeRead(principal, handle);
      if (denial === null) return 'admin';
      if (query.publicOnly === null) return 'public';
      throw denial;
    }
    if (query.publicOnly === null || answer.kind !== 'found') return 'public';
    if (client !== null) this.#options.asker.charge(client);
    throw new HandleError('UNAUTHENTICATED', 'Private values need a key.');
  }

  #failure(thrown: unknown, spelled: string | null, query: ApiQuery): ApiReply {
    const error = asHandleError(thrown);
    this.#options.observer.failed(error.code);
    const isMalformed = error.code === 'INVALID_HANDLE' || error.code === 'INVALID_REQUEST';
    return errorReply(error, isMalformed ? null : spelled, query);
  }

  /** Registers what is not plain: parameters, keys, HEAD, POST, OPTIONS, and everything else below `/api`. */
  register(app: FastifyInstance): void {
    app.register(async (scope) => {
      acceptParameters(scope);
      scope.addHook('onRequest', (request, reply, done) => {
        const refusal = this.#refusedMethod(request);
        if (refusal === null) done();
        else this.#send(request, reply, refusal);
      });
      scope.setErrorHandler((error, request, reply) => {
        this.#send(request, reply, this.#failure(error, null, PLAIN_QUERY));
      });
      const resolve = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
        const spelled = this.#spelledIn(request);
        this.#send(
          request,
          reply,
          spelled instanceof HandleError
            ? this.#failure(spelled, null, PLAIN_QUERY)
            : await this.reply(request, spelled, parametersOf(request)),
        );
      };
      for (const path of ['/api/handles', '/api/handles/*']) scope.all(path, resolve);
      for (const path of ['/api', '/api/*']) {
        scope.all(path, async (request, reply) => this.#send(request, reply, unknownEndpoint(request)));
      }
    });
  }

  /** What the framework could not route. */
  answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    this.#send(request, reply, this.#failure(error, null, PLAIN_QUERY));
  }

  #spelledIn(request: FastifyRequest): string | HandleError {
    try {
      return pathText(request.url, HANDLES.length);
    } catch (error) {
      return asHandleError(error);
    }
  }

  #refusedMethod(request: FastifyRequest): ApiReply | null {
    if (!isHandlesPath(request.url)) return null;
    switch (request.method) {
      case 'GET':
      case 'HEAD':
      case 'POST':
        return null;
      case 'OPTIONS':
        return { status: 200, headers: ['Allow', METHODS, 'Content-Length', '0'], body: '' as ApiReply['body'] };
      case 'PUT':
      case 'DELETE':
        return errorReply(
          new HandleError(
            'UNSUPPORTED_METHOD',
            `${request.method} is not offered here: write through /v1/identifiers.`,
          ),
          null,
        );
      default:
        return errorReply(new HandleError('UNSUPPORTED_METHOD', `Unknown method ${request.method}`), null);
    }
  }

  #send(request: FastifyRequest, reply: FastifyReply, what: ApiReply): void {
    reply.hijack();
    this.#options.writer.write(request.raw, reply.raw, {
      ...what,
      headers: [...what.headers, 'X-Request-Id', request.id],
    });
  }
}

function isHandlesPath(url: string): boolean {
  return url.startsWith(HANDLES) || /^\/api\/handles(\?|$)/.test(url);
}

function unknownEndpoint(request: FastifyRequest): ApiReply {
  const path = request.url.split('?')[0] ?? '';
  const error = new HandleError('INVALID_REQUEST', `Unknown HTTP API endpoint ${request.method} ${path}`);
  return { ...errorReply(error, null), status: 404 };
}

/** POST carries the parameters of a GET: as a form, or as a JSON object. */
function acceptParameters(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, new URLSearchParams(String(body)));
  });
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parametersFromJson(parseJsonBody(body as Buffer)));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parametersFromJson(input: unknown): URLSearchParams {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new HandleError('INVALID_REQUEST', 'Send the parameters as a JSON object, such as {"type":["URL"]}.');
  }
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) {
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  return parameters;
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  const parameters = queryOf(request.url);
  if (request.body instanceof URLSearchParams) for (const [name, value] of request.body) parameters.append(name, value);
  return parameters;
}
