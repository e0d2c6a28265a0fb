// Where imports of the command line go: the batch call of a node. It sends and translates; patience is the import's.

import { randomUUID } from 'node:crypto';
import { HandleError } from '../domain/error.ts';
import type { ImportResult, ImportTarget } from '../registry/import-loop.ts';
import { type ApiAnswer, type ApiClient, type ApiRequest, failureOf } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { pathOf } from './options.ts';

export interface BatchOptions {
  readonly mode: 'create' | 'update' | 'upsert';
  readonly dryRun: boolean;
  /** Lines of an export, taken in as they were. */
  readonly preserve?: boolean;
}

/** Codes that say: the same call may succeed a little later. */
const PASSING = ['OVERLOADED', 'RATE_LIMITED', 'STORE_UNAVAILABLE'] as const;

export function batchTarget(client: ApiClient, { mode, dryRun, preserve = false }: BatchOptions): ImportTarget {
  let sent: readonly string[] = [];
  let idempotencyKey = '';
  return {
    async register(items) {
      // The same items again are the repeat of a call whose answer was lost: under its key nothing happens twice.
      if (items !== sent) idempotencyKey = randomUUID();
      sent = items;
      const request: ApiRequest = {
        method: 'POST',
        path: preserve ? '/v1/preserved' : pathOf('/v1/identifiers', { mode, dryRun: dryRun || undefined }),
        bodyText: `[${items.join(',')}]`,
        headers: dryRun || preserve ? {} : { 'idempotency-key': idempotencyKey },
        signed: true,
      };
      const answer = await askOrPass(client, request);
      if (answer.status >= 400) throw refusalOf(answer, request);
      return (answer.body as { readonly results: readonly ImportResult[] }).results;
    },
  };
}

/** A node that does not answer may be restarting. */
async function askOrPass(client: ApiClient, request: ApiRequest): Promise<ApiAnswer> {
  try {
    return await client.ask(request);
  } catch (cause) {
    if (!(cause instanceof CommandFailure) || cause.exitCode !== EXIT.unreachable) throw cause;
    throw new HandleError('STORE_UNAVAILABLE', cause.message, { cause });
  }
}

function refusalOf(answer: ApiAnswer, request: ApiRequest): Error {
  const cause = failureOf(answer, request);
  const code = typeof answer.body === 'object' && answer.body !== null && 'code' in answer.body ? answer.body.code : '';
  const inProgress = code === 'IDEMPOTENCY_IN_PROGRESS';
  const passing = inProgress ? 'OVERLOADED' : PASSING.find((each) => each === code);
  if (passing === undefined) return cause;
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return new HandleError(passing, cause.message, {
    cause,
    ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
  });
}
