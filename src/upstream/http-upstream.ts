// One upstream over HTTP: asks one of its endpoints, once more at another, within one deadline, behind a breaker and a
// bulkhead of its own. What it returns has been accepted; what it does not know it throws.

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
import { HandleError, isHandleError } from '../domain/error.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { BreakerState, UpstreamOutcome } from '../domain/observer.ts';
import { schemeOf } from '../domain/scheme.ts';
import { type AnswerMapping, readHandleAnswer, readMappedAnswer } from '../wire/foreign-answer-json.ts';
import { AdaptiveDeadline } from './adaptive-deadline.ts';
import { Endpoints } from './endpoints.ts';
import { ExchangeFailed, type HttpClient, type HttpReply } from './http-client.ts';

export interface HttpUpstreamSettings {
  readonly name: string;
  /** Base URLs. */
  readonly endpoints: readonly string[];
  /** Whether they stand in the settings; else they came from data and only public addresses are asked. */
  readonly isConfigured: boolean;
  /** `{handle}` keeps its slashes, `{identifier}` has them encoded. */
  readonly path: string;
  /** Null for the Handle.net JSON interface. */
  readonly mapping: AnswerMapping | null;
  /** For everything about one question, the second try included. */
  readonly deadlineMs: number;
  readonly maxConcurrent: number;
}

export interface HttpUpstreamSeams {
  readonly client: Pick<HttpClient, 'get'>;
  /** Epoch milliseconds, for when an answer was learned. */
  readonly clock: () => number;
  readonly onTrip: (outcome: UpstreamOutcome, durationMs: number) => void;
  readonly onBreaker: (state: BreakerState) => void;
}

/** Questions that may wait for one in flight: about as many again, or their wait would outlast their deadline. */
const QUEUE_PER_SLOT = 1;
/** Opens when half of ten seconds' questions fail, at a few a second or more. */
const BREAKER = { threshold: 0.5, duration: 10_000, minimumRps: 1 };
const FIRST_BREAK_MS = 1000;
const LONGEST_BREAK_MS = 30_000;
/** Share of the time left that a first try may take when there is somebody else to ask. */
const FIRST_TRY_SHARE = 0.6;
/** Less than that is no time to ask anyone. */
const MIN_TRY_MS = 20;

interface Asked {
  readonly handle: Handle;
  readonly path: string;
  readonly via: string;
}

/** It answers, but not what was asked: its health is not in doubt. */
class NotAccepted extends Error {
  readonly refusal: HandleError;

  constructor(refusal: HandleError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export class HttpUpstream {
  readonly #settings: HttpUpstreamSettings;
  readonly #seams: HttpUpstreamSeams;
  readonly #endpoints: Endpoints;
  readonly #deadline: AdaptiveDeadline;
  readonly #policy;

  constructor(settings: HttpUpstreamSettings, seams: HttpUpstreamSeams) {
    this.#settings = settings;
    this.#seams = seams;
    this.#endpoints = new Endpoints(settings.endpoints, () => performance.now());
    this.#deadline = new AdaptiveDeadline(settings.deadlineMs);
    const breaker = circuitBreaker(
      handleWhen((error) => error instanceof ExchangeFailed),
      {
        halfOpenAfter: new ExponentialBackoff({ initialDelay: FIRST_BREAK_MS, maxDelay: LONGEST_BREAK_MS }),
        breaker: new SamplingBreaker(BREAKER),
      },
    );
    breaker.onStateChange((state) => seams.onBreaker(stateOf(state)));
    seams.onBreaker('closed');
    const { maxConcurrent } = settings;
    this.#policy = wrap(breaker, bulkhead(maxConcurrent, maxConcurrent * QUEUE_PER_SLOT));
  }

  /** Throws `UPSTREAM_UNAVAILABLE`, or `OVERLOADED` if enough is on its way. */
  async fetch(handle: Handle, via: string): Promise<ForeignAnswer> {
    const startedAt = performance.now();
    const path = this.#pathOf(handle);
    const trip = (outcome: UpstreamOutcome): void => this.#seams.onTrip(outcome, performance.now() - startedAt);
    try {
      const answer = await this.#policy.execute(() =>
        this.#ask({ handle, path, via }, startedAt + this.#settings.deadlineMs),
      );
      trip(answer.kind);
      return answer;
    } catch (error) {
      trip(outcomeOf(error));
      throw this.#told(error);
    }
  }

  async #ask(asked: Asked, endsAt: number): Promise<ForeignAnswer> {
    const first = this.#endpoints.next(null);
    const hasOther = this.#endpoints.count > 1;
    try {
      return await this.#askAt(first, asked, this.#timeFor(endsAt, hasOther ? FIRST_TRY_SHARE : 1));
    } catch (error) {
      if (!hasOther || error instanceof NotAccepted || endsAt - performance.now() < MIN_TRY_MS) throw error;
      return this.#askAt(this.#endpoints.next(first), asked, this.#timeFor(endsAt, 1));
    }
  }

  #timeFor(endsAt: number, share: number): number {
    return Math.max(MIN_TRY_MS, Math.min((endsAt - performance.now()) * share, this.#deadline.currentMs));
  }

  async #askAt(base: string, { handle, path, via }: Asked, timeoutMs: number): Promise<ForeignAnswer> {
    const startedAt = performance.now();
    const { isConfigured } = this.#settings;
    try {
      const reply = await this.#seams.client.get({ base, path, via, isConfigured, timeoutMs });
      const answer = this.#read(reply, handle);
      this.#deadline.answered(performance.now() - startedAt);
      this.#endpoints.succeeded(base);
      return answer;
    } catch (error) {
      if (error instanceof NotAccepted) this.#endpoints.succeeded(base);
      else this.#endpoints.failed(base);
      if (error instanceof ExchangeFailed && error.reason === 'timeout') this.#deadline.timedOut();
      throw error;
    }
  }

  /** Throws `ExchangeFailed` if it is ill, `NotAccepted` if it only says what does not count. */
  #read({ status, json }: HttpReply, handle: Handle): ForeignAnswer {
    const { mapping } = this.#settings;
    const learnedAt = this.#seams.clock();
    if (status >= 500 || status === 429) throw new ExchangeFailed('network', `it answers with status ${status}`);
    if (mapping !== null && status === 404) return { kind: 'not-found', learnedAt };
    if (json === undefined) throw new ExchangeFailed('network', `what it answers with status ${status} is no JSON`);
    try {
      if (mapping === null) return readHandleAnswer(json, handle, learnedAt);
      if (status !== 200) throw new HandleError('UPSTREAM_UNAVAILABLE', `It answers with status ${status}.`);
      return readMappedAnswer(json, schemeOf(handle).text, mapping, learnedAt);
    } catch (error) {
      if (isHandleError(error, 'UPSTREAM_UNAVAILABLE')) throw new NotAccepted(error);
      throw error;
    }
  }

  #pathOf(handle: Handle): string {
    const { text } = schemeOf(handle);
    return this.#settings.path
      .replaceAll('{handle}', () => encodedPath(text))
      .replaceAll('{identifier}', () => encodeURIComponent(text));
  }

  #told(error: unknown): HandleError {
    if (error instanceof BulkheadRejectedError) {
      return new HandleError('OVERLOADED', 'Too many questions wait for another node: try again in a second.');
    }
    const because =
      error instanceof BrokenCircuitError
        ? 'it has been failing and is left alone for a moment'
        : error instanceof NotAccepted
          ? error.refusal.message
          : (error as Error).message;
    // Addresses and causes are for the log; who asks learns that it is not known, and that asking again may help.
    return new HandleError(
      'UPSTREAM_UNAVAILABLE',
      'Another node answers for this identifier, and what it says could not be found out: try again in a moment.',
      { cause: new Error(`${this.#settings.name}: ${because}`, { cause: error }) },
    );
  }
}

/** Slashes stay, as the Handle.net interface has them, unless a dot between them could be taken for a direction. */
function encodedPath(text: string): string {
  const encoded = encodeURIComponent(text);
  return /(^|\/)\.{1,2}(\/|$)/.test(text) ? encoded : encoded.replaceAll('%2F', '/');
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
