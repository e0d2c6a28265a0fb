// Describes the operations of handle-api.ts, resolve-batch.ts and pages.ts: how identifiers are resolved.

import { MODEL, NAME_VALUE } from './describe-examples.ts';
import type { Answer, Operation } from './operation.ts';
import { RESOLVE_QUERY } from './schemas.ts';
import { HANDLE_ANSWER, JSONP, RESOLVED_ITEM } from './schemas-answers.ts';
import { HANDLE_API_QUERY, PAGE_QUERY } from './schemas-described.ts';
import { HANDLES_TO_RESOLVE } from './schemas-registration.ts';

const pathExamples = { handle: MODEL };

const found = {
  responseCode: 1,
  handle: MODEL,
  values: [NAME_VALUE],
};
const missing = { responseCode: 100, handle: MODEL };

const answered = (description: string, example: unknown, headers: readonly string[] = ['Cache-Control']): Answer => ({
  description,
  content: {
    'application/json': { schema: HANDLE_ANSWER, example },
    'application/javascript': JSONP,
  },
  headers,
});

/** Of what another node told. */
const PROVENANCE = ['Age', 'Cache-Status', 'Server-Timing'] as const;

const HANDLE_API_ANSWERS: Operation['answers'] = {
  200: answered('Found (1), or found without such values (200).', found, ['Cache-Control', 'ETag', ...PROVENANCE]),
  300: answered('A referral: the prefix is served elsewhere, and the values say where (303).', {
    responseCode: 303,
    handle: MODEL,
    values: [],
  }),
  304: { description: 'It still is what If-None-Match names.', headers: ['ETag'] },
  404: answered('Not found, or revoked (100).', missing, ['Cache-Control', ...PROVENANCE]),
};
const RESOLUTION_PROBLEMS = [
  'INVALID_HANDLE',
  'NOT_RESPONSIBLE',
  'RATE_LIMITED',
  'STORE_UNAVAILABLE',
  'UPSTREAM_UNAVAILABLE',
] as const;

const pageOr = (description: string, example?: unknown): Answer => ({
  description,
  content: {
    'text/html': { schema: { type: 'string' } },
    'application/json': { schema: HANDLE_ANSWER, ...(example === undefined ? {} : { example }) },
  },
});

/** Of the address of an identifier. */
export const REDIRECTS: Operation['answers'] = Object.fromEntries(
  [301, 302, 303, 307, 308].map((status) => [
    status,
    {
      description: 'On to the address that is registered.',
      content: { 'text/html': { schema: { type: 'string' } } },
      headers: ['Location'],
    },
  ]),
);

/** Of the address of an identifier, and of the home page's form. */
export const PAGE_FAILURES: Operation['answers'] = {
  300: pageOr('The prefix is served elsewhere.'),
  400: pageOr('Not a handle.'),
  404: pageOr('Not found, or not homed here; as JSON, revoked too.', missing),
  410: pageOr('Revoked, with the reason.'),
  429: pageOr('Too many identifiers that do not exist were asked for.'),
  500: pageOr('A defect of the node.'),
  502: pageOr('Another node answers for it, and could not be asked.'),
  503: pageOr('The node could not find out.'),
};

export const RESOLUTION_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/handles/{handle}',
    id: 'resolveHandle',
    tag: 'Resolution',
    summary: 'Resolve an identifier',
    description:
      "The reference Handle server's JSON interface. Own values over inherited ones, and the notice of a recall above all of them (index 1002, type RECALL); with a key for the prefix, private ones too. A prefix alone asks for its own record, `0.NA/<prefix>`.",
    access: 'optional',
    pathExamples,
    query: HANDLE_API_QUERY,
    headers: ['If-None-Match'],
    answers: HANDLE_API_ANSWERS,
    problems: [...RESOLUTION_PROBLEMS, 'UNAUTHENTICATED', 'FORBIDDEN'],
    failures: 'handle-api',
  },
  {
    method: 'post',
    path: '/api/handles/{handle}',
    id: 'resolveHandleByPost',
    tag: 'Resolution',
    summary: 'Resolve an identifier, parameters in the body',
    access: 'optional',
    pathExamples,
    query: HANDLE_API_QUERY,
    body: {
      required: false,
      content: {
        'application/json': { schema: HANDLE_API_QUERY, example: { type: ['PRODUCT_NAME'] } },
        'application/x-www-form-urlencoded': { schema: HANDLE_API_QUERY },
      },
    },
    answers: HANDLE_API_ANSWERS,
    problems: [...RESOLUTION_PROBLEMS, 'UNAUTHENTICATED', 'FORBIDDEN'],
    failures: 'handle-api',
  },
  {
    method: 'post',
    path: '/v1/resolve',
    id: 'resolveBatch',
    tag: 'Resolution',
    summary: 'Resolve many identifiers',
    description:
      'Up to 10,000 as a JSON array; one a line as NDJSON without end, answered as they come. Every answer has its place, failures too.',
    access: 'optional',
    query: RESOLVE_QUERY,
    body: {
      required: true,
      content: {
        'application/json': { schema: HANDLES_TO_RESOLVE, example: [MODEL, '88.118.10001/OAK-CHAIR-000001'] },
        'application/x-ndjson': { schema: { type: 'string' } },
      },
    },
    answers: {
      200: {
        description: 'One answer for each handle, in order.',
        content: {
          'application/json': { schema: { type: 'array', items: RESOLVED_ITEM }, example: [found, missing] },
          'application/x-ndjson': { schema: RESOLVED_ITEM },
        },
      },
    },
    problems: ['UNAUTHENTICATED'],
  },
  {
    method: 'get',
    path: '/{handle}',
    id: 'scanIdentifier',
    tag: 'Resolution',
    summary: 'Open the address of an identifier',
    description:
      'What a phone gets that scans a label: the address registered for it (a value URL below index 2000, 10320/loc, HS_ALIAS), unless it is recalled; else a page in Chinese or English for a browser, the Handle API’s JSON for a program. Public values only. At `/` alone a page with a field for an identifier.',
    access: 'open',
    pathExamples,
    query: PAGE_QUERY,
    headers: ['Accept-Language', 'If-None-Match'],
    answers: {
      200: {
        ...pageOr('Found, with the notice first if it is recalled.', found),
        content: { ...pageOr('', found).content, 'text/xml': { schema: { type: 'string' } } },
      },
      ...REDIRECTS,
      ...PAGE_FAILURES,
      304: { description: 'It still is what If-None-Match names.', headers: ['ETag'] },
    },
    problems: [],
  },
];
