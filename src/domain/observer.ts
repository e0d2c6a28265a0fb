// What rooms tell about themselves. The one real implementation is app/metrics.ts; nothing below it knows of metrics.

import type { Outcome, Tier } from './answer.ts';
import type { ErrorCode } from './error.ts';
import type { Handle } from './handle.ts';
import type { Suspicion } from './lot.ts';

export type Door = 'handle-api' | 'batch' | 'page' | 'v1' | 'handle-tcp' | 'handle-udp' | 'handle-http';
export const DOORS = [
  'handle-api',
  'batch',
  'page',
  'v1',
  'handle-tcp',
  'handle-udp',
  'handle-http',
] as const satisfies readonly Door[];

/** What a registration did. `unchanged` is a repeat that said nothing new. */
export type RegistrationOutcome = 'created' | 'updated' | 'unchanged' | 'revoked' | 'deleted' | 'refused';
export const REGISTRATION_OUTCOMES = [
  'created',
  'updated',
  'unchanged',
  'revoked',
  'deleted',
  'refused',
] as const satisfies readonly RegistrationOutcome[];

/** Why a request was turned away before it was looked at. */
export type Refusal =
  | 'rate-limit'
  | 'trip-limit'
  | 'authentication'
  | 'in-flight'
  | 'connections'
  | 'connection-share'
  | 'amplification';
export const REFUSALS = [
  'rate-limit',
  'trip-limit',
  'authentication',
  'in-flight',
  'connections',
  'connection-share',
  'amplification',
] as const satisfies readonly Refusal[];

/** How a client says who it is. */
export type AuthenticationScheme = 'bearer' | 'basic' | 'certificate' | 'challenge';
export const AUTHENTICATION_SCHEMES = [
  'bearer',
  'basic',
  'certificate',
  'challenge',
] as const satisfies readonly AuthenticationScheme[];

export type CacheName = 'l1' | 'negative' | 'parent' | 'l2' | 'disk';
export const CACHE_NAMES = ['l1', 'negative', 'parent', 'l2', 'disk'] as const satisfies readonly CacheName[];
/** `stood-in`: a stale answer was given; `refreshed`: one was renewed before anybody had to wait. */
export type CacheEvent = 'hit' | 'miss' | 'stale' | 'evicted' | 'stood-in' | 'refreshed' | 'failed';
export const CACHE_EVENTS = [
  'hit',
  'miss',
  'stale',
  'evicted',
  'stood-in',
  'refreshed',
  'failed',
] as const satisfies readonly CacheEvent[];

/** How a question to an upstream ended: `refused` answers do not count, `broken` and `overloaded` were not sent. */
export type UpstreamOutcome =
  | 'found'
  | 'not-found'
  | 'refused'
  | 'failed'
  | 'timeout'
  | 'broken'
  | 'overloaded'
  | 'limited';
export const UPSTREAM_OUTCOMES = [
  'found',
  'not-found',
  'refused',
  'failed',
  'timeout',
  'broken',
  'overloaded',
  'limited',
] as const satisfies readonly UpstreamOutcome[];

/** `half-open`: one question is let through to see. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** Place of a route in `upstream.routes`, from 0, or the sites of delegated prefixes together. */
export type UpstreamPlace = number | 'delegated';

/** What was asked for, and who answered. */
export interface Asked {
  readonly handle: Handle;
  readonly tier: Tier;
}

/** Every method returns at once, never throws, and may be called on the hot path. Labels are closed sets. */
export interface Observer {
  resolved(door: Door, outcome: Outcome, asked: Asked, durationMs: number): void;
  registered(outcome: RegistrationOutcome, count: number): void;
  /** One group of commits reached the disk. */
  committed(changes: number, durationMs: number): void;
  cacheEvent(cache: CacheName, event: CacheEvent, count: number): void;
  cacheSize(cache: CacheName, bytes: number, entries: number): void;
  /** Streams of changes that this thread keeps open. */
  streamsOpen(count: number): void;
  refused(reason: Refusal): void;
  failed(code: ErrorCode): void;
  /** A key, secret or certificate opened nothing, or was refused unchecked. */
  authenticationFailed(scheme: AuthenticationScheme): void;
  upstreamAsked(upstream: UpstreamPlace, outcome: UpstreamOutcome, durationMs: number): void;
  breakerIs(upstream: number, state: BreakerState): void;
  /** Whether this thread can reach the Redis it shares. */
  redisIs(state: 'up' | 'down'): void;
  /** Whether this node hears what others change. */
  invalidationIs(state: 'up' | 'down'): void;
  /** Asked for under a prefix that has lots, not found, and no code of any: what is wrong with it. */
  suspected(suspicion: Suspicion): void;
}

export const SILENT_OBSERVER: Observer = {
  resolved() {},
  registered() {},
  committed() {},
  cacheEvent() {},
  cacheSize() {},
  streamsOpen() {},
  refused() {},
  failed() {},
  authenticationFailed() {},
  upstreamAsked() {},
  breakerIs() {},
  redisIs() {},
  invalidationIs() {},
  suspected() {},
};
