// `/v1/enterprises`: enterprises over HTTP. What may be done is the directory's to say.

import type { FastifyInstance } from 'fastify';
import type { Enterprise } from '../domain/enterprise.ts';
import type { Directory } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';
import { revisionFromIfMatch, revisionTag } from './entity-tags.ts';
import { formatMilliseconds } from './instants.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import { bodyChecker, ENTERPRISE_PATCH, NEW_ENTERPRISE, PAGE_QUERY, PREFIX_TRANSFER, queryChecker } from './schemas.ts';

const newEnterprise = bodyChecker(NEW_ENTERPRISE);
const enterprisePatch = bodyChecker(ENTERPRISE_PATCH);
const transfer = bodyChecker(PREFIX_TRANSFER);
const pageQuery = queryChecker(PAGE_QUERY);

type ByPrefix = { Params: { prefix: string } };

export function registerEnterprises(scope: FastifyInstance, directory: Directory): void {
  scope.post('/v1/enterprises', async (request, reply) => {
    const given = newEnterprise.check(request.body);
    const enterprise = await directory.createEnterprise(actorOf(request), {
      prefix: given.prefix ?? null,
      name: given.name,
      state: given.state ?? 'pending',
      contact: given.contact ?? null,
      quota: given.quota ?? null,
    });
    reply.code(201).header('Location', `/v1/enterprises/${enterprise.prefix}`);
    reply.header('ETag', revisionTag(enterprise.revision));
    return enterpriseJson(enterprise);
  });

  scope.get('/v1/enterprises', async (request) => {
    const { after = null, limit = DEFAULT_PAGE_SIZE } = pageQuery.check(request.query);
    const found = await directory.enterprises(actorOf(request), after, limit);
    return pageOf(found, limit, (enterprise) => enterprise.prefix, enterpriseJson);
  });

  scope.get<ByPrefix>('/v1/enterprises/:prefix', async (request, reply) => {
    const enterprise = await directory.enterprise(actorOf(request), request.params.prefix);
    reply.header('ETag', revisionTag(enterprise.revision));
    return enterpriseJson(enterprise);
  });

  scope.post<ByPrefix>('/v1/enterprises/:prefix/transfer', async (request, reply) => {
    const { to } = transfer.check(request.body);
    const ifMatch = revisionFromIfMatch(request.headers['if-match']);
    const enterprise = await directory.transferEnterprise(actorOf(request), request.params.prefix, to, ifMatch);
    reply.header('ETag', revisionTag(enterprise.revision));
    return enterpriseJson(enterprise);
  });

  scope.patch<ByPrefix>('/v1/enterprises/:prefix', async (request, reply) => {
    const patch = enterprisePatch.check(request.body);
    const ifMatch = revisionFromIfMatch(request.headers['if-match']);
    const enterprise = await directory.updateEnterprise(actorOf(request), request.params.prefix, patch, ifMatch);
    reply.header('ETag', revisionTag(enterprise.revision));
    return enterpriseJson(enterprise);
  });
}

function enterpriseJson(enterprise: Enterprise): object {
  return {
    ...enterprise,
    createdAt: formatMilliseconds(enterprise.createdAt),
    updatedAt: formatMilliseconds(enterprise.updatedAt),
  };
}
