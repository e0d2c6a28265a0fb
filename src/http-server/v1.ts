// Puts `/v1` together: what needs a key, what does not, and what all of it shares.

import type { FastifyInstance } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { Asker } from '../resolver/asker.ts';
import { registerAudit } from './audit.ts';
import { type RequestAuthentication, requireKey } from './authentication.ts';
import { registerCache } from './cache-keeping.ts';
import type { ChangeStreams } from './change-streams.ts';
import { registerChanges } from './changes.ts';
import type { Caller } from './client-network.ts';
import { registerEnterprises } from './enterprises.ts';
import type { HttpServerOptions } from './http-server.ts';
import { registerIdentifierBatch } from './identifier-batch.ts';
import { registerIdentifierReading } from './identifier-reading.ts';
import { registerIdentifiers } from './identifiers.ts';
import type { ImportEvents } from './import-events.ts';
import { registerImportProfiles } from './import-profiles.ts';
import { registerImports, registerImportUpload } from './imports.ts';
import { registerKeys, registerPrincipals } from './keys.ts';
import { registerLots } from './lots.ts';
import { registerMoves } from './moves.ts';
import { registerPreserved } from './preserved.ts';
import { registerResolveBatch } from './resolve-batch.ts';
import { registerSearch } from './search.ts';
import { registerStatistics } from './statistics.ts';
import { registerTemplates } from './templates.ts';
import { acceptJson, createProblemHandler, refuseOtherMethods } from './v1-frame.ts';

interface V1Options
  extends Pick<
    HttpServerOptions,
    | 'cacheKeeper'
    | 'children'
    | 'clock'
    | 'directory'
    | 'feed'
    | 'histories'
    | 'identifiers'
    | 'imports'
    | 'lots'
    | 'moves'
    | 'observer'
    | 'preserver'
    | 'searchAudit'
    | 'searcher'
    | 'statistics'
    | 'templates'
  > {
  readonly authentication: RequestAuthentication;
  readonly streams: ChangeStreams;
  readonly importEvents: ImportEvents;
}

export function registerV1(app: FastifyInstance, options: V1Options, asker: Asker<Caller>): void {
  const { authentication, directory, identifiers, observer } = options;
  app.decorateRequest('principal', null);
  app.decorateRequest('rawBody', null);
  app.setErrorHandler(createProblemHandler(observer));
  app.setNotFoundHandler(() => {
    throw new HandleError('NOT_FOUND', 'There is nothing at this path: /docs shows what there is.');
  });
  app.register(async (scope) => {
    acceptJson(scope);
    const others = refuseOtherMethods(scope);
    scope.register(async (open) => registerResolveBatch(open, { asker, authentication, observer }));
    scope.register(async (closed) => {
      requireKey(closed, authentication);
      registerEnterprises(closed, directory);
      registerPrincipals(closed, directory);
      registerKeys(closed, directory);
      registerAudit(closed, options.searchAudit);
      registerStatistics(closed, options);
      registerSearch(closed, options.searcher);
      registerIdentifiers(closed, identifiers);
      registerIdentifierReading(closed, options);
      registerChanges(closed, options);
      registerLots(closed, options.lots);
      registerTemplates(closed, options);
      registerCache(closed, { cacheKeeper: options.cacheKeeper, asker });
      registerMoves(closed, options.moves);
      registerPreserved(closed, options.preserver);
      registerImports(closed, options);
      registerImportProfiles(closed, options.imports.profiles);
      closed.register(async (uploads) => registerImportUpload(uploads, options.imports));
      closed.register(async (batch) => registerIdentifierBatch(batch, identifiers));
    });
    scope.register(async () => others.finish());
  });
}
