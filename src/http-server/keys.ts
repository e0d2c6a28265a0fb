// `/v1/principals`, `/v1/keys` and `/v1/me`: who may act, over HTTP. A token leaves in the answer that makes it, and never
// again; hashes never leave.

import type { FastifyInstance } from 'fastify';
import type { AccessKey, Principal } from '../domain/principal.ts';
import type { Directory, IssuedKey, NewKey } from '../registry/registry.ts';
import { actorOf, schemeOf } from './authentication.ts';
import { subjectIn } from './client-certificate.ts';
import { formatMilliseconds, formatMillisecondsOrNull, parseMilliseconds } from './instants.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import {
  bodyChecker,
  KEY_ROTATION,
  NEW_CERTIFICATE,
  NEW_KEY,
  NEW_PRINCIPAL,
  PAGE_QUERY,
  PRINCIPAL_PATCH,
  queryChecker,
} from './schemas.ts';

const newPrincipal = bodyChecker(NEW_PRINCIPAL);
const principalPatch = bodyChecker(PRINCIPAL_PATCH);
const newKey = bodyChecker(NEW_KEY);
const newCertificate = bodyChecker(NEW_CERTIFICATE);
const keyRotation = bodyChecker(KEY_ROTATION);
const pageQuery = queryChecker(PAGE_QUERY);

type ById = { Params: { id: string } };

export function registerPrincipals(scope: FastifyInstance, directory: Directory): void {
  scope.get('/v1/me', async (request) => ({
    ...principalJson(actorOf(request).principal),
    authenticatedBy: schemeOf(request.raw),
  }));

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
    const issued = await directory.issueKey(actorOf(request), newKeyOf(newKey.check(request.body)));
    reply.code(201);
    return issuedJson(issued);
  });

  scope.post('/v1/keys/certificates', async (request, reply) => {
    const { certificate, ...given } = newCertificate.check(request.body);
    const subject = subjectIn(certificate, '/certificate');
    const key = await directory.registerCertificate(actorOf(request), newKeyOf(given), subject);
    reply.code(201);
    return keyJson(key);
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

function newKeyOf(given: Omit<NewKey, 'expiresAt'> & { readonly expiresAt?: string | null }): NewKey {
  const { principalId, label, expiresAt = null } = given;
  return { principalId, label, expiresAt: expiresAt === null ? null : parseMilliseconds(expiresAt, '/expiresAt') };
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
