// Upstreams over real sockets, opened for one test and closed after it.

import { afterEach, expect } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import type { BreakerState, UpstreamOutcome } from '../../src/domain/observer.ts';
import { HttpUpstreams, type HttpUpstreamsOptions, type UpstreamRoute } from '../../src/upstream/http-upstreams.ts';
import { openScripted, type Script, type ScriptedServer } from './scripted-server.ts';

export const HANDLE = '20.500/OAK/1' as Handle;
export const LEARNED_AT = 1_700_000_000_000;

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

export async function server(script?: Script, tls: Parameters<typeof openScripted>[1] = null): Promise<ScriptedServer> {
  const scripted = await openScripted(script, tls);
  opened.push(scripted);
  return scripted;
}

export interface World {
  readonly upstreams: HttpUpstreams;
  readonly trips: UpstreamOutcome[];
  readonly breaker: BreakerState[];
  /** What is said for the log. */
  readonly failures: string[];
  ask(handle?: string): ReturnType<HttpUpstreams['fetch']>;
  askSite(...urls: string[]): ReturnType<HttpUpstreams['fetch']>;
}

export function route(endpoints: readonly string[], more: Partial<UpstreamRoute> = {}): UpstreamRoute {
  const path = '/api/handles/{handle}';
  return { name: 'world', scheme: 'handle', prefixes: ['*'], endpoints, path, mapping: null, ...more };
}

export function world(endpoints: readonly string[], more: Partial<HttpUpstreamsOptions> = {}): World {
  const trips: UpstreamOutcome[] = [];
  const breaker: BreakerState[] = [];
  const failures: string[] = [];
  const upstreams = new HttpUpstreams({
    routes: [route(endpoints)],
    deadlineMs: 500,
    maxConcurrent: 8,
    connections: 8,
    maxBodyBytes: 100_000,
    allowedNetworks: [],
    ca: null,
    tripsPerPrefix: 0,
    nodeName: 'jiabiao-88.118',
    clock: () => LEARNED_AT,
    observer: {
      upstreamAsked: (_upstream, outcome) => trips.push(outcome),
      breakerIs: (_upstream, state) => breaker.push(state),
    },
    onFailure: (upstream, reason) => failures.push(`${upstream}: ${reason}`),
    ...more,
  });
  opened.push(upstreams);
  return {
    upstreams,
    trips,
    breaker,
    failures,
    ask: (handle = HANDLE) => upstreams.fetch({ handle: handle as Handle, site: null, via: '', isRenewal: false }),
    askSite: (...urls) =>
      upstreams.fetch({ handle: HANDLE, site: { prefix: '20.500' as never, urls }, via: '', isRenewal: false }),
  };
}

export const unavailable = { code: 'UPSTREAM_UNAVAILABLE' };
export const because = (text: string | RegExp) => ({ ...unavailable, cause: { message: expect.stringMatching(text) } });
