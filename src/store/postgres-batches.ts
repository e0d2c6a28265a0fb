// Single questions asked at about the same time leave as one: those of one turn together, and while a batch is on its way,
// those that come meanwhile. Knows nothing of what is asked.

import { HandleError } from '../domain/error.ts';

/**
 * Questions that must wait before a second batch leaves while one is under way: a batch costs the database as much as
 * some tens of its questions, so that many small ones would be slower than a few.
 */
const WORTH_ANOTHER = 64;

export interface BatchOptions<Q, A> {
  /** Answers in the order of the questions. */
  readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  /** Questions in one batch. */
  readonly size: number;
  /** Batches on their way at once. */
  readonly atOnce: number;
  /** Questions that may wait. */
  readonly waiting: number;
}

interface Waiting<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

export class Batches<Q, A> {
  readonly #options: BatchOptions<Q, A>;
  #waiting: Waiting<Q, A>[] = [];
  #underWay = 0;
  #isDue = false;

  constructor(options: BatchOptions<Q, A>) {
    this.#options = options;
  }

  ask(question: Q): Promise<A> {
    if (this.#waiting.length >= this.#options.waiting) {
      return Promise.reject(
        new HandleError('OVERLOADED', 'Too many questions wait for the database: try again in a moment.'),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    const isWorth = this.#underWay === 0 || this.#waiting.length >= WORTH_ANOTHER;
    if (this.#isDue || !isWorth || this.#underWay >= this.#options.atOnce) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#options.size);
    if (batch.length === 0) return;
    this.#underWay += 1;
    if (this.#waiting.length > 0) this.#schedule();
    try {
      const answers = await this.#options.ask(batch.map(({ question }) => question));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as A);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
