// Describes the operations of handle-admin.ts: how handles are written and listed, and prefixes homed, as with a Handle
// server.

import type { ErrorCode } from '../domain/error.ts';
import { NAME_VALUE } from './describe-examples.ts';
import type { Answer, Operation } from './operation.ts';
import { HANDLE_ANSWER, HOMED_PREFIXES, LISTED_HANDLES } from './schemas-answers.ts';
import { HANDLE_LIST_QUERY, HANDLE_REMOVE_QUERY, HANDLE_WRITE_QUERY, HOME_QUERY } from './schemas-described.ts';
import { NEW_VALUE } from './schemas-registration.ts';

const MODEL = '88.118.10001/OAK-STOOL';
const OWN = '88.118';
const HOMED = '20.500.88888';
const ofHandle = {
  tag: 'Identifiers',
  access: 'key',
  failures: 'handle-api',
  pathExamples: { handle: MODEL },
} as const;
const ofPrefix = { tag: 'Enterprises', access: 'key', failures: 'handle-api' } as const;
const WRITING = ['INVALID_HANDLE', 'NOT_RESPONSIBLE', 'INSUFFICIENT_PERMISSIONS', 'INVALID_STATE', 'STORE_READ_ONLY'];
const WRITE_PROBLEMS = [...WRITING, 'REVISION_CONFLICT', 'NOT_FOUND'] as readonly ErrorCode[];

const told = (description: string, handle: string): Answer => ({
  description,
  content: { 'application/json': { schema: HANDLE_ANSWER, example: { responseCode: 1, handle } } },
});

export const HANDLE_ADMIN_OPERATIONS: readonly Operation[] = [
  {
    ...ofHandle,
    method: 'put',
    path: '/api/handles/{handle}',
    id: 'putHandle',
    summary: 'Create or replace a record, or some of its values',
    description:
      'Without `index` the body is the whole record; parent and template stay as they are. With keys, or over TLS with HTTP Basic: `index%3Ahandle` of an HS_SECKEY value and its secret.',
    query: HANDLE_WRITE_QUERY,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: { anyOf: [{ type: 'array', items: NEW_VALUE }, { type: 'object' }] },
          example: [{ index: NAME_VALUE.index, type: NAME_VALUE.type, data: NAME_VALUE.data }],
        },
      },
    },
    answers: { 200: told('Replaced.', MODEL), 201: told('Created, or nothing but new values.', MODEL) },
    problems: [...WRITE_PROBLEMS, 'INVALID_VALUE', 'ALREADY_EXISTS', 'VALUE_EXISTS'],
  },
  {
    ...ofHandle,
    method: 'delete',
    path: '/api/handles/{handle}',
    id: 'deleteHandle',
    summary: 'Delete a record for good, or some of its values',
    description: 'The handle can be created again; revisions go on counting. A revoked handle is not found here.',
    query: HANDLE_REMOVE_QUERY,
    answers: { 200: told('Deleted.', MODEL) },
    problems: [...WRITE_PROBLEMS, 'VALUES_NOT_FOUND'],
  },
  {
    ...ofHandle,
    method: 'get',
    path: '/api/handles',
    id: 'listHandles',
    summary: 'List the handles of a prefix',
    query: HANDLE_LIST_QUERY,
    queryExamples: { prefix: OWN },
    answers: {
      200: {
        description: 'One page, in the order of bytes.',
        content: {
          'application/json': {
            schema: LISTED_HANDLES,
            example: { responseCode: 1, prefix: OWN, totalCount: '1', page: 0, pageSize: 1000, handles: [`${OWN}/A`] },
          },
        },
      },
    },
    problems: ['INVALID_PREFIX', 'NOT_RESPONSIBLE', 'INSUFFICIENT_PERMISSIONS'],
  },
  {
    ...ofPrefix,
    method: 'get',
    path: '/api/prefixes',
    id: 'listHomedPrefixes',
    summary: 'List the prefixes the node is home to',
    answers: {
      200: {
        description: 'Those whose handles may be listed.',
        content: {
          'application/json': {
            schema: HOMED_PREFIXES,
            example: { responseCode: 1, totalCount: '1', prefixes: [`0.NA/${OWN}`] },
          },
        },
      },
    },
    problems: ['INSUFFICIENT_PERMISSIONS'],
  },
  {
    ...ofPrefix,
    method: 'post',
    path: '/api/prefixes/{prefix}',
    id: 'homePrefix',
    summary: 'Become home to a prefix',
    pathExamples: { prefix: HOMED },
    query: HOME_QUERY,
    answers: { 200: told('It is homed.', HOMED) },
    problems: [
      'PAYLOAD_TOO_LARGE',
      'INVALID_PREFIX',
      'INSUFFICIENT_PERMISSIONS',
      'INVALID_STATE',
      'STORE_READ_ONLY',
      'REVISION_CONFLICT',
    ],
  },
  {
    ...ofPrefix,
    method: 'delete',
    path: '/api/prefixes/{prefix}',
    id: 'unhomePrefix',
    summary: 'End being home to a prefix; its records stay',
    pathExamples: { prefix: HOMED },
    answers: { 200: told('It is homed no more.', HOMED) },
    problems: [
      'INVALID_PREFIX',
      'NOT_RESPONSIBLE',
      'INSUFFICIENT_PERMISSIONS',
      'INVALID_STATE',
      'STORE_READ_ONLY',
      'REVISION_CONFLICT',
    ],
  },
];
