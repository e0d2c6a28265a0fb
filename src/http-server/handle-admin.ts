// The Handle API's writing and listing, as the reference Handle server answers them: each method gives the reply to one
// request and never throws. What is allowed is the registry's to say.

import type { FastifyRequest } from 'fastify';

import { prefixHandleOf } from '../domain/handle.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import type { HandleAdministration } from '../registry/handle-administration.ts';
import type { HandlePrefixes } from '../registry/handle-prefixes.ts';
import type { Requester } from '../registry/handle-requester.ts';
import { parseIndexes, parsePage, parsePut } from './handle-admin-input.ts';
import type { HandleApi } from './handle-api.ts';
import { bodyOf } from './handle-api-methods.ts';
import { choiceIn, isYes, PLAIN_QUERY } from './handle-api-query.ts';
import { type ApiReply, echo, jsonReply, wrapped } from './handle-api-reply.ts';
import type { HandleRequesters } from './handle-requests.ts';
import { queryOf } from './percent-decoding.ts';

export interface HandleAdminOptions {
  readonly api: HandleApi;
  readonly requesters: HandleRequesters;
  readonly handleRecords: HandleAdministration;
  readonly handlePrefixes: HandlePrefixes;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the Handle API has recognised who writes. */
    requester: Requester | null;
  }
}

export class HandleAdmin {
  readonly #options: HandleAdminOptions;

  constructor(options: HandleAdminOptions) {
    this.#options = options;
  }

  /** Before a body is read: the refusal of whoever shows nothing, or what opens nothing; else null. */
  async refusal(request: FastifyRequest, spelled: string | null): Promise<ApiReply | null> {
    try {
      request.requester = await this.#options.requesters.knownRequesterOf(request.raw);
      return null;
    } catch (error) {
      return this.#options.api.failure(request, error, spelled);
    }
  }

  put(request: FastifyRequest, spelled: string): Promise<ApiReply> {
    return this.#replying(request, spelled, async (requester, parameters) => {
      const body = bodyOf(request);
      const contentType = request.headers['content-type'];
      const { write, mintsSuffix } = parsePut({ spelled, contentType, body, parameters });
      const target = { spelled, mintsSuffix, requestId: request.id };
      const { handle, isNew } = await this.#options.handleRecords.write(requester, target, write);
      return jsonReply(isNew ? 201 : 200, `{"responseCode":1,"handle":${echo(handle)}}`);
    });
  }

  /** Truly deletes: the handle can be created again. */
  delete(request: FastifyRequest, spelled: string): Promise<ApiReply> {
    return this.#replying(request, spelled, async (requester, parameters) => {
      const indexes = parseIndexes(parameters);
      const target = { spelled, mintsSuffix: false, requestId: request.id };
      const write =
        indexes === null ? ({ operation: 'delete' } as const) : { operation: 'remove-values' as const, indexes };
      await this.#options.handleRecords.write(requester, target, write);
      return jsonReply(200, `{"responseCode":1,"handle":${echo(spelled)}}`);
    });
  }

  /** One page of the handles of a prefix. */
  list(request: FastifyRequest, prefix: string, parameters: URLSearchParams): Promise<ApiReply> {
    return this.#replying(request, prefix, async (requester) => {
      const { page, pageSize } = parsePage(parameters, MAX_PAGE_SIZE);
      const { total, handles } = await this.#options.handlePrefixes.list(requester, { prefix, page, pageSize });
      const rows = handles.map(echo).join(',');
      return jsonReply(
        200,
        `{"responseCode":1,"prefix":${echo(prefix)},"totalCount":"${total}","page":${page},"pageSize":${pageSize},"handles":[${rows}]}`,
      );
    });
  }

  prefixes(request: FastifyRequest): Promise<ApiReply> {
    return this.#replying(request, null, async (requester) => {
      const prefixes = await this.#options.handlePrefixes.homed(requester);
      const rows = prefixes.map((prefix) => echo(prefixHandleOf(prefix))).join(',');
      return jsonReply(200, `{"responseCode":1,"totalCount":"${prefixes.length}","prefixes":[${rows}]}`);
    });
  }

  home(request: FastifyRequest, prefix: string): Promise<ApiReply> {
    return this.#replying(request, prefix, async (requester, parameters) => {
      const foldsCase = choiceIn(parameters, 'foldsCase');
      await this.#options.handlePrefixes.home(requester, prefix, { foldsCase, requestId: request.id });
      return jsonReply(200, `{"responseCode":1,"handle":${echo(prefix)}}`);
    });
  }

  unhome(request: FastifyRequest, prefix: string): Promise<ApiReply> {
    return this.#replying(request, prefix, async (requester) => {
      await this.#options.handlePrefixes.unhome(requester, prefix, request.id);
      return jsonReply(200, `{"responseCode":1,"handle":${echo(prefix)}}`);
    });
  }

  async #replying(
    request: FastifyRequest,
    echoed: string | null,
    answer: (requester: Requester, parameters: URLSearchParams) => Promise<ApiReply>,
  ): Promise<ApiReply> {
    const parameters = queryOf(request.url);
    const query = { ...PLAIN_QUERY, pretty: isYes(parameters.get('pretty')) };
    try {
      const requester = request.requester ?? (await this.#options.requesters.knownRequesterOf(request.raw));
      return wrapped(await answer(requester, parameters), query);
    } catch (error) {
      return this.#options.api.failure(request, error, echoed, query);
    }
  }
}
