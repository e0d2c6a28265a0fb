// Describes the operations of handle-session-routes.ts and handle-messages.ts: sessions, verifications, the node's own site, and
// messages of the Handle protocol.

import { SITE_EXAMPLE } from './describe-examples.ts';
import { PAGE_FAILURES, REDIRECTS } from './describe-resolution.ts';
import type { Answer, Operation } from './operation.ts';
import { VERIFICATION_QUERY } from './schemas-described.ts';
import { API_SESSION, SITE, SITE_ANSWER, VERIFICATION } from './schemas-handle-interface.ts';

const ADMIN = '301:88.118.10001/ADMIN';
const session = { sessionId: 'n1-eHBsYWluYXRpb25vZmFuaWRl', nonce: 'MDEyMzQ1Njc4OTAxMjM0NQ==' };
const told = (description: string, example: object = session): Answer => ({
  description,
  content: { 'application/json': { schema: API_SESSION, example } },
});
const gone: Answer = { description: 'No such session, or the connection is not encrypted.' };
const ofSession = { tag: 'Handle protocol', access: 'open', failures: 'handle-api' } as const;
const problems = ['INVALID_REQUEST', 'FORBIDDEN', 'RATE_LIMITED', 'OVERLOADED'] as const;
const site = (summary: string, schema: object, example: object) =>
  ({
    ...ofSession,
    method: 'get',
    summary,
    answers: { 200: { description: 'The site.', content: { 'application/json': { schema, example } } } },
    problems: ['NOT_FOUND'],
  }) as const;

export const HANDLE_SESSION_OPERATIONS: readonly Operation[] = [
  {
    ...ofSession,
    method: 'post',
    path: '/api/sessions',
    id: 'beginSession',
    summary: 'Begin a session',
    description:
      'Over TLS alone. With a `cnonce` the answer is signed by the site; with HTTP Basic the session is that administrator’s at once.',
    body: { required: false, content: { 'application/json': { schema: { type: 'object' } } } },
    answers: { 201: told('It has begun: sign nonce and cnonce.') },
    problems: [...problems, 'UNAUTHENTICATED'],
  },
  {
    ...ofSession,
    method: 'get',
    path: '/api/sessions/this',
    id: 'getSession',
    summary: 'The session that `Authorization: Handle sessionId="…"` names',
    answers: { 200: told('It lasts.'), 403: gone },
    problems,
  },
  {
    ...ofSession,
    method: 'put',
    path: '/api/sessions/this',
    id: 'proveSession',
    summary: 'Show who the session belongs to',
    description: 'Nonce and cnonce signed with the key of an HS_SECKEY or HS_PUBKEY value.',
    body: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    answers: {
      200: told('It is theirs.', { ...session, authenticated: true, id: ADMIN }),
      401: told('It is not signed rightly.', { ...session, error: 'Authentication failed' }),
      403: gone,
    },
    problems,
  },
  {
    ...ofSession,
    method: 'delete',
    path: '/api/sessions/this',
    id: 'endSession',
    summary: 'End the session',
    answers: { 204: { description: 'It has ended.' }, 403: gone },
    problems,
  },
  {
    ...ofSession,
    method: 'get',
    path: '/api/verifications/{handle}',
    id: 'verifySignature',
    summary: 'Check for another server whether an administrator has signed its nonce',
    pathExamples: { handle: ADMIN },
    query: VERIFICATION_QUERY,
    queryExamples: { nonce: session.nonce, cnonce: session.nonce, alg: 'SHA1', signature: session.nonce },
    answers: {
      200: {
        description: 'Whether it has.',
        content: {
          'application/json': {
            schema: VERIFICATION,
            example: { responseCode: 1, isValid: false, handle: '88.118.10001/ADMIN' },
          },
        },
      },
    },
    problems: ['INVALID_REQUEST', 'RATE_LIMITED', 'STORE_UNAVAILABLE', 'INVALID_HANDLE'],
  },
  {
    ...site('The node’s own site', SITE_ANSWER, { responseCode: 1, site: SITE_EXAMPLE }),
    path: '/api/site',
    id: 'getSite',
  },
  { ...site('The node’s own site, alone', SITE, SITE_EXAMPLE), path: '/siteinfo.json', id: 'getSiteInformation' },
  {
    method: 'post',
    path: '/{handle}',
    id: 'askByMessage',
    tag: 'Handle protocol',
    summary: 'Ask with a message of the Handle protocol (RFC 3652), or with a form',
    description:
      'A message at any path, with `Content-Type` and `Accept: application/x-hdl-message`. A form with `hdl` at `/` alone.',
    access: 'open',
    pathExamples: { handle: 'handle' },
    body: {
      required: false,
      content: {
        'application/x-hdl-message': { schema: { type: 'string' } },
        'application/x-www-form-urlencoded': { schema: { type: 'object' } },
      },
    },
    answers: {
      200: {
        description: 'The messages that answer; without one, the page with a field for an identifier.',
        content: { 'application/x-hdl-message': {}, 'text/html': {} },
      },
      ...REDIRECTS,
      ...PAGE_FAILURES,
    },
    problems: ['NOT_FOUND', 'OVERLOADED', 'INTERNAL', 'INVALID_REQUEST'],
  },
];
