// Bounds the guessing of keys and secrets: failures are counted for each client network, and above a burst they are
// answered with 429. It checks nothing itself and remembers no credential.

import { HandleError, isHandleError } from '../domain/error.ts';
import {
  AUTHENTICATION_FAILURE_BURST,
  AUTHENTICATION_FAILURES_PER_SECOND,
  VERIFICATION_BURST,
  VERIFICATIONS_PER_SECOND,
} from '../domain/limits.ts';
import type { AuthenticationScheme, Observer } from '../domain/observer.ts';
import { TokenBudget } from '../domain/token-budget.ts';

/** `Client`: what a door knows a client by. */
export interface AuthenticationGuardOptions<Client> {
  readonly networkOf: (client: Client) => string;
  readonly clock: () => number;
  readonly observer: Observer;
}

/**
 * What happens once a network has used up its failures depends on the scheme:
 * - `bearer`, `certificate`: still checked, since 256 random bits and a signature cannot be guessed. A good key opens its
 *   door whoever else sits in its network; a bad one gets 429.
 * - `basic`, `challenge`: people choose secrets, so they can be guessed and are refused unchecked, the right one too: an answer that
 *   told them apart is what a guesser needs. Callers pass by the guard with secrets they have lately seen to be right.
 */
export class AuthenticationGuard<Client> {
  readonly #options: AuthenticationGuardOptions<Client>;
  readonly #failures: TokenBudget;
  readonly #verifications: TokenBudget;

  constructor(options: AuthenticationGuardOptions<Client>) {
    this.#options = options;
    const limits = { perSecond: AUTHENTICATION_FAILURES_PER_SECOND, burst: AUTHENTICATION_FAILURE_BURST };
    this.#failures = new TokenBudget({ ...limits, clock: options.clock });
    const verifications = { perSecond: VERIFICATIONS_PER_SECOND, burst: VERIFICATION_BURST };
    this.#verifications = new TokenBudget({ ...verifications, clock: options.clock });
  }

  /**
   * Carries out `verify` and returns or throws what it does, a promise only if it gives one. Each `UNAUTHENTICATED` costs
   * the client's network one failure; where none is left it is `RATE_LIMITED` instead.
   */
  check<T>(client: Client, scheme: AuthenticationScheme, verify: () => T | Promise<T>): T | Promise<T> {
    return scheme === 'basic' || scheme === 'challenge'
      ? this.#paidBefore(client, scheme, verify)
      : this.#paidAfter(client, scheme, verify);
  }

  /**
   * As `check`, of a challenge that another server gave. What succeeds costs too: whoever has one good answer may show it
   * again and again, as it was not given here and does not end.
   */
  checkForOthers<T>(client: Client, verify: () => T | Promise<T>): T | Promise<T> {
    const waitSeconds = this.#verifications.take(this.#options.networkOf(client));
    if (waitSeconds === 0) return this.check(client, 'challenge', verify);
    this.#options.observer.refused('authentication');
    const message = 'Too many answers to challenges of others came from this network to be checked: try again later.';
    throw new HandleError('RATE_LIMITED', message, { retryAfterSeconds: waitSeconds });
  }

  #paidAfter<T>(client: Client, scheme: AuthenticationScheme, verify: () => T | Promise<T>): T | Promise<T> {
    const charged = (error: unknown): unknown => {
      if (!isHandleError(error, 'UNAUTHENTICATED')) return error;
      this.#options.observer.authenticationFailed(scheme);
      const waitSeconds = this.#failures.take(this.#options.networkOf(client));
      return waitSeconds === 0 ? error : this.#refusal(waitSeconds);
    };
    return settle(verify, (verified) => verified, charged);
  }

  /** So that many at once do not get past the limit together. */
  #paidBefore<T>(client: Client, scheme: AuthenticationScheme, verify: () => T | Promise<T>): T | Promise<T> {
    const network = this.#options.networkOf(client);
    const waitSeconds = this.#failures.take(network);
    if (waitSeconds > 0) {
      this.#options.observer.authenticationFailed(scheme);
      throw this.#refusal(waitSeconds);
    }
    const succeeded = (verified: T): T => {
      this.#failures.giveBack(network);
      return verified;
    };
    const failed = (error: unknown): unknown => {
      if (isHandleError(error, 'UNAUTHENTICATED')) this.#options.observer.authenticationFailed(scheme);
      else this.#failures.giveBack(network);
      return error;
    };
    return settle(verify, succeeded, failed);
  }

  #refusal(retryAfterSeconds: number): HandleError {
    this.#options.observer.refused('authentication');
    return new HandleError(
      'RATE_LIMITED',
      'Too many keys or secrets that open nothing came from this network: check yours, and try again later.',
      { retryAfterSeconds },
    );
  }
}

/** Runs `verify`, at once if it can be, and passes its outcome on through one of the two. */
function settle<T>(
  verify: () => T | Promise<T>,
  succeeded: (verified: T) => T,
  failed: (error: unknown) => unknown,
): T | Promise<T> {
  const rethrow = (error: unknown): never => {
    throw failed(error);
  };
  let verified: T | Promise<T>;
  try {
    verified = verify();
  } catch (error) {
    return rethrow(error);
  }
  return verified instanceof Promise ? verified.then(succeeded, rethrow) : succeeded(verified);
}
