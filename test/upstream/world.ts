// Upstreams over real sockets, opened for one test and closed after it.

import { afterEach, expect } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { ForeignQuestion } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { BreakerState, UpstreamOutcome } from '../../src/domain/observer.ts';
import { siteOfHost } from '../../src/upstream/handle-sites.ts';
import { type UpstreamRoute, Upstreams, type UpstreamsOptions } from '../../src/upstream/upstreams.ts';
import { type HandleScript, openScriptedHandle, type ScriptedHandleServer } from './scripted-handle-server.ts';
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
  readonly upstreams: Upstreams;
  readonly trips: UpstreamOutcome[];
  readonly breaker: BreakerState[];
  /** What is said for the log. */
  readonly failures: string[];
  ask(handle?: string): ReturnType<Upstreams['fetch']>;
  askSite(...urls: string[]): ReturnType<Upstreams['fetch']>;
  /** A site that has both. */
  askBoth(urls: readonly string[], site: ByteString): ReturnType<Upstreams['fetch']>;
}

type HttpRoute = Extract<UpstreamRoute, { protocol: 'http' }>;

export function route(endpoints: readonly string[], more: Partial<HttpRoute> = {}): UpstreamRoute {
  const spoken = { protocol: 'http', endpoints, path: '/api/handles/{handle}', mapping: null } as const;
  return { name: 'world', scheme: 'handle', prefixes: ['*'], ...spoken, ...more };
}

export function world(endpoints: readonly string[], more: Partial<UpstreamsOptions> = {}): World {
  const trips: UpstreamOutcome[] = [];
  const breaker: BreakerState[] = [];
  const failures: string[] = [];
  const upstreams = new Upstreams({
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
    askSite: (...urls) => upstreams.fetch(questionTo(urls, [])),
    askBoth: (urls, site) => upstreams.fetch(questionTo(urls, [site])),
  };
}

function questionTo(urls: readonly string[], sites: readonly ByteString[]): ForeignQuestion {
  return { handle: HANDLE, site: { prefix: '20.500' as never, urls, sites }, via: '', isRenewal: false };
}

type HandleRoute = Extract<UpstreamRoute, { protocol: 'handle' }>;

export async function handleServer(script?: HandleScript): Promise<ScriptedHandleServer> {
  const scripted = await openScriptedHandle(script);
  opened.push(scripted);
  return scripted;
}

/** Upstreams of which one is asked over the Handle protocol. */
export function handleWorld(
  { port }: { readonly port: number },
  more: Partial<UpstreamsOptions> = {},
  spoken: Partial<HandleRoute> = {},
): World {
  const start = { kind: 'server', sites: [siteOfHost('127.0.0.1', port)] } as const;
  const how = { protocol: 'handle', start, transport: 'TCP', isCertified: false } as const;
  const routes = [{ name: 'world', scheme: 'handle', prefixes: ['*'], ...how, ...spoken } as const];
  return world([], { routes, ...more });
}

export const unavailable = { code: 'UPSTREAM_UNAVAILABLE' };
export const because = (text: string | RegExp) => ({ ...unavailable, cause: { message: expect.stringMatching(text) } });
