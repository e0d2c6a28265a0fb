// One upstream over HTTP: asks one of its endpoints, once more at another, within one deadline, behind a breaker and a
// bulkhead of its own. What it returns has been accepted; what it does not know it throws.

import { HandleError, isHandleError } from '../domain/error.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { schemeOf } from '../domain/scheme.ts';
import { type AnswerMapping, readHandleAnswer, readMappedAnswer } from '../wire/foreign-answer-json.ts';
import { AdaptiveDeadline } from './adaptive-deadline.ts';
import { Endpoints } from './endpoints.ts';
import { ExchangeFailed } from './exchange-failed.ts';
import { Gate, type GateOptions, NotAccepted } from './gate.ts';
import type { HttpClient, HttpReply } from './http-client.ts';

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

export interface HttpUpstreamSeams extends Pick<GateOptions, 'onTrip' | 'onBreaker' | 'onFailure'> {
  readonly client: Pick<HttpClient, 'get'>;
  /** Epoch milliseconds, for when an answer was learned. */
  readonly clock: () => number;
}

/** Share of the time left that a first try may take when there is somebody else to ask. */
const FIRST_TRY_SHARE = 0.6;
/** Less than that is no time to ask anyone. */
const MIN_TRY_MS = 20;

interface Asked {
  readonly handle: Handle;
  readonly path: string;
  readonly via: string;
}

export class HttpUpstream {
  readonly #settings: HttpUpstreamSettings;
  readonly #seams: HttpUpstreamSeams;
  readonly #endpoints: Endpoints;
  readonly #deadline: AdaptiveDeadline;
  readonly #gate: Gate;

  constructor(settings: HttpUpstreamSettings, seams: HttpUpstreamSeams) {
    this.#settings = settings;
    this.#seams = seams;
    this.#endpoints = new Endpoints(settings.endpoints, () => performance.now());
    this.#deadline = new AdaptiveDeadline(settings.deadlineMs);
    this.#gate = new Gate({ ...settings, ...seams });
  }

  /** Throws `UPSTREAM_UNAVAILABLE`, or `OVERLOADED` if enough is on its way. `endsAt`: of `performance.now()`. */
  fetch(handle: Handle, via: string, endsAt = performance.now() + this.#settings.deadlineMs): Promise<ForeignAnswer> {
    const path = this.#pathOf(handle);
    return this.#gate.pass(() => this.#ask({ handle, path, via }, endsAt));
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
}

/** Slashes stay, as the Handle.net interface has them, unless a dot between them could be taken for a direction. */
function encodedPath(text: string): string {
  const encoded = encodeURIComponent(text);
  return /(^|\/)\.{1,2}(\/|$)/.test(text) ? encoded : encoded.replaceAll('%2F', '/');
}
