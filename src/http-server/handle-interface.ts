// Puts the parts of the Handle API together: resolution, administration, sessions, and messages of the Handle protocol in the
// body of a request. What each answers stands in its own file.

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { HandleError } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';
import type { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { HandleAdministration } from '../registry/handle-administration.ts';
import type { HandleAuthenticator } from '../registry/handle-authentication.ts';
import type { HandleCertificates } from '../registry/handle-certificates.ts';
import type { HandlePrefixes } from '../registry/handle-prefixes.ts';
import type { HandleProofs } from '../registry/handle-proofs.ts';
import type { ReadAccess } from '../registry/registry.ts';
import type { Asker } from '../resolver/asker.ts';
import type { PastResolver } from '../resolver/past.ts';
import type { InFlight } from './admission.ts';
import type { ApiWriter } from './api-writer.ts';
import type { RequestAuthentication } from './authentication.ts';
import { type Caller, createSecureCheck } from './client-network.ts';
import { HandleAdmin } from './handle-admin.ts';
import { HandleApi } from './handle-api.ts';
import { PastReplies } from './handle-api-past.ts';
import { registerHandleApi } from './handle-api-routes.ts';
import { HandleLogins } from './handle-logins.ts';
import { type AnswerMessage, registerHandleMessages } from './handle-messages.ts';
import { HandleRequesters } from './handle-requests.ts';
import { ApiSessions, type SessionPeers } from './handle-sessions.ts';
import { Hops } from './hops.ts';
import type { AnswerPage } from './pages.ts';
import type { ServedSite } from './served-site.ts';

/** What the Handle API is given by whoever opens the door. */
export interface HandleInterfaceOptions {
  readonly nodeName: string;
  readonly past: PastResolver;
  readonly readAccess: ReadAccess;
  readonly handleAuthenticator: HandleAuthenticator;
  readonly handleProofs: HandleProofs;
  readonly handleCertificates: HandleCertificates;
  readonly handleRecords: HandleAdministration;
  readonly handlePrefixes: HandlePrefixes;
  /** Null where the Handle protocol is off. */
  readonly site: ServedSite | null;
  readonly answerMessage: AnswerMessage | null;
  /** The other threads of the node, which have sessions of their own; null where there is one. */
  readonly sessionPeers: SessionPeers | null;
  readonly randomBytes: (size: number) => Buffer;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly trustedProxies: readonly string[];
}

/** What it shares with the rest of the door. */
export interface HandleInterfaceParts {
  readonly asker: Asker<Caller>;
  readonly authentication: RequestAuthentication;
  readonly guard: AuthenticationGuard<IncomingMessage>;
  readonly networkOf: (request: IncomingMessage) => string;
  readonly writer: ApiWriter;
  readonly inFlight: InFlight;
  readonly onDefect: (error: HandleError) => void;
}

export interface HandleInterface {
  readonly api: HandleApi;
  register(app: FastifyInstance, answerForm: AnswerPage): void;
}

export function createHandleInterface(options: HandleInterfaceOptions, parts: HandleInterfaceParts): HandleInterface {
  const { clock, observer, handleRecords, handlePrefixes, handleProofs, handleAuthenticator } = options;
  const { authentication, guard, networkOf, writer } = parts;
  const isSecure = createSecureCheck(options.trustedProxies);
  const sessions = new ApiSessions({ clock, randomBytes: options.randomBytes, peers: options.sessionPeers });
  const { handleCertificates } = options;
  const logins = new HandleLogins({ sessions, handleProofs, handleCertificates, guard, networkOf, clock });
  const requesters = new HandleRequesters({ authentication, handleAuthenticator, logins, guard, isSecure });
  const hops = new Hops(options.nodeName);
  const past = new PastReplies(options);
  const api = new HandleApi({ ...parts, hops, clock, requesters, handleRecords, past, observer });
  const admin = new HandleAdmin({ api, requesters, handleRecords, handlePrefixes });
  return {
    api,
    register(app, answerForm) {
      const { site } = options;
      const ofSessions = { sessions, logins, requesters, handleProofs, isSecure, networkOf, site };
      registerHandleApi(app, { api, admin, writer, sessions: ofSessions });
      registerHandleMessages(app, { answerMessage: options.answerMessage, answerForm });
    },
  };
}
