// Counts what this thread has begun and not finished, and says when that is enough.

import { HandleError } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';

export class InFlight {
  readonly #limit: number;
  readonly #observer: Observer;
  #count = 0;

  constructor(limit: number, observer: Observer) {
    this.#limit = limit;
    this.#observer = observer;
  }

  /** Throws `OVERLOADED` if enough is in flight; else `leave` must follow, once. */
  enter(): void {
    if (this.#count >= this.#limit) {
      this.#observer.refused('in-flight');
      throw new HandleError('OVERLOADED', 'Too much is in flight on this node: try again in a second.', {
        retryAfterSeconds: 1,
      });
    }
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
  }
}
