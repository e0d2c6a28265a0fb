// Describes the operations of identifiers.ts and identifier-batch.ts.

import { MODEL, NAME_VALUE } from './describe-examples.ts';
import type { Operation } from './operation.ts';
import { CHILD_MOVE, DRY_RUN_QUERY, READ_QUERY, REGISTER_QUERY, REVOKE_QUERY } from './schemas.ts';
import { BATCH_OUTCOME, ITEM_OUTCOME, MOVE_OUTCOME, OUTCOME, RECORD, RECORD_PAGE } from './schemas-answers.ts';
import { HISTORY } from './schemas-changes.ts';
import {
  REGISTRATION,
  REGISTRATION_BATCH,
  REGISTRATION_ITEM,
  REGISTRATION_PATCH,
  REVOCATION,
} from './schemas-registration.ts';

const PATH = '/v1/identifiers/{handle}';
const ITEM = '88.118.10001/OAK-CHAIR-000001';
const pathExamples = { handle: MODEL };

const outcomeExample = { handle: MODEL, outcome: 'created', revision: 1, updatedAt: '2026-11-23T03:51:48.000Z' };
const refusedExample = {
  handle: '88.118.10001/OAK-CHAIR-000002',
  outcome: 'refused',
  code: 'INVALID_REQUEST',
  detail: 'This registration has no values: add "values", an array (it may be empty).',
  at: '/1',
};
const name = { index: 2000, type: 'PRODUCT_NAME', data: '橡木椅 / Oak chair' };
const serial = { index: 2001, type: 'SERIAL', data: '000001' };
const items = [
  { handle: ITEM, parent: MODEL, values: [serial] },
  { operation: 'patch', handle: MODEL, values: [name] },
];

export const outcomeOf = (description: string) => ({
  description,
  content: { 'application/json': { schema: OUTCOME, example: outcomeExample } },
  headers: ['ETag', 'Idempotency-Replayed'],
});
export const WRITE_PROBLEMS = [
  'INVALID_HANDLE',
  'INVALID_VALUE',
  'INVALID_PARENT',
  'INVALID_TEMPLATE',
  'INVALID_STATE',
  'NOT_RESPONSIBLE',
  'REVISION_CONFLICT',
  'IDEMPOTENCY_MISMATCH',
  'IDEMPOTENCY_IN_PROGRESS',
  'STORE_READ_ONLY',
] as const;

export const IDENTIFIER_OPERATIONS: readonly Operation[] = [
  {
    method: 'put',
    path: PATH,
    id: 'putIdentifier',
    tag: 'Identifiers',
    summary: 'Create or replace an identifier',
    description:
      'Says everything about the record. To send the same again changes nothing. `If-None-Match: *` only creates, `If-Match` only replaces what was seen.',
    access: 'key',
    pathExamples,
    query: REGISTER_QUERY,
    headers: ['If-Match', 'If-None-Match', 'Idempotency-Key'],
    body: { required: true, content: { 'application/json': { schema: REGISTRATION, example: { values: [name] } } } },
    answers: { 200: outcomeOf('Replaced, unchanged, or a dry run.'), 201: outcomeOf('Created.') },
    problems: [...WRITE_PROBLEMS, 'ALREADY_EXISTS', 'NOT_FOUND'],
  },
  {
    method: 'patch',
    path: PATH,
    id: 'patchIdentifier',
    tag: 'Identifiers',
    summary: 'Change what is named, keep the rest',
    description: '`status` "active" also brings a reserved or revoked record into service; "revoked" needs a `reason`.',
    access: 'key',
    pathExamples,
    query: DRY_RUN_QUERY,
    headers: ['If-Match', 'Idempotency-Key'],
    body: {
      required: true,
      content: {
        'application/json': { schema: REGISTRATION_PATCH, example: { values: [name], removeIndexes: [2009] } },
      },
    },
    answers: { 200: outcomeOf('Changed, unchanged, or a dry run.') },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND'],
  },
  {
    method: 'delete',
    path: PATH,
    id: 'revokeIdentifier',
    tag: 'Identifiers',
    summary: 'Revoke an identifier',
    description: 'Its tombstone keeps answering with the reason, which is needed: in the query, or in a body.',
    access: 'key',
    pathExamples,
    query: REVOKE_QUERY,
    headers: ['If-Match', 'Idempotency-Key'],
    body: {
      required: false,
      content: { 'application/json': { schema: REVOCATION, example: { reason: 'Recalled: the back leg can break.' } } },
    },
    answers: { 200: outcomeOf('Revoked, or a dry run.') },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND'],
  },
  {
    method: 'get',
    path: PATH,
    id: 'getIdentifier',
    tag: 'Identifiers',
    summary: 'Read the own record',
    description:
      'Without what it inherits, private and reserved ones too, for those who may read below the prefix. `?at=` shows the state of that instant, `?view=history` every revision, newest first, `?view=children` what inherits from it directly, in pages (the path with `/history` or `/children` after it is the same).',
    access: 'key',
    pathExamples,
    query: READ_QUERY,
    headers: ['If-None-Match'],
    answers: {
      200: {
        description: 'The record, or a page of its history or of its children.',
        content: {
          'application/json': {
            schema: { anyOf: [RECORD, HISTORY, RECORD_PAGE] },
            example: {
              handle: MODEL,
              status: 'active',
              parent: null,
              template: null,
              reason: null,
              recall: null,
              revision: 1,
              createdAt: '2026-11-23T03:51:48.000Z',
              updatedAt: '2026-11-23T03:51:48.000Z',
              values: [NAME_VALUE],
            },
          },
        },
        headers: ['ETag'],
      },
      304: { description: 'It still is what If-None-Match names.', headers: ['ETag'] },
      410: {
        description: 'The record of a revoked identifier, with the reason.',
        content: { 'application/json': { schema: RECORD } },
        headers: ['ETag'],
      },
    },
    problems: ['INVALID_HANDLE', 'NOT_FOUND', 'NOT_RESPONSIBLE'],
  },
  {
    method: 'post',
    path: '/v1/identifiers',
    id: 'registerIdentifiers',
    tag: 'Identifiers',
    summary: 'Register a batch',
    description:
      'Up to 10,000 items, as a JSON array or one a line. Each has its own outcome, in its place; a bad one stops none of its neighbours.',
    access: 'key',
    query: REGISTER_QUERY,
    headers: ['Idempotency-Key'],
    body: {
      required: true,
      content: {
        'application/json': { schema: REGISTRATION_BATCH, example: items },
        'application/x-ndjson': { schema: REGISTRATION_ITEM },
      },
    },
    answers: {
      200: {
        description: 'One outcome for each item, in order.',
        content: {
          'application/json': {
            schema: BATCH_OUTCOME,
            example: {
              results: [outcomeExample, refusedExample],
              counts: { created: 1, updated: 0, unchanged: 0, revoked: 0, deleted: 0, refused: 1 },
            },
          },
          'application/x-ndjson': { schema: ITEM_OUTCOME },
        },
        headers: ['Idempotency-Replayed'],
      },
    },
    problems: ['IDEMPOTENCY_MISMATCH', 'IDEMPOTENCY_IN_PROGRESS', 'STORE_READ_ONLY'],
  },
  {
    method: 'post',
    path: '/v1/moves',
    id: 'moveChildren',
    tag: 'Identifiers',
    summary: 'Give the children of a record another parent',
    description:
      'One bounded step; call it again with `after` until `next` is null. Each move is checked, and is in the history of what moved. To repeat a step is harmless.',
    access: 'key',
    query: DRY_RUN_QUERY,
    body: {
      required: true,
      content: { 'application/json': { schema: CHILD_MOVE, example: { from: MODEL, to: `${MODEL}-2027` } } },
    },
    answers: {
      200: {
        description: 'What moved, and what did not.',
        content: { 'application/json': { schema: MOVE_OUTCOME, example: { moved: 12, refused: [], next: null } } },
      },
    },
    problems: ['INVALID_HANDLE', 'NOT_FOUND', 'NOT_RESPONSIBLE', 'INVALID_PARENT', 'INVALID_STATE', 'STORE_READ_ONLY'],
  },
];
