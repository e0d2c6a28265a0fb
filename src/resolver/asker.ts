// How every door asks: one question to the resolver, measured, with guessing bounded. No door resolves another way, so
// one question has one answer whatever the door.

import type { Answer, Tier } from '../domain/answer.ts';
import { failureOf, HandleError } from '../domain/error.ts';
import { type CaseRule, type Handle, parseHandle, parseSchemeName } from '../domain/handle.ts';
import type { Door, Observer } from '../domain/observer.ts';
import { type Homed, homeOf } from '../domain/prefix.ts';
import type { Scheme } from '../domain/scheme.ts';
import { TokenBudget } from '../domain/token-budget.ts';
import type { Delegated, Question, Resolver } from './resolver.ts';

/**
 * What a network may still look up in what others share, a second, when its trips are spent: who asks for what is known
 * there spends no trips, so it is somebody who guesses.
 */
const LOOKS_PER_TRIP = 5;

/** How a question is to be answered, beside what is asked. */
export interface Asking {
  readonly bypassCache: boolean;
  /** Null as the settings say. */
  readonly delegated: Delegated | null;
  /** The nodes it has passed, as `Via` names them; empty for who asks for himself. */
  readonly via: string;
}

/** As nearly everybody asks. */
export const USUAL: Asking = { bypassCache: false, delegated: null, via: '' };

/** `Client`: what a door knows a client by. */
export interface AskerOptions<Client> {
  readonly resolver: Resolver;
  readonly homed: Homed;
  readonly observer: Observer;
  readonly clock: () => number;
  readonly limits: {
    readonly missesPerSecond: number;
    readonly missBurst: number;
    readonly tripsPerSecond: number;
    readonly tripBurst: number;
  };
  readonly networkOf: (client: Client) => string;
  /** Reads texts of other schemes; null where only handles are asked for. */
  readonly recognise: Recognise | null;
}

/** The name of a text that is no plain handle, or null for one that is to be read as a handle. */
export type Recognise = (text: string) => { readonly scheme: Scheme; readonly name: string } | null;

/** Asks the resolver for a door. Throws what `Resolver.resolve` throws, and `RATE_LIMITED` in place of a miss. */
export class Asker<Client> {
  readonly #options: AskerOptions<Client>;
  readonly #misses: TokenBudget;
  readonly #trips: TokenBudget;
  /** Of networks whose trips are spent. */
  readonly #looks: TokenBudget;
  #refusal: HandleError | null = null;
  readonly #foldsCase: CaseRule;

  constructor(options: AskerOptions<Client>) {
    this.#options = options;
    const { clock } = options;
    const { missesPerSecond, missBurst, tripsPerSecond, tripBurst } = options.limits;
    this.#misses = new TokenBudget({ perSecond: missesPerSecond, burst: missBurst, clock });
    this.#trips = new TokenBudget({ perSecond: tripsPerSecond, burst: tripBurst, clock });
    const looksPerSecond = LOOKS_PER_TRIP * tripsPerSecond;
    this.#looks = new TokenBudget({ perSecond: looksPerSecond, burst: looksPerSecond, clock });
    this.#foldsCase = (prefix) => homeOf(prefix, options.homed())?.foldsCase ?? false;
  }

  /** A text without a slash asks for the prefix itself, `0.NA/<text>` (reference server, handle-to-prefix mapping). */
  parse(text: string): Handle {
    if (text === '') throw new HandleError('INVALID_HANDLE', 'Empty handle invalid');
    const other = this.#options.recognise?.(text) ?? null;
    if (other === null) return parseHandle(text.includes('/') ? text : `0.NA/${text}`, this.#foldsCase);
    if (other.scheme === 'handle' || other.scheme === 'vaa') return parseHandle(other.name, this.#foldsCase);
    return parseSchemeName(other.name);
  }

  /**
   * Asks. `client` pays for misses and for passing by the caches; null if it has shown a key.
   * What is at hand is answered without a promise.
   */
  ask(door: Door, handle: Handle, client: Client | null, asking: Asking): Answer | Promise<Answer> {
    return this.answer(door, new AskedQuestion(this, handle, client, asking));
  }

  /** As `ask`, for a door that wants to know who answered: that stands in the question afterwards. */
  answer(door: Door, question: AskedQuestion<Client>): Answer | Promise<Answer> {
    const { client } = question;
    if ((question.bypassCache || question.delegated !== null) && client !== null) this.charge(client);
    const startedAt = performance.now();
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#options.resolver.resolve(question);
    } catch (error) {
      throw this.#failed(door, error, question, startedAt);
    }
    if (answer instanceof Promise) return this.#later(door, answer, question, { startedAt, client });
    this.#options.observer.resolved(door, answer.kind, question, performance.now() - startedAt);
    if (answer.kind === 'not-found' && client !== null) this.charge(client);
    return answer;
  }

  /** Takes one question to another node from the client's budget; throws `RATE_LIMITED` if there is none. */
  chargeTrip(client: Client): void {
    if (this.#trips.unlimited) return;
    this.#assertPaid(this.#trips.take(this.#options.networkOf(client)));
  }

  /** Of a client whose trips are spent, takes one look at what others share; throws `RATE_LIMITED` if there is none. */
  chargeLook(client: Client): void {
    if (this.#trips.unlimited) return;
    const network = this.#options.networkOf(client);
    if (!this.#trips.has(network)) this.#assertPaid(this.#looks.take(network));
  }

  #assertPaid(waitSeconds: number): void {
    if (waitSeconds === 0) return;
    this.#options.observer.refused('trip-limit');
    // One for all who are told the same: to a flood, making it would be half of what a refusal costs.
    if (this.#refusal?.retryAfterSeconds !== waitSeconds) {
      this.#refusal = new HandleError(
        'RATE_LIMITED',
        'Too many identifiers of other nodes were asked from this network that are not known here yet: slow down.',
        { retryAfterSeconds: waitSeconds },
      );
    }
    throw this.#refusal;
  }

  /** Takes one miss from the client's budget; throws `RATE_LIMITED` if there is none. */
  charge(client: Client): void {
    if (this.#misses.unlimited) return;
    const waitSeconds = this.#misses.take(this.#options.networkOf(client));
    if (waitSeconds === 0) return;
    this.#options.observer.refused('rate-limit');
    throw new HandleError(
      'RATE_LIMITED',
      'Too many unknown handles were asked from this network: slow down. Known handles are still answered.',
      { retryAfterSeconds: waitSeconds },
    );
  }

  async #later(
    door: Door,
    pending: Promise<Answer>,
    question: Question,
    asked: { readonly startedAt: number; readonly client: Client | null },
  ): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await pending;
    } catch (error) {
      throw this.#failed(door, error, question, asked.startedAt);
    }
    this.#options.observer.resolved(door, answer.kind, question, performance.now() - asked.startedAt);
    if (answer.kind === 'not-found' && asked.client !== null) this.charge(asked.client);
    return answer;
  }

  /** A prefix that lives elsewhere is an answer of sorts; everything else is "could not find out". */
  #failed(door: Door, thrown: unknown, question: Question, startedAt: number): HandleError {
    const error = failureOf(thrown);
    if (error.code !== 'NOT_RESPONSIBLE') {
      this.#options.observer.resolved(door, 'error', question, performance.now() - startedAt);
    }
    return error;
  }
}

/** A class, so that what only few questions need costs the others no closure. */
export class AskedQuestion<Client> implements Question {
  readonly handle: Handle;
  readonly bypassCache: boolean;
  readonly delegated: Delegated | null;
  readonly via: string;
  tier: Tier = 'none';
  readonly #asker: Asker<Client>;
  readonly client: Client | null;

  constructor(asker: Asker<Client>, handle: Handle, client: Client | null, asking: Asking) {
    this.#asker = asker;
    this.client = client;
    this.handle = handle;
    this.bypassCache = asking.bypassCache;
    this.delegated = asking.delegated;
    this.via = asking.via;
  }

  payForLook(): void {
    if (this.client !== null) this.#asker.chargeLook(this.client);
  }

  payForTrip(): void {
    if (this.client !== null) this.#asker.chargeTrip(this.client);
  }
}
