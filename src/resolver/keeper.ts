// Looks into what the read path remembers of others, and has it forgotten. It answers no question.

import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Learned } from '../domain/answer.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
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
  const policy = { maxAgeSeconds: cache.maxAgeSeconds, staleSeconds: foreign?.staleSeconds ?? 0 };
  const kept = (handle: Handle, held: ForeignAnswer | null): Remembered | null => {
    if (held === null) return null;
    return told(held.kind, held.kind === 'found' ? held.values.length : 0, learnedOf(handle, held, policy));
  };
  return {
    async inspect(handle) {
      const answer = memory.peek(handle);
      const [shared = null, disk = null] = await Promise.all([
        foreign?.tier?.held(handle),
        foreign?.reader.held(handle),
      ]);
      return {
        memory:
          answer === undefined || answer.learned === null
            ? null
            : told(answer.kind, answer.kind === 'found' ? answer.values.length : 0, answer.learned),
        shared: kept(handle, shared),
        disk: kept(handle, disk),
      };
    },
    async purge(handle) {
      await foreign?.reader.forget(handle);
    },
  };
}
