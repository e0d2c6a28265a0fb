// Describes the operations of lots.ts.

import type { Operation, Schema } from './operation.ts';
import {
  LOT,
  LOT_AND_PART,
  LOT_CLOSING,
  LOT_CODE,
  LOT_CODES_QUERY,
  LOT_EXTENSION,
  LOT_HISTORY_QUERY,
  LOT_PAGE,
  LOT_PATCH,
  LOT_REVOCATION,
  LOT_SPLIT,
  LOTS_QUERY,
  NEW_LOT,
} from './schemas-lots.ts';

const PATH = '/v1/lots/{id}';
const ID = '88.118.10001:mfz3k1x09f2c4a71';
const pathExamples = { id: ID };
const headers = ['If-Match', 'Idempotency-Key'];
const shape = { prefix: '88.118.10001', head: 'OAK-', width: 8, from: 1, to: 100_000, tagLength: 9 };
const values = [{ index: 2010, type: 'SERIAL', data: { format: 'string', value: '{serial}' }, ttl: 86_400 }];
const lot = {
  id: ID,
  ...shape,
  size: 100_000,
  guessing: { bits: 41.2, oneIn: 2_641_807_540_224 },
  parent: '88.118.10001/OAK-CHAIR',
  template: null,
  values: [],
  state: 'open',
  reason: null,
  splitFrom: null,
  revision: 1,
  createdAt: '2026-11-25T14:00:00.000Z',
  updatedAt: '2026-11-25T14:00:00.000Z',
};

const json = (schema: Schema, example: unknown) => ({ 'application/json': { schema, example } });
const body = (schema: Schema, example: unknown) => ({ required: true, content: json(schema, example) });
const told = (description: string, more: readonly string[] = ['Idempotency-Replayed']) => ({
  description,
  content: json(LOT, lot),
  headers: ['ETag', ...more],
});
const shared = { tag: 'Lots', access: 'key' } as const;
const change = { ...shared, method: 'post', pathExamples, headers } as const;
const PROBLEMS = [
  'NOT_FOUND',
  'INVALID_STATE',
  'NOT_RESPONSIBLE',
  'REVISION_CONFLICT',
  'IDEMPOTENCY_MISMATCH',
  'STORE_READ_ONLY',
] as const;
const CONTENT_PROBLEMS = ['INVALID_HANDLE', 'INVALID_VALUE', 'INVALID_TEMPLATE', 'INVALID_PARENT'] as const;

export const LOT_OPERATIONS: readonly Operation[] = [
  {
    ...shared,
    method: 'post',
    path: '/v1/lots',
    id: 'createLot',
    summary: 'Register a range of serials',
    description:
      'In constant time and space, whatever its size: every code of it resolves from the answer on. A code is the head, the serial in its width, and a check tag that nobody can guess who does not hold its list.',
    headers: ['Idempotency-Key'],
    body: body(NEW_LOT, { ...shape, parent: lot.parent, values }),
    answers: { 201: told('Registered.', ['Location', 'Idempotency-Replayed']) },
    problems: [...PROBLEMS, ...CONTENT_PROBLEMS, 'INVALID_PREFIX', 'LOT_OVERLAP', 'LOT_KEY_MISSING'],
  },
  {
    ...shared,
    method: 'get',
    path: '/v1/lots',
    id: 'listLots',
    summary: 'List lots',
    query: LOTS_QUERY,
    answers: {
      200: {
        description: 'A page in the order of registration within each prefix.',
        content: json(LOT_PAGE, { items: [lot], next: null }),
      },
    },
    problems: ['INVALID_PREFIX', 'NOT_FOUND'],
  },
  {
    ...shared,
    method: 'get',
    path: PATH,
    id: 'getLot',
    summary: 'Read a lot',
    pathExamples,
    answers: { 200: told('The lot.', []) },
    problems: ['NOT_FOUND'],
  },
  {
    ...shared,
    method: 'patch',
    path: PATH,
    id: 'updateLot',
    summary: 'Change what the codes of a lot answer with',
    description: 'What is not named stays. Head, width, check tag and first serial are on labels and never change.',
    pathExamples,
    headers,
    body: body(LOT_PATCH, { values }),
    answers: { 200: told('Changed, or unchanged.') },
    problems: [...PROBLEMS, ...CONTENT_PROBLEMS],
  },
  {
    ...change,
    path: `${PATH}/extend`,
    id: 'extendLot',
    summary: 'Extend a lot to a later serial',
    body: body(LOT_EXTENSION, { to: 200_000 }),
    answers: { 200: told('Extended.') },
    problems: [...PROBLEMS, 'LOT_OVERLAP', 'LOT_KEY_MISSING'],
  },
  {
    ...change,
    path: `${PATH}/close`,
    id: 'closeLot',
    summary: 'Close a lot',
    description:
      'Codes behind the last serial that was used are withdrawn: they are not found any more. Its range never changes again; its codes go on resolving.',
    body: { ...body(LOT_CLOSING, { to: 87_500 }), required: false },
    answers: { 200: told('Closed.') },
    problems: [...PROBLEMS, 'LOT_OVERLAP', 'LOT_KEY_MISSING'],
  },
  {
    ...change,
    path: `${PATH}/revoke`,
    id: 'revokeLot',
    summary: 'Revoke a lot',
    description: 'Every code answers as revoked, those that are records of their own too. For good.',
    body: body(LOT_REVOCATION, { reason: 'Wrong board delivered' }),
    answers: { 200: told('Revoked.') },
    problems: PROBLEMS,
  },
  {
    ...change,
    path: `${PATH}/split`,
    id: 'splitLot',
    summary: 'Split a lot in two',
    description: 'Codes, check tags and records stay what they are; from then on each part is changed by itself.',
    body: body(LOT_SPLIT, { at: 50_001 }),
    answers: {
      200: {
        description: 'The first part, with the second as `part`.',
        content: json(LOT_AND_PART, { ...lot, part: { ...lot, from: 50_001, splitFrom: ID } }),
        headers: ['ETag', 'Idempotency-Replayed'],
      },
    },
    problems: [...PROBLEMS, 'LOT_OVERLAP'],
  },
  {
    ...shared,
    method: 'get',
    path: `${PATH}/history`,
    id: 'getLotHistory',
    summary: 'Read the states of a lot',
    pathExamples,
    query: LOT_HISTORY_QUERY,
    answers: {
      200: {
        description: 'A page of states, oldest first, the newest included.',
        content: json(LOT_PAGE, { items: [lot], next: null }),
      },
    },
    problems: ['NOT_FOUND'],
  },
  {
    ...shared,
    method: 'get',
    path: `${PATH}/codes`,
    id: 'getLotCodes',
    summary: 'Stream the codes of a lot',
    description:
      'For the label printer: a line a code, as CSV or NDJSON, as fast as it is read and as long as the lot is.',
    pathExamples,
    query: LOT_CODES_QUERY,
    answers: {
      200: {
        description: 'The codes in order of their serials.',
        content: {
          'text/csv': { schema: { type: 'string' } },
          'application/x-ndjson': { schema: LOT_CODE },
        },
        headers: ['Cache-Control'],
      },
    },
    problems: ['NOT_FOUND', 'LOT_KEY_MISSING'],
  },
];
