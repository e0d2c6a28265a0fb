// Bounds work that is done elsewhere, as in the pool of threads: so much at once, and so much that waits for its turn. Pure.

import { HandleError } from './error.ts';

export interface WorkLaneOptions {
  readonly atOnce: number;
  /** Cost of what waits, in whatever the work is measured by; beyond it there is no room. */
  readonly maxWaitingCost: number;
  /** Says what there was too much of, and what to do. */
  readonly refusal: string;
}

export class WorkLane {
  readonly #options: WorkLaneOptions;
  readonly #turns: (() => void)[] = [];
  #running = 0;
  #waitingCost = 0;

  constructor(options: WorkLaneOptions) {
    this.#options = options;
  }

  /** Carries out `work` when it is its turn, in the order of the calls. Rejects with `OVERLOADED` if too much waits. */
  async run<T>(cost: number, work: () => Promise<T>): Promise<T> {
    await this.#turn(cost);
    try {
      return await work();
    } finally {
      const next = this.#turns.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Whoever ends hands its place on, so that nobody overtakes those who wait. */
  async #turn(cost: number): Promise<void> {
    const { atOnce, maxWaitingCost, refusal } = this.#options;
    if (this.#running < atOnce) {
      this.#running++;
      return;
    }
    if (this.#waitingCost >= maxWaitingCost) throw new HandleError('OVERLOADED', refusal, { retryAfterSeconds: 1 });
    this.#waitingCost += cost;
    await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#waitingCost -= cost;
  }
}
