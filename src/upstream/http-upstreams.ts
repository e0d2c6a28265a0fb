// All upstreams of a node: picks the one a question goes to, and lets questions for the same handle share one trip.
// It is the one place of a node that asks others; it remembers no answer.

import { HandleError } from '../domain/error.ts';
import type { DelegatedSite, ForeignAnswer, ForeignQuestion, ForeignReader } from '../domain/foreign-answer.ts';
import type { Observer } from '../domain/observer.ts';
import { type Route, routeOf } from '../domain/route.ts';
import type { AnswerMapping } from '../wire/foreign-answer-json.ts';
import { HttpClient, type HttpClientOptions } from './http-client.ts';
import { HttpUpstream } from './http-upstream.ts';

/** A route with how its upstream is spoken to. */
export interface UpstreamRoute extends Route {
  readonly endpoints: readonly string[];
  readonly path: string;
  readonly mapping: AnswerMapping | null;
}

export interface HttpUpstreamsOptions extends HttpClientOptions {
  readonly routes: readonly UpstreamRoute[];
  readonly deadlineMs: number;
  /** Of each upstream. */
  readonly maxConcurrent: number;
  readonly clock: () => number;
  readonly observer: Pick<Observer, 'upstreamAsked' | 'breakerIs'>;
}

/** Sites whose health is remembered: those in use; the one longest unused gives way. */
const MAX_SITES = 1000;
/** A site is one enterprise's machine, not a public service. */
const MAX_CONCURRENT_AT_SITE = 16;
const HANDLE_PATH = '/api/handles/{handle}';

export class HttpUpstreams implements ForeignReader {
  readonly #options: HttpUpstreamsOptions;
  readonly #client: HttpClient;
  readonly #routes: readonly (UpstreamRoute & { readonly upstream: HttpUpstream })[];
  readonly #sites = new Map<string, HttpUpstream>();
  readonly #flights = new Map<string, Promise<ForeignAnswer>>();

  constructor(options: HttpUpstreamsOptions) {
    this.#options = options;
    this.#client = new HttpClient(options);
    this.#routes = options.routes.map((route, place) => ({ ...route, upstream: this.#openRoute(route, place) }));
  }

  fetch({ handle, site, via }: ForeignQuestion): Promise<ForeignAnswer> {
    const key = site === null ? handle : `${handle}\n${site.urls.join('\n')}`;
    const flight = this.#flights.get(key);
    if (flight !== undefined) return flight;
    const upstream = site === null ? routeOf(handle, this.#routes)?.upstream : this.#siteOf(site);
    if (upstream === undefined) {
      return Promise.reject(new HandleError('NOT_RESPONSIBLE', "That prefix doesn't live here"));
    }
    const departed = upstream.fetch(handle, via).finally(() => this.#flights.delete(key));
    this.#flights.set(key, departed);
    return departed;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #openRoute(route: UpstreamRoute, place: number): HttpUpstream {
    const { deadlineMs, maxConcurrent, clock, observer } = this.#options;
    return new HttpUpstream(
      { ...route, isConfigured: true, deadlineMs, maxConcurrent },
      {
        client: this.#client,
        clock,
        onTrip: (outcome, durationMs) => observer.upstreamAsked(place, outcome, durationMs),
        onBreaker: (state) => observer.breakerIs(place, state),
      },
    );
  }

  #siteOf({ prefix, urls }: DelegatedSite): HttpUpstream {
    const key = urls.join('\n');
    const kept = this.#sites.get(key);
    this.#sites.delete(key);
    const upstream = kept ?? this.#openSite(prefix, urls);
    this.#sites.set(key, upstream);
    const oldest = this.#sites.size > MAX_SITES ? this.#sites.keys().next().value : undefined;
    if (oldest !== undefined) this.#sites.delete(oldest);
    return upstream;
  }

  #openSite(prefix: string, endpoints: readonly string[]): HttpUpstream {
    const { deadlineMs, maxConcurrent, clock, observer } = this.#options;
    return new HttpUpstream(
      {
        name: `site of ${prefix}`,
        endpoints,
        isConfigured: false,
        path: HANDLE_PATH,
        mapping: null,
        deadlineMs,
        maxConcurrent: Math.min(maxConcurrent, MAX_CONCURRENT_AT_SITE),
      },
      {
        client: this.#client,
        clock,
        onTrip: (outcome, durationMs) => observer.upstreamAsked('delegated', outcome, durationMs),
        onBreaker: () => {},
      },
    );
  }
}
