// `/v1/import-profiles`: column mappings saved by name.

import type { FastifyInstance } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { ImportProfiles } from '../imports/profiles.ts';
import { actorOf } from './authentication.ts';

type ByName = { Params: { name: string } };

export function registerImportProfiles(scope: FastifyInstance, profiles: ImportProfiles): void {
  scope.get('/v1/import-profiles', async (request) => ({ items: profiles.list(actorOf(request).principal) }));

  scope.put<ByName>('/v1/import-profiles/:name', async (request) => {
    if (request.body === undefined) throw new HandleError('INVALID_REQUEST', 'Send the mapping as the body, in JSON.');
    return profiles.put(actorOf(request).principal, request.params.name, request.body);
  });

  scope.get<ByName>('/v1/import-profiles/:name', async (request) =>
    profiles.read(actorOf(request).principal, request.params.name),
  );

  scope.delete<ByName>('/v1/import-profiles/:name', async (request, reply) => {
    profiles.remove(actorOf(request).principal, request.params.name);
    reply.code(204);
  });
}
