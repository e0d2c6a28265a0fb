// Looks into what the read path remembers of others, and has it forgotten. It answers no question.

import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Learned } from '../domain/answer.ts';
import type { ForeignOptions } from './chain.ts';
import { isFreshAt, learnedOf } from './learned.ts';
import type { CacheKeeper, Remembered } from './resolver.ts';

interface KeeperOptions {
  readonly foreign: Pick<ForeignOptions, 'reader' | 'tier' | 'staleSeconds'> | null;
  readonly cache: { readonly maxAgeSeconds: number };
  readonly clock: () => number;
}

export function createKeeper({ foreign, cache, clock }: KeeperOptions, memory: AnswerCache): CacheKeeper {
  const told = (kind: Remembered['kind'], values: number, learned: Learned): Remembered => ({
    kind,
    values,
    learned,
    state: isFreshAt(learned, clock()) ? 'fresh' : 'stale',
  });
  return {
    async inspect(handle) {
      const answer = memory.peek(handle);
      const held = (await foreign?.tier?.get({ handle, site: null })) ?? null;
      const policy = { maxAgeSeconds: cache.maxAgeSeconds, staleSeconds: foreign?.staleSeconds ?? 0 };
      const values = held?.kind === 'found' ? held.values.length : 0;
      return {
        memory:
          answer === undefined || answer.learned === null
            ? null
            : told(answer.kind, answer.kind === 'found' ? answer.values.length : 0, answer.learned),
        shared: held === null ? null : told(held.kind, values, learnedOf(handle, held, policy)),
      };
    },
    async purge(handle) {
      await foreign?.reader.forget(handle);
    },
  };
}
