// Describes the operations of cache-keeping.ts.

import type { Operation } from './operation.ts';
import { CACHE_VIEW } from './schemas-cache.ts';

const handle = '20.500.12345/OAK-CHAIR';
const memory = {
  kind: 'found',
  values: 3,
  state: 'fresh',
  learnedAt: '2026-11-23T03:51:48.000Z',
  freshUntil: '2026-11-23T04:49:12.000Z',
  staleUntil: '2026-11-24T04:49:12.000Z',
};

const COMMON = { path: '/v1/cache/{handle}', tag: 'Node', access: 'key', pathExamples: { handle } } as const;

export const CACHE_OPERATIONS: readonly Operation[] = [
  {
    ...COMMON,
    method: 'get',
    id: 'showCached',
    summary: 'What is remembered of an identifier of another node',
    answers: {
      200: {
        description: 'Null where nothing is.',
        content: {
          'application/json': { schema: CACHE_VIEW, example: { handle, memory, shared: null, disk: memory } },
        },
      },
    },
    problems: ['INVALID_HANDLE'],
  },
  {
    ...COMMON,
    method: 'delete',
    id: 'purgeCached',
    summary: 'Forget what is remembered of an identifier of another node',
    description: 'By all workers, in Redis and on disk, and with `redis.announce` by the other nodes.',
    answers: { 204: { description: 'Forgotten; the next question asks the other node.' } },
    problems: ['INVALID_HANDLE', 'UPSTREAM_UNAVAILABLE'],
  },
];
