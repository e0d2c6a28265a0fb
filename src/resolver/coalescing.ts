// One flight per handle: questions that come while the answer is on its way wait for it instead of asking again.
// Answers at hand pass through. Keeps nothing once a flight has landed.

import type { EpochTable } from '../cache/epoch-table.ts';
import type { Answer, Tier } from '../domain/answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { Question, Resolver } from './resolver.ts';

export interface CoalescingOptions {
  readonly inner: Resolver;
  readonly epochs: EpochTable;
}

/** Belongs to nobody: it flies on whoever has stopped waiting. */
interface Flight {
  /** Null once it has landed: tables that a map has outgrown go on holding what was in them until old memory is swept. */
  landing: Promise<Answer> | null;
  /** Who answered, once it has landed. */
  tier: Tier;
}

/** As many flights as questions that the doors admit at once, so their limit is this one's. */
export class CoalescingResolver implements Resolver {
  readonly #inner: Resolver;
  readonly #epochs: EpochTable;
  readonly #flights = new Map<Handle, Flight>();

  constructor(options: CoalescingOptions) {
    this.#inner = options.inner;
    this.#epochs = options.epochs;
  }

  resolve(question: Question): Answer | Promise<Answer> {
    if (question.bypassCache || question.delegated !== null) return this.#inner.resolve(question);
    const flight = this.#flights.size === 0 ? undefined : this.#flights.get(question.handle);
    if (flight === undefined || flight.landing === null) return this.#depart(question);
    return this.#board(flight, flight.landing, question);
  }

  #depart(question: Question): Answer | Promise<Answer> {
    const answer = this.#inner.resolve(question);
    if (!(answer instanceof Promise)) return answer;
    const { handle } = question;
    const landed = (): void => {
      flight.tier = question.tier;
      flight.landing = null;
      this.#flights.delete(handle);
    };
    // Not `finally`, which costs three promises.
    const landing = answer.then(
      (found) => {
        landed();
        return found;
      },
      (error: unknown) => {
        landed();
        throw error;
      },
    );
    const flight: Flight = { landing, tier: 'none' };
    this.#flights.set(handle, flight);
    return landing;
  }

  /**
   * A flight that departed before a change was acknowledged must not answer a question asked after it. Whether one did
   * shows when it lands: its answer no longer holds. Any flight under way by then departed after this question came.
   */
  async #board(flight: Flight, landing: Promise<Answer>, question: Question): Promise<Answer> {
    const answer = await landing;
    if (this.#epochs.holds(answer.validity)) {
      question.tier = flight.tier;
      return answer;
    }
    const next = this.#flights.get(question.handle);
    if (next === undefined || next.landing === null) return this.#depart(question);
    const later = await next.landing;
    question.tier = next.tier;
    return later;
  }
}
