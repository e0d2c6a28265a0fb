// `/v1/identifiers/{handle}`, and `…/recall` behind it: one registration over HTTP. Form is checked here; what it means is
// the registry's to judge.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { PutRegistration, Registration, RegistrationResult } from '../registry/registration.ts';
import { parseRegistration } from '../registry/registration-json.ts';
import type { IdentifierRegistry } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';
import { revisionFromIfMatch, revisionTag } from './entity-tags.ts';
import { idempotencyClaimOf } from './idempotency.ts';
import { handleInPath, IDENTIFIERS, wordBehind } from './identifier-paths.ts';
import { formatMilliseconds } from './instants.ts';
import { DRY_RUN_QUERY, queryChecker, REGISTER_QUERY, REVOKE_QUERY } from './schemas.ts';

const registerQuery = queryChecker(REGISTER_QUERY);
const dryRunQuery = queryChecker(DRY_RUN_QUERY);
const revokeQuery = queryChecker(REVOKE_QUERY);

export function registerIdentifiers(scope: FastifyInstance, identifiers: IdentifierRegistry): void {
  const register = async (
    request: FastifyRequest,
    reply: FastifyReply,
    registration: Registration,
    dryRun: boolean,
  ): Promise<object> => {
    const { results, repeated } = await identifiers.register(actorOf(request), [registration], {
      dryRun,
      idempotency: idempotencyClaimOf(request),
    });
    const result = results[0];
    if (result === undefined) throw new HandleError('INTERNAL', 'The registry gave no result.');
    if (!result.ok) throw result.error;
    if (repeated) reply.header('Idempotency-Replayed', 'true');
    // A dry run says what would happen; nothing has been created, and no such revision exists.
    if (!dryRun) reply.code(result.outcome === 'created' ? 201 : 200).header('ETag', revisionTag(result.revision));
    return resultJson(result);
  };

  scope.put(`${IDENTIFIERS}*`, (request, reply) => {
    const { mode, dryRun = false } = registerQuery.check(request.query);
    const registration = parseRegistration(itemOf(request, 'put'), '', { mode: modeOf(request, mode) });
    return register(request, reply, registration, dryRun);
  });

  scope.patch(`${IDENTIFIERS}*`, (request, reply) => {
    const { dryRun = false } = dryRunQuery.check(request.query);
    const registration = parseRegistration(itemOf(request, 'patch'), '', { mode: 'update' });
    return register(request, reply, registration, dryRun);
  });

  scope.post(`${IDENTIFIERS}*`, (request, reply) => {
    const { dryRun = false } = dryRunQuery.check(request.query);
    const recalled = wordBehind(request.url, 'recall');
    if (recalled === null) {
      const how = 'write prefix/suffix, such as 88.118.10023/CHAIR-01, and /recall behind it';
      throw new HandleError('NOT_FOUND', `What is posted here is the recall of a handle: ${how}.`);
    }
    return register(request, reply, recallOf(request, 'recall', recalled.handle), dryRun);
  });

  scope.delete(`${IDENTIFIERS}*`, (request, reply) => {
    const { dryRun = false, reason } = revokeQuery.check(request.query);
    const lifted = liftedIn(request, reason);
    if (lifted !== null) return register(request, reply, recallOf(request, 'lift-recall', lifted), dryRun);
    const item = itemOf(request, 'revoke');
    if (reason !== undefined) item.reason = reason;
    return register(request, reply, parseRegistration(item, '', { mode: 'update' }), dryRun);
  });
}

type Item = Record<string, unknown>;
type RegistrationMode = PutRegistration['mode'];

/** Said by path, method and headers, so a body may not say it again. */
const SAID_ELSEWHERE = ['operation', 'handle', 'mode', 'ifMatch'];

/**
 * The handle whose recall a DELETE lifts. A revocation has a reason, always, and lifting has none: so `/recall` behind plain
 * slashes is no question, even if there is an identifier of that whole name.
 */
function liftedIn(request: FastifyRequest, reason: string | undefined): string | null {
  const recalled = wordBehind(request.url, 'recall');
  if (recalled === null) return null;
  const hasReason = reason !== undefined || request.body !== undefined;
  if (recalled.isCertain && hasReason) {
    throw new HandleError('INVALID_REQUEST', 'To lift a recall takes no reason and no body: leave them out.');
  }
  return hasReason ? null : recalled.handle;
}

function recallOf(request: FastifyRequest, operation: 'recall' | 'lift-recall', handle: string): Registration {
  return parseRegistration({ ...itemOf(request, operation), handle }, '', { mode: 'update' });
}

type Operation = 'put' | 'patch' | 'revoke' | 'recall' | 'lift-recall';

/** The body as one item of a batch, completed by path and headers. */
function itemOf(request: FastifyRequest, operation: Operation): Item {
  const { body } = request;
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw new HandleError('INVALID_REQUEST', 'The body must be a JSON object, such as {"values":[]}.', { at: '' });
  }
  const item: Item = { ...body };
  for (const member of SAID_ELSEWHERE) {
    if (Object.hasOwn(item, member)) {
      throw new HandleError(
        'INVALID_REQUEST',
        `There is no member "${member}" here: method, path and headers say it.`,
        {
          at: `/${member}`,
        },
      );
    }
  }
  item.operation = operation;
  item.handle = handleInPath(request.url);
  const ifMatch = revisionFromIfMatch(request.headers['if-match']);
  if (ifMatch !== null) item.ifMatch = ifMatch;
  return item;
}

/** `If-None-Match: *` means create (RFC 9110 §13.1.2); any other use of it makes no sense for a write. */
function modeOf(request: FastifyRequest, mode: RegistrationMode | undefined): RegistrationMode {
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch === undefined) return mode ?? 'upsert';
  if (ifNoneMatch === '*' && mode !== 'update' && request.headers['if-match'] === undefined) return 'create';
  throw new HandleError(
    'INVALID_REQUEST',
    'If-None-Match takes only * here, for a new identifier, and goes with neither If-Match nor mode=update.',
    { at: 'header If-None-Match' },
  );
}

/** One result, as single calls and batches show it. */
export function resultJson(result: Extract<RegistrationResult, { ok: true }>): object {
  return {
    handle: result.handle,
    outcome: result.outcome,
    revision: result.revision,
    updatedAt: formatMilliseconds(result.updatedAt),
  };
}
