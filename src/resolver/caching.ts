// Answers from the cache what it holds, asks the resolver below for the rest, and hands what comes back to the cache.

import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Answer } from '../domain/answer.ts';
import type { Question, Resolver } from './resolver.ts';

export interface CachingOptions {
  readonly inner: Resolver;
  readonly cache: AnswerCache;
  readonly clock: () => number;
}

/** Failures are exceptions and pass through: they are never kept. */
export class CachingResolver implements Resolver {
  readonly #inner: Resolver;
  readonly #cache: AnswerCache;
  readonly #clock: () => number;

  constructor(options: CachingOptions) {
    this.#inner = options.inner;
    this.#cache = options.cache;
    this.#clock = options.clock;
  }

  resolve(question: Question): Answer | Promise<Answer> {
    if (question.bypassCache || question.delegated !== null) return this.#inner.resolve(question);
    const now = this.#clock();
    const kept = this.#cache.get(question.handle, now);
    if (kept !== undefined) {
      question.tier = kept.kind === 'not-found' ? 'negative' : 'l1';
      return kept;
    }
    const answer = this.#inner.resolve(question);
    if (answer instanceof Promise) return answer.then((landed) => this.#keep(landed, now));
    return this.#keep(answer, now);
  }

  #keep(answer: Answer, askedAt: number): Answer {
    this.#cache.set(answer, askedAt);
    return answer;
  }
}
