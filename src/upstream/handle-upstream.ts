// One upstream over the Handle protocol: a server, the root of a tree, or the site of a delegated prefix, behind a breaker and a
// bulkhead of its own. What it returns has been accepted; what it does not know it throws.

import { isHandleError } from '../domain/error.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { acceptedValues } from '../wire/foreign-values.ts';
import { RESPONSE } from '../wire/protocol.ts';
import { Gate, type GateOptions, NotAccepted } from './gate.ts';
import { HandleClient } from './handle-client.ts';
import type { Start } from './handle-responsible.ts';
import type { Transport } from './handle-sites.ts';
import type { HandleTransport } from './handle-transport.ts';
import { refused } from './handle-trip.ts';
import { HandleWalk, type Resolved } from './handle-walk.ts';

export interface HandleUpstreamSettings {
  readonly name: string;
  readonly start: Start;
  /** Which is tried first. */
  readonly transport: Transport;
  /** Whether answers have to be signed with the key that site data names for their server. */
  readonly isCertified: boolean;
  /** For everything about one question. */
  readonly deadlineMs: number;
  readonly maxConcurrent: number;
}

export interface HandleUpstreamSeams extends Pick<GateOptions, 'onTrip' | 'onBreaker' | 'onFailure'> {
  readonly transport: Pick<HandleTransport, 'exchange'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export class HandleUpstream {
  readonly #settings: HandleUpstreamSettings;
  readonly #clock: () => number;
  readonly #gate: Gate;
  readonly #walk: HandleWalk;

  constructor(settings: HandleUpstreamSettings, seams: HandleUpstreamSeams) {
    this.#settings = settings;
    this.#clock = seams.clock;
    this.#gate = new Gate({ ...settings, ...seams });
    this.#walk = new HandleWalk(new HandleClient(seams), settings.start, seams.clock);
  }

  /** Throws `UPSTREAM_UNAVAILABLE`, or `OVERLOADED` if enough is on its way. `endsAt`: of `performance.now()`. */
  fetch(handle: Handle, via: string, endsAt = performance.now() + this.#settings.deadlineMs): Promise<ForeignAnswer> {
    const { start, transport, isCertified } = this.#settings;
    const manner = {
      ...{ transport, isCertified, isAuthoritative: false },
      endsAt,
      // A delegated site answers itself or not at all.
      mayRecurse: start.kind !== 'site',
      hops: via === '' ? 1 : via.split(',').length + 1,
      onStep() {},
    };
    // Where only one prefix is asked for, nobody is known who answers for where an alias leads: its asker may know.
    const wanted = { handle, indexes: [], types: [], followsAliases: start.kind !== 'site' };
    return this.#gate.pass(async () => this.#accepted(await this.#walk.resolve(wanted, manner)));
  }

  forget(handle: Handle | null): void {
    this.#walk.forget(handle);
  }

  /** Throws `NotAccepted`. */
  #accepted({ responseCode, values, message, aliasTtlSeconds }: Resolved): ForeignAnswer {
    const learnedAt = this.#clock();
    switch (responseCode) {
      case RESPONSE.handleNotFound:
        return { kind: 'not-found', learnedAt };
      case RESPONSE.success:
      case RESPONSE.valuesNotFound:
        return { kind: 'found', values: limited(accepted(values), aliasTtlSeconds), learnedAt };
      default:
        throw refused(`its response code is ${responseCode}${message === '' ? '' : `: ${message}`}`);
    }
  }
}

function accepted(values: readonly HandleValue[]): readonly HandleValue[] {
  try {
    return acceptedValues(values);
  } catch (error) {
    if (isHandleError(error, 'UPSTREAM_UNAVAILABLE')) throw new NotAccepted(error);
    throw error;
  }
}

/** Values that an alias leads to hold no longer than it does. */
function limited(values: readonly HandleValue[], ttlSeconds: number | null): readonly HandleValue[] {
  if (ttlSeconds === null) return values;
  return values.map((value) => (value.ttlIsAbsolute ? value : { ...value, ttl: Math.min(value.ttl, ttlSeconds) }));
}
