// `/api/sessions`, `/api/verifications` and `/api/site` (HSv9): beginning, proving and ending a session, checking a signature for
// others, and the node's own site. Who someone is, the registry says.

import { sign } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import {
  MAX_CLIENT_NONCE_BYTES,
  MAX_SESSION_BODY_BYTES,
  MAX_SIGNATURES_AT_ONCE,
} from '../domain/handle-protocol-limits.ts';
import type { HandleProofs } from '../registry/handle-proofs.ts';
import { joinBytes } from '../wire/byte-writer.ts';
import { siteToJson } from '../wire/site-json.ts';
import { decodeSite } from '../wire/site-value.ts';
import type { SecureCheck } from './client-network.ts';
import type { HandleApi } from './handle-api.ts';
import { acceptAnyBody, bodyOf, offerPath, type SendReply } from './handle-api-methods.ts';
import { type ApiReply, echo, errorReply, jsonReply } from './handle-api-reply.ts';
import type { HandleLogins } from './handle-logins.ts';
import { base64In, type ShownProof, shownInHeader, shownInJson, shownInParameters } from './handle-proof-input.ts';
import type { HandleRequesters } from './handle-requests.ts';
import type { ApiSession, ApiSessions } from './handle-sessions.ts';
import { pathText, queryOf } from './percent-decoding.ts';
import { parseJsonBody } from './request-json.ts';
import type { ServedSite } from './served-site.ts';

export interface HandleSessionRoutes {
  readonly api: HandleApi;
  readonly send: SendReply;
  readonly sessions: ApiSessions;
  readonly logins: HandleLogins;
  readonly requesters: HandleRequesters;
  readonly handleProofs: Pick<HandleProofs, 'moment'>;
  readonly isSecure: SecureCheck;
  readonly networkOf: (request: IncomingMessage) => string;
  /** Null where the Handle protocol is off. */
  readonly site: ServedSite | null;
}

const SESSIONS = '/api/sessions';
const VERIFICATIONS = '/api/verifications/';
const signLater = promisify(sign);

export function registerHandleSessions(app: FastifyInstance, routes: HandleSessionRoutes): void {
  const { api, send } = routes;
  const answers = new SessionAnswers(routes);
  const failing = (answer: (request: FastifyRequest) => Promise<ApiReply>) => async (request: FastifyRequest) => {
    try {
      return await answer(request);
    } catch (error) {
      return api.failure(request, error, null);
    }
  };
  app.register(async (scope) => {
    acceptAnyBody(scope, MAX_SESSION_BODY_BYTES);
    scope.setErrorHandler((error, request, reply) => send(request, reply, api.failure(request, error, null)));
    const begin = failing((request) => answers.begin(request));
    offerPath(scope, send, { url: SESSIONS, methods: ['POST'], answer: begin });
    const one = failing((request) => answers.one(request));
    offerPath(scope, send, { url: `${SESSIONS}/this`, methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'], answer: one });
    const verify = failing((request) => answers.verify(request));
    offerPath(scope, send, { url: `${VERIFICATIONS}*`, methods: ['GET', 'HEAD'], answer: verify });
    const site = failing(async () => jsonReply(200, `{"responseCode":1,"site":${siteText(routes.site)}}`));
    offerPath(scope, send, { url: '/api/site', methods: ['GET', 'HEAD'], answer: site });
    scope.route({
      method: ['GET', 'HEAD'],
      url: '/siteinfo.json',
      handler: async (request, reply) => send(request, reply, await failing(siteFile(routes))(request)),
    });
  });
}

/** As the reference server keeps it in a file of that name. */
const siteFile = (routes: HandleSessionRoutes) => async () => jsonReply(200, siteText(routes.site));

/** The JSON of the node's site. Throws `NOT_FOUND` if it has none. */
function siteText(site: ServedSite | null): ByteString {
  if (site === null)
    throw new HandleError('NOT_FOUND', 'This node has no site of the Handle protocol: set handle.port.');
  return Buffer.from(JSON.stringify(siteToJson(decodeSite(site.data))), 'utf8').toString('latin1') as ByteString;
}

class SessionAnswers {
  readonly #routes: HandleSessionRoutes;
  #signing = 0;

  constructor(routes: HandleSessionRoutes) {
    this.#routes = routes;
  }

  /** `POST /api/sessions`. With HTTP Basic the session belongs to that administrator at once. */
  async begin(request: FastifyRequest): Promise<ApiReply> {
    this.#assertSecure(request);
    const { sessions, logins, requesters, handleProofs, networkOf } = this.#routes;
    const body = bodyOf(request);
    const shown = body.length === 0 ? {} : shownInJson(parseJsonBody(body));
    const moment = handleProofs.moment();
    const identity = await requesters.basicIdentityOf(request.raw);
    let session = sessions.begin(networkOf(request.raw));
    if (identity !== null) session = await logins.adopt(session, identity, moment);
    const signed = await this.#signatureFor(session, shown.cnonce);
    const reply = this.#told(201, session, signed);
    return { ...reply, headers: ['Location', `${SESSIONS}/this`, ...reply.headers] };
  }

  /** `/api/sessions/this`: the session that the header names, or the body. */
  async one(request: FastifyRequest): Promise<ApiReply> {
    this.#assertSecure(request);
    const { sessions, logins } = this.#routes;
    const isGiven = request.method === 'PUT' || request.method === 'POST';
    const body = bodyOf(request);
    const given = isGiven && body.length > 0 ? shownInJson(parseJsonBody(body)) : {};
    const shown: ShownProof = { ...shownInHeader(request.headers.authorization), ...given };
    const session = await (request.method === 'DELETE' ? sessions.end : sessions.find).call(
      sessions,
      shown.sessionId ?? '',
    );
    if (session === null) return { status: 403, headers: ['Content-Length', '0'], body: EMPTY_BYTES };
    if (request.method === 'DELETE') return { status: 204, headers: [], body: EMPTY_BYTES };
    if (shown.signature === undefined) return this.#told(200, session);
    try {
      return this.#told(200, await logins.login(request.raw, session, shown));
    } catch (error) {
      if (!isHandleError(error, 'UNAUTHENTICATED')) throw error;
      request.failure = error;
      return this.#told(401, session, ',"error":"Authentication failed"');
    }
  }

  /** `GET /api/verifications/{index:handle}`: whether a nonce that another server gave is signed by that administrator. */
  async verify(request: FastifyRequest): Promise<ApiReply> {
    const id = pathText(request.url, VERIFICATIONS.length);
    const shown: ShownProof = { ...shownInParameters(queryOf(request.url)), id };
    const nonce = base64In(shown.nonce);
    if (nonce === null || shown.cnonce === undefined || shown.alg === undefined || shown.signature === undefined) {
      // The reference server's words: clients match on them.
      const message = 'java.lang.Exception: Missing parameters in verification request';
      return errorReply(new HandleError('INVALID_REQUEST', message), null);
    }
    if (nonce.length > MAX_CLIENT_NONCE_BYTES) throw new HandleError('INVALID_REQUEST', 'The nonce is too long.');
    const isValid = await this.#isValid(request, nonce, shown);
    const handle = id.replace(/^\+?\d+:/, '');
    return jsonReply(200, `{"responseCode":1,"isValid":${isValid},"handle":${echo(handle)}}`);
  }

  async #isValid(request: FastifyRequest, nonce: ByteString, shown: ShownProof): Promise<boolean> {
    try {
      await this.#routes.logins.verifyForOthers(request.raw, nonce, shown);
      return true;
    } catch (error) {
      if (isHandleError(error, 'UNAUTHENTICATED')) return false;
      throw error;
    }
  }

  /** Who can listen could take the session over. */
  #assertSecure({ raw }: FastifyRequest): void {
    if (this.#routes.isSecure(raw)) return;
    throw new HandleError('FORBIDDEN', 'Sessions are had over TLS alone.');
  }

  #told(status: number, session: ApiSession, more = ''): ApiReply {
    const owner = this.#routes.logins.ownerOf(session);
    const owned = owner === null ? '' : `,"authenticated":true,"id":${echo(`${owner.index}:${owner.handle}`)}`;
    const nonce = Buffer.from(session.nonce, 'latin1').toString('base64');
    return jsonReply(status, `{"sessionId":"${session.sessionId}","nonce":"${nonce}"${owned}${more}}`);
  }

  /** Shows a client that it speaks to this site: the nonces of both, signed with the site's key. Throws `OVERLOADED`. */
  async #signatureFor({ nonce }: ApiSession, clientNonce: string | undefined): Promise<string> {
    const { site } = this.#routes;
    const given = base64In(clientNonce);
    if (site === null || given === null || given.length > MAX_CLIENT_NONCE_BYTES) return '';
    if (this.#signing >= MAX_SIGNATURES_AT_ONCE) {
      throw new HandleError('OVERLOADED', 'Too many signed sessions are asked for: try again in a second.');
    }
    this.#signing++;
    try {
      const covered = Buffer.from(joinBytes(nonce, given), 'latin1');
      const signature = await signLater('sha256', covered, site.privateKey);
      return `,"serverAlg":"SHA-256","serverSignature":"${signature.toString('base64')}"`;
    } finally {
      this.#signing--;
    }
  }
}
