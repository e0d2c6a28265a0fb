// `/v1/cache/{handle}`: what is remembered of an identifier that another node answers for, and its purge.

import type { FastifyInstance } from 'fastify';
import { assertOperator, assertSeesEveryone } from '../registry/authorization.ts';
import type { Asker } from '../resolver/asker.ts';
import type { CacheKeeper, Remembered } from '../resolver/resolver.ts';
import { actorOf } from './authentication.ts';
import type { Caller } from './client-network.ts';
import { formatMilliseconds } from './instants.ts';
import { pathText } from './percent-decoding.ts';

const CACHE = '/v1/cache/';

export function registerCache(
  scope: FastifyInstance,
  { cacheKeeper, asker }: { readonly cacheKeeper: CacheKeeper; readonly asker: Asker<Caller> },
): void {
  scope.get(`${CACHE}*`, async (request) => {
    assertSeesEveryone(actorOf(request).principal, 'look into the cache');
    const handle = asker.parse(pathText(request.url, CACHE.length));
    const { memory, shared, disk } = await cacheKeeper.inspect(handle);
    return { handle, memory: toldOf(memory), shared: toldOf(shared), disk: toldOf(disk) };
  });

  scope.delete(`${CACHE}*`, async (request, reply) => {
    assertOperator(actorOf(request).principal, 'purge the cache');
    await cacheKeeper.purge(asker.parse(pathText(request.url, CACHE.length)));
    return reply.code(204).send();
  });
}

function toldOf(remembered: Remembered | null): object | null {
  if (remembered === null) return null;
  const { kind, values, learned, state } = remembered;
  return {
    kind,
    values,
    state,
    learnedAt: formatMilliseconds(learned.learnedAt),
    freshUntil: formatMilliseconds(learned.freshUntil),
    staleUntil: formatMilliseconds(learned.staleUntil),
  };
}
