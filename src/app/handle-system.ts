// What the Handle protocol adds to the doors of one thread: its own doors where they are on, and what the HTTP door needs of them.

import { randomBytes } from 'node:crypto';
import type { ApiSession, SessionQuestion } from '../http-server/handle-sessions.ts';
import type { HttpServerOptions } from '../http-server/http-server.ts';
import type { HandleDoorOptions } from './handle-door.ts';
import type { HandleSite } from './handle-site.ts';
import { workerCountOf } from './listening.ts';
import type { LiveSite } from './live-site.ts';
import { openThreadExchange } from './thread-exchange.ts';

export interface HandleSystemOptions extends Omit<HandleDoorOptions, 'site' | 'port'> {
  /** Null if the Handle protocol is off. */
  readonly handle: { readonly site: LiveSite; readonly port: number } | null;
}

export interface HandleSystem {
  readonly http: Pick<HttpServerOptions, 'site' | 'answerMessage' | 'sessionPeers' | 'randomBytes'>;
  /** For answers from now on. */
  renewSite(site: HandleSite): void;
  close(): Promise<void>;
}

export async function openHandleSystem(options: HandleSystemOptions): Promise<HandleSystem> {
  const { config, handle, runId, thread } = options;
  const threads = new Set(Array.from({ length: workerCountOf(config.workers) }, (_, i) => i + 1));
  const sessionPeers = options.reusePort
    ? openThreadExchange<SessionQuestion, ApiSession>({ name: 'session', runId, thread, threads })
    : null;
  if (handle === null) {
    const http = { site: null, answerMessage: null, sessionPeers, randomBytes };
    return { http, renewSite() {}, close: async () => sessionPeers?.close() };
  }
  const { site, port } = handle;
  // Loaded only where it is wanted.
  const { openHandleDoor } = await import('./handle-door.ts');
  const door = await openHandleDoor({ ...options, site, port });
  return {
    http: { site, answerMessage: door.answerMessage, sessionPeers, randomBytes },
    renewSite: (renewed) => site.renew(renewed),
    close: () => door.close().then(() => sessionPeers?.close()),
  };
}
