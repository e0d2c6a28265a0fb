// `/v1/principals`, `/v1/keys` and `/v1/me`: who may act, over HTTP. A token leaves in the answer that makes it, and never
// again; hashes never leave.

import type { FastifyInstance } from 'fastify';
import type { AccessKey, Principal } from '../domain/principal.ts';
import type { Directory, IssuedKey } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';
import { formatMilliseconds, formatMillisecondsOrNull, parseMilliseconds } from './instants.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import {
  bodyChecker,
  KEY_ROTATION,
  NEW_KEY,
  NEW_PRINCIPAL,
  PAGE_QUERY,
  PRINCIPAL_PATCH,
  queryChecker,
} from './schemas.ts';

const newPrincipal = bodyChecker(NEW_PRINCIPAL);
const principalPatch = bodyChecker(PRINCIPAL_PATCH);
const newKey = bodyChecker(NEW_KEY);
const keyRotation = bodyChecker(KEY_ROTATION);
const pageQuery = queryChecker(PAGE_QUERY);

type ById = { Params: { id: string } };

export function registerPrincipals(scope: FastifyInstance, directory: Directory): void {
  scope.get('/v1/me', async (request) => principalJson(actorOf(request).principal));

  scope.post('/v1/principals', async (request, reply) => {
    const given = newPrincipal.check(request.body);
    const principal = await directory.createPrincipal(actorOf(request), {
      name: given.name,
      role: given.role,
      scope: given.scope ?? null,
    });
    reply.code(201).header('Location', `/v1/principals/${principal.id}`);
    return principalJson(principal);
  });

  scope.get('/v1/principals', async (request) => {
    const { after = null, limit = DEFAULT_PAGE_SIZE } = pageQuery.check(request.query);
    const found = await directory.principals(actorOf(request), after, limit);
    return pageOf(found, limit, (principal) => principal.id, principalJson);
  });

  scope.patch<ById>('/v1/principals/:id', async (request) => {
    const { state } = principalPatch.check(request.body);
    return principalJson(await directory.setPrincipalState(actorOf(request), request.params.id, state));
  });
}

export function registerKeys(scope: FastifyInstance, directory: Directory): void {
  scope.post('/v1/keys', async (request, reply) => {
    const { principalId, label, expiresAt } = newKey.check(request.body);
    const issued = await directory.issueKey(actorOf(request), {
      principalId,
      label,
      expiresAt: expiresAt === undefined || expiresAt === null ? null : parseMilliseconds(expiresAt, '/expiresAt'),
    });
    reply.code(201);
    return issuedJson(issued);
  });

  scope.get('/v1/keys', async (request) => {
    const { after = null, limit = DEFAULT_PAGE_SIZE } = pageQuery.check(request.query);
    const found = await directory.keys(actorOf(request), after, limit);
    return pageOf(found, limit, (key) => key.id, keyJson);
  });

  scope.post<ById>('/v1/keys/:id/rotate', async (request, reply) => {
    const { graceSeconds = 0 } = keyRotation.check(request.body ?? {});
    const issued = await directory.rotateKey(actorOf(request), request.params.id, Math.round(graceSeconds * 1000));
    reply.code(201);
    return issuedJson(issued);
  });

  scope.delete<ById>('/v1/keys/:id', async (request) =>
    keyJson(await directory.revokeKey(actorOf(request), request.params.id)),
  );
}

function principalJson(principal: Principal): object {
  return {
    ...principal,
    createdAt: formatMilliseconds(principal.createdAt),
    updatedAt: formatMilliseconds(principal.updatedAt),
  };
}

function keyJson(key: AccessKey): object {
  const { tokenHash: _neverShown, ...shown } = key;
  return {
    ...shown,
    expiresAt: formatMillisecondsOrNull(key.expiresAt),
    revokedAt: formatMillisecondsOrNull(key.revokedAt),
    createdAt: formatMilliseconds(key.createdAt),
    updatedAt: formatMilliseconds(key.updatedAt),
  };
}

function issuedJson(issued: IssuedKey): object {
  return { ...keyJson(issued.key), token: issued.token };
}
