// What stands before every upstream, whichever protocol it speaks: a breaker and a bulkhead of its own, a report of each trip,
// and one way to say that nothing could be found out. It asks nobody itself.

import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import { HandleError } from '../domain/error.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { BreakerState, UpstreamOutcome } from '../domain/observer.ts';
import { ExchangeFailed } from './exchange-failed.ts';
import { troubleWith } from './trouble.ts';

export interface GateOptions {
  /** What the log, and who asked in vain, call the upstream. */
  readonly name: string;
  readonly maxConcurrent: number;
  readonly onTrip: (outcome: UpstreamOutcome, durationMs: number) => void;
  readonly onBreaker: (state: BreakerState) => void;
  /** Why a question came to nothing, for the log: may name addresses. */
  readonly onFailure: (reason: string) => void;
}

/** Questions that may wait for one in flight: about as many again, or their wait would outlast their deadline. */
const QUEUE_PER_SLOT = 1;
/** Opens when half of ten seconds' questions fail, at a few a second or more. */
const BREAKER = { threshold: 0.5, duration: 10_000, minimumRps: 1 };
const FIRST_BREAK_MS = 1000;
const LONGEST_BREAK_MS = 30_000;

/** It answers, but not what was asked: its health is not in doubt. */
export class NotAccepted extends Error {
  constructor(refusal: HandleError) {
    super(refusal.message);
  }
}

export class Gate {
  readonly #options: GateOptions;
  readonly #policy;

  constructor(options: GateOptions) {
    this.#options = options;
    const breaker = circuitBreaker(
      handleWhen((error) => error instanceof ExchangeFailed),
      {
        halfOpenAfter: new ExponentialBackoff({ initialDelay: FIRST_BREAK_MS, maxDelay: LONGEST_BREAK_MS }),
        breaker: new SamplingBreaker(BREAKER),
      },
    );
    breaker.onStateChange((state) => options.onBreaker(stateOf(state)));
    options.onBreaker('closed');
    const { maxConcurrent } = options;
    this.#policy = wrap(breaker, bulkhead(maxConcurrent, maxConcurrent * QUEUE_PER_SLOT));
  }

  /**
   * `ask` throws `ExchangeFailed` if the upstream is ill, and `NotAccepted` if it only says what does not count. What comes of
   * both is `UPSTREAM_UNAVAILABLE`; `OVERLOADED` if enough is on its way.
   */
  async pass(ask: () => Promise<ForeignAnswer>): Promise<ForeignAnswer> {
    const startedAt = performance.now();
    const trip = (outcome: UpstreamOutcome): void => this.#options.onTrip(outcome, performance.now() - startedAt);
    try {
      const answer = await this.#policy.execute(ask);
      trip(answer.kind);
      return answer;
    } catch (error) {
      trip(outcomeOf(error));
      throw this.#told(error);
    }
  }

  #told(error: unknown): HandleError {
    if (error instanceof BulkheadRejectedError) {
      return new HandleError('OVERLOADED', 'Too many questions wait for another node: try again in a second.');
    }
    const { name, onFailure } = this.#options;
    const told = saidOf(error);
    const detail = error instanceof ExchangeFailed ? error.message : told;
    onFailure(detail);
    return new HandleError(
      'UPSTREAM_UNAVAILABLE',
      `Another node, "${name}", answers for this identifier, and what it says could not be found out: ${told}. Try again in a moment.`,
      { cause: new Error(`${name}: ${detail}`, { cause: error }) },
    );
  }
}

function saidOf(error: unknown): string {
  if (error instanceof BrokenCircuitError) return 'it has been failing and is left alone for a moment';
  if (error instanceof NotAccepted) return error.message.replace(/\.$/, '');
  return error instanceof ExchangeFailed ? troubleWith(error) : 'asking it failed';
}

function outcomeOf(error: unknown): UpstreamOutcome {
  if (error instanceof BulkheadRejectedError) return 'overloaded';
  if (error instanceof BrokenCircuitError) return 'broken';
  if (error instanceof NotAccepted) return 'refused';
  return error instanceof ExchangeFailed && error.reason === 'timeout' ? 'timeout' : 'failed';
}

function stateOf(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
