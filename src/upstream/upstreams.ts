// All upstreams of a node: picks the one a question goes to, and lets questions for the same handle share one trip.
// It is the one place of a node that asks others; it remembers no answer.

import { HandleError } from '../domain/error.ts';
import {
  type DelegatedSite,
  type ForeignAnswer,
  type ForeignQuestion,
  type ForeignReader,
  siteKeyOf,
} from '../domain/foreign-answer.ts';
import { type Handle, responsiblePrefixOf } from '../domain/handle.ts';
import { setNewest } from '../domain/newest.ts';
import type { Observer, UpstreamPlace } from '../domain/observer.ts';
import { type Route, routeOf } from '../domain/route.ts';
import { TokenBudget } from '../domain/token-budget.ts';
import type { AnswerMapping } from '../wire/foreign-answer-json.ts';
import { MAX_MESSAGE_BYTES } from '../wire/protocol.ts';
import type { GateOptions } from './gate.ts';
import { siteOfData } from './handle-sites.ts';
import { HandleTransport } from './handle-transport.ts';
import { HandleUpstream, type HandleUpstreamSettings } from './handle-upstream.ts';
import { HttpClient, type HttpClientOptions } from './http-client.ts';
import { HttpUpstream } from './http-upstream.ts';
import { SiteUpstream } from './site-upstream.ts';

interface HttpRoute extends Route {
  readonly protocol: 'http';
  readonly endpoints: readonly string[];
  readonly path: string;
  readonly mapping: AnswerMapping | null;
}

interface HandleRoute extends Route, Pick<HandleUpstreamSettings, 'start' | 'transport' | 'isCertified'> {
  readonly protocol: 'handle';
}

/** A route with how its upstream is spoken to. */
export type UpstreamRoute = HttpRoute | HandleRoute;

interface Upstream {
  fetch(handle: Handle, via: string): Promise<ForeignAnswer>;
  /** Whom to ask is looked for anew, where that is remembered. */
  forget?(handle: Handle | null): void;
}

export interface UpstreamsOptions extends HttpClientOptions {
  readonly routes: readonly UpstreamRoute[];
  readonly deadlineMs: number;
  /** Of each upstream. */
  readonly maxConcurrent: number;
  /** Questions a second about one prefix; 0 for no limit. */
  readonly tripsPerPrefix: number;
  readonly clock: () => number;
  readonly observer: Pick<Observer, 'upstreamAsked' | 'breakerIs'>;
  /** Why a question to an upstream came to nothing, for the log: may name addresses. */
  readonly onFailure: (upstream: string, reason: string) => void;
}

/** Sites whose health is remembered: those in use; the one longest unused gives way. */
const MAX_SITES = 1000;
/** A site is one enterprise's machine, not a public service. */
const MAX_CONCURRENT_AT_SITE = 16;
/** How long a failure answers for itself: shorter than anybody's patience, longer than a burst. */
const FAILURE_MS = 1000;
const MAX_FAILURES = 10_000;
/** What a prefix may be asked at once, in seconds of its rate. */
const BURST_SECONDS = 5;
const HANDLE_PATH = '/api/handles/{handle}';

export class Upstreams implements ForeignReader {
  readonly #options: UpstreamsOptions;
  readonly #client: HttpClient;
  readonly #transport: HandleTransport;
  readonly #routes: readonly (UpstreamRoute & { readonly upstream: Upstream })[];
  readonly #sites = new Map<string, Upstream>();
  readonly #flights = new Map<string, Promise<ForeignAnswer>>();
  readonly #failures = new Map<string, { readonly error: HandleError; readonly until: number }>();
  readonly #prefixes: TokenBudget;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
    this.#client = new HttpClient(options);
    this.#transport = new HandleTransport({ ...options, maxBytes: Math.min(options.maxBodyBytes, MAX_MESSAGE_BYTES) });
    const perSecond = options.tripsPerPrefix;
    this.#prefixes = new TokenBudget({ perSecond, burst: BURST_SECONDS * perSecond, clock: () => performance.now() });
    this.#routes = options.routes.map((route, place) => ({ ...route, upstream: this.#openRoute(route, place) }));
  }

  fetch({ handle, site, via }: ForeignQuestion): Promise<ForeignAnswer> {
    const key = site === null ? handle : `${handle}\n${siteKeyOf(site)}`;
    const flight = this.#flights.get(key) ?? this.#lateFailure(key);
    if (flight !== undefined) return flight;
    const upstream = site === null ? routeOf(handle, this.#routes)?.upstream : this.#siteOf(site);
    if (upstream === undefined) {
      return Promise.reject(new HandleError('NOT_RESPONSIBLE', "That prefix doesn't live here"));
    }
    const waitSeconds = this.#prefixes.take(responsiblePrefixOf(handle));
    if (waitSeconds > 0) return Promise.reject(this.#limited(site, handle, waitSeconds));
    const departed = upstream.fetch(handle, via).finally(() => {
      if (this.#flights.get(key) === departed) this.#flights.delete(key);
    });
    departed.catch((error: HandleError) => this.#remember(key, error));
    this.#flights.set(key, departed);
    return departed;
  }

  /** It keeps nothing. */
  async held(): Promise<null> {
    return null;
  }

  /** Flights go on for who waits for them; who asks from now on boards none of them. */
  async forget(handle: Handle | null): Promise<void> {
    for (const flights of [this.#flights, this.#failures]) {
      for (const key of flights.keys()) if (handle === null || key.split('\n', 1)[0] === handle) flights.delete(key);
    }
    for (const { upstream } of this.#routes) upstream.forget?.(handle);
  }

  /** A failure just seen, so that a thousand who ask for the same make no thousand trips. */
  #lateFailure(key: string): Promise<ForeignAnswer> | undefined {
    const failure = this.#failures.get(key);
    if (failure === undefined) return undefined;
    if (performance.now() < failure.until) return Promise.reject(failure.error);
    this.#failures.delete(key);
    return undefined;
  }

  #remember(key: string, error: HandleError): void {
    if (error.code !== 'UPSTREAM_UNAVAILABLE') return;
    setNewest(this.#failures, key, { error, until: performance.now() + FAILURE_MS }, MAX_FAILURES);
  }

  #limited(site: DelegatedSite | null, handle: Handle, retryAfterSeconds: number): HandleError {
    const place = site === null ? this.#routes.indexOf(routeOf(handle, this.#routes) as never) : 'delegated';
    this.#options.observer.upstreamAsked(place, 'limited', 0);
    return new HandleError(
      'RATE_LIMITED',
      'Too many identifiers of this prefix were asked that are not known here yet: slow down.',
      { retryAfterSeconds },
    );
  }

  close(): Promise<void> {
    this.#transport.close();
    return this.#client.close();
  }

  #openRoute(route: UpstreamRoute, place: number): Upstream {
    const { deadlineMs, maxConcurrent, observer } = this.#options;
    const common = { deadlineMs, maxConcurrent };
    const seams = this.#seams(route.name, place, (state) => observer.breakerIs(place, state));
    return route.protocol === 'handle'
      ? new HandleUpstream({ ...route, ...common }, { ...seams, transport: this.#transport })
      : new HttpUpstream({ ...route, ...common, isConfigured: true }, { ...seams, client: this.#client });
  }

  #siteOf(site: DelegatedSite): Upstream {
    const key = siteKeyOf(site);
    const upstream = this.#sites.get(key) ?? this.#openSite(site);
    setNewest(this.#sites, key, upstream, MAX_SITES);
    return upstream;
  }

  #openSite({ prefix, urls, sites }: DelegatedSite): Upstream {
    const { deadlineMs, maxConcurrent } = this.#options;
    const name = `site of ${prefix}`;
    const common = { name, deadlineMs, maxConcurrent: Math.min(maxConcurrent, MAX_CONCURRENT_AT_SITE) };
    const seams = this.#seams(name, 'delegated', () => {});
    const known = sites.map((data) => siteOfData(data, () => false)).filter((one) => one !== null);
    const overHttp = () => {
      const how = { endpoints: urls, isConfigured: false, path: HANDLE_PATH, mapping: null };
      return new HttpUpstream({ ...common, ...how }, { ...seams, client: this.#client });
    };
    const overHandle = () => {
      // Who is to be reached encrypted is not believed unsigned.
      const isCertified = urls.some((url) => url.startsWith('https:'));
      const how = { start: { kind: 'site', sites: known }, transport: 'TCP', isCertified } as const;
      return new HandleUpstream({ ...common, ...how }, { ...seams, transport: this.#transport });
    };
    if (urls.length === 0) return overHandle();
    return known.length === 0 ? overHttp() : new SiteUpstream({ first: overHttp(), second: overHandle(), deadlineMs });
  }

  #seams(name: string, place: UpstreamPlace, onBreaker: GateOptions['onBreaker']) {
    const { clock, observer, onFailure } = this.#options;
    const onTrip: GateOptions['onTrip'] = (outcome, durationMs) => observer.upstreamAsked(place, outcome, durationMs);
    return { clock, onTrip, onBreaker, onFailure: (reason: string) => onFailure(name, reason) };
  }
}
