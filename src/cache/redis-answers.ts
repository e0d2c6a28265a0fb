// Answers of others in Redis, shared by the threads and nodes that use it. A slow or dead Redis is a miss.

import type { ByteString } from '../domain/bytes.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { Observer } from '../domain/observer.ts';
import { type RedisConnection, RedisUnreachable } from './redis-connection.ts';
import { RedisTexts } from './redis-texts.ts';
import type { SecondTier, TierKey } from './second-tier.ts';
import { decodeShared, encodeShared } from './shared-answer.ts';

const NOTHING = Promise.resolve(null);

/** Of each handle one answer, the latest, whoever told it. */
export class RedisAnswers implements SecondTier {
  readonly #texts: RedisTexts;
  readonly #observer: Pick<Observer, 'cacheEvent'>;
  readonly #failed = (): null => {
    this.#observer.cacheEvent('l2', 'failed', 1);
    return null;
  };

  constructor(connection: RedisConnection, keyPrefix: string, observer: Pick<Observer, 'cacheEvent'>) {
    this.#observer = observer;
    this.#texts = new RedisTexts({ connection, keyPrefix, kind: 'answer', onUnwritten: this.#failed });
  }

  get(key: TierKey): Promise<ForeignAnswer | null> {
    if (!this.#texts.isUp) return NOTHING;
    return this.#texts.get(key.handle).then((text) => this.#got(text, key), this.#failed);
  }

  set(key: TierKey, answer: ForeignAnswer, forMs: number): void {
    this.#texts.set(key.handle, () => encodeShared(key, answer), forMs);
  }

  async held(handle: Handle): Promise<ForeignAnswer | null> {
    try {
      const text = await this.#texts.get(handle);
      return text === null ? null : decodeShared(text, null);
    } catch {
      return null; // as good as empty while it cannot be asked
    }
  }

  /** As `forget`, of who has to know whether it was done: throws if Redis cannot be reached or refuses. */
  bar(handle: Handle): Promise<void> {
    return this.#texts.bar([handle]);
  }

  async forget(handle: Handle): Promise<void> {
    try {
      await this.bar(handle);
    } catch (error) {
      // What could not be removed is not read either while Redis is gone; what it refuses is counted.
      if (!(error instanceof RedisUnreachable)) this.#observer.cacheEvent('l2', 'failed', 1);
    }
  }

  close(): Promise<void> {
    return this.#texts.close();
  }

  #got(text: ByteString | null, key: TierKey): ForeignAnswer | null {
    const answer = text === null ? null : decodeShared(text, key);
    this.#observer.cacheEvent('l2', answer === null ? 'miss' : 'hit', 1);
    return answer;
  }
}
