// `?at=INSTANT` at the Handle API: what an identifier resolved to then, with the inheritance of then, for keys that may
// read it today. Passes by every cache, and tells everyone on the way to keep nothing.

import type { Answer } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleValue, View } from '../domain/handle-value.ts';
import type { Observer } from '../domain/observer.ts';
import { selectPastValues } from '../domain/past-view.ts';
import { onlyReads, type Principal } from '../domain/principal.ts';
import type { ReadAccess } from '../registry/registry.ts';
import type { PastResolver } from '../resolver/past.ts';
import type { ApiQuery } from './handle-api-query.ts';
import { type ApiReply, viewReply } from './handle-api-reply.ts';
import { parsePastInstant } from './instants.ts';

/** No state is replaced later. */
const NOW = Number.MAX_SAFE_INTEGER;

export interface PastRepliesOptions {
  readonly past: PastResolver;
  readonly readAccess: ReadAccess;
  readonly clock: () => number;
  readonly observer: Observer;
}

export interface PastAsked {
  readonly handle: Handle;
  readonly spelled: string;
  readonly at: string;
  readonly query: ApiQuery;
  readonly principal: Principal | null;
}

export class PastReplies {
  readonly #options: PastRepliesOptions;

  constructor(options: PastRepliesOptions) {
    this.#options = options;
  }

  /** Throws `INVALID_REQUEST`, `UNAUTHENTICATED`, `FORBIDDEN`, and what a resolver throws. */
  async reply({ handle, spelled, at, query, principal }: PastAsked): Promise<ApiReply> {
    const { past, readAccess, clock, observer } = this.#options;
    const atMs = parsePastInstant(at, 'at', clock());
    if (principal === null) throw new HandleError('UNAUTHENTICATED', 'Earlier states need a key.');
    const denial = await readAccess.judgeRead(principal, handle);
    if (denial !== null) throw denial;
    const view = onlyReads(principal) ? 'reader' : 'admin';
    const startedAt = performance.now();
    const then = await past.resolveAt(handle, atMs);
    observer.resolved('handle-api', then.kind, { handle, tier: 'store' }, performance.now() - startedAt);
    const shown = then.kind === 'found' ? await this.#shown(then, query, view) : then;
    return unkept(viewReply(shown, spelled, { view, query, ifNoneMatch: undefined }));
  }

  async #shown(then: Extract<Answer, { kind: 'found' }>, query: ApiQuery, view: View): Promise<Answer> {
    const today = await this.#options.past.resolveAt(then.handle, NOW);
    const shown = query.publicOnly === true ? 'public' : view;
    return { ...then, values: selectPastValues(then.values, valuesOf(today), shown, query.filter) };
  }
}

function valuesOf(answer: Answer): readonly HandleValue[] {
  if (answer.kind === 'found') return answer.values;
  return answer.kind === 'revoked' ? answer.record.values : [];
}

/** Not found and revoked are as private as the rest: that something was not there yet says what was. */
function unkept(reply: ApiReply): ApiReply {
  const headers = [...reply.headers];
  headers[headers.indexOf('Cache-Control') + 1] = 'private, no-store';
  return { status: reply.status, headers, body: reply.body };
}
