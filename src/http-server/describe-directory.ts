// Describes the operations of enterprises.ts and keys.ts.

import { certificateExample } from './describe-examples.ts';
import type { Answer, Operation, Schema } from './operation.ts';
import {
  ENTERPRISE_PATCH,
  KEY_ROTATION,
  NEW_CERTIFICATE,
  NEW_ENTERPRISE,
  NEW_KEY,
  NEW_PRINCIPAL,
  PAGE_QUERY,
  PREFIX_TRANSFER,
  PRINCIPAL_PATCH,
} from './schemas.ts';
import { ACCESS_KEY, ENTERPRISE, ISSUED_KEY, OWN_PRINCIPAL, PRINCIPAL, pageOfItems } from './schemas-answers.ts';

const instants = { revision: 1, createdAt: '2026-11-23T03:51:48.000Z', updatedAt: '2026-11-23T03:51:48.000Z' };
const enterprise = {
  prefix: '88.118.10004',
  name: 'Zhongshan Oak Works',
  state: 'active',
  hosting: 'here',
  contact: null,
  quota: null,
  holder: null,
  ...instants,
};
const principal = {
  id: 'p_Ux1c5nQ0',
  name: 'Oak Works ERP',
  role: 'enterprise',
  scope: '88.118.10004',
  state: 'active',
  ...instants,
};
const key = {
  id: 'k_9rT2bW7a',
  principalId: principal.id,
  label: 'ERP',
  expiresAt: null,
  revokedAt: null,
  ...instants,
};
const issued = { ...key, token: 'jb_…' };

const json = (schema: Schema, example: unknown) => ({ 'application/json': { schema, example } });
const told = (description: string, schema: Schema, example: unknown, headers: readonly string[] = []): Answer => ({
  description,
  content: json(schema, example),
  headers,
});
const given = (schema: Schema, example: unknown, required = true) => ({ required, content: json(schema, example) });
const listed = (what: string, schema: Schema, example: unknown) =>
  told(`A page of ${what}, in the order of their names.`, pageOfItems(schema), { items: [example], next: null });

const WRITE_PROBLEMS = ['STORE_READ_ONLY'] as const;

const ENTERPRISES: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/enterprises',
    id: 'createEnterprise',
    tag: 'Enterprises',
    summary: 'Create an enterprise',
    description: "It gets the next free code below the node's own prefix, or the prefix that is named.",
    access: 'key',
    body: given(NEW_ENTERPRISE, { name: enterprise.name, state: 'active' }),
    answers: { 201: told('Created.', ENTERPRISE, enterprise, ['ETag', 'Location']) },
    problems: [...WRITE_PROBLEMS, 'INVALID_PREFIX', 'ALREADY_EXISTS', 'NOT_RESPONSIBLE', 'INVALID_STATE'],
  },
  {
    method: 'get',
    path: '/v1/enterprises',
    id: 'listEnterprises',
    tag: 'Enterprises',
    summary: 'List enterprises',
    access: 'key',
    query: PAGE_QUERY,
    answers: { 200: listed('enterprises', ENTERPRISE, enterprise) },
    problems: [],
  },
  {
    method: 'get',
    path: '/v1/enterprises/{prefix}',
    id: 'getEnterprise',
    tag: 'Enterprises',
    summary: 'Read an enterprise',
    access: 'key',
    pathExamples: { prefix: '88.118.10001' },
    answers: { 200: told('The enterprise.', ENTERPRISE, enterprise, ['ETag']) },
    problems: ['INVALID_PREFIX', 'NOT_FOUND'],
  },
  {
    method: 'patch',
    path: '/v1/enterprises/{prefix}',
    id: 'updateEnterprise',
    tag: 'Enterprises',
    summary: 'Change an enterprise',
    description: 'Suspended and closed ones keep resolving and cannot write. Closed is final.',
    access: 'key',
    pathExamples: { prefix: '88.118.10001' },
    headers: ['If-Match'],
    body: given(ENTERPRISE_PATCH, { state: 'active', quota: 1_000_000 }),
    answers: { 200: told('Changed.', ENTERPRISE, enterprise, ['ETag']) },
    problems: [...WRITE_PROBLEMS, 'INVALID_PREFIX', 'NOT_FOUND', 'INVALID_STATE', 'REVISION_CONFLICT'],
  },
  {
    method: 'post',
    path: '/v1/enterprises/{prefix}/transfer',
    id: 'transferPrefix',
    tag: 'Enterprises',
    summary: 'Give a prefix to another enterprise',
    description: 'Its identifiers keep their codes. `null` gives it back to the enterprise it was allocated to.',
    access: 'key',
    pathExamples: { prefix: '88.118.10002' },
    headers: ['If-Match'],
    body: given(PREFIX_TRANSFER, { to: '88.118.10001' }),
    answers: {
      200: told('Transferred.', ENTERPRISE, { ...enterprise, prefix: '88.118.10002', holder: '88.118.10001' }, [
        'ETag',
      ]),
    },
    problems: [...WRITE_PROBLEMS, 'INVALID_PREFIX', 'NOT_FOUND', 'INVALID_STATE', 'REVISION_CONFLICT'],
  },
];

const PRINCIPALS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/me',
    id: 'getOwnPrincipal',
    tag: 'Principals and keys',
    summary: 'Whose key this is',
    access: 'key',
    answers: {
      200: told('The principal of the key.', OWN_PRINCIPAL, { ...principal, authenticatedBy: 'bearer' }),
    },
    problems: [],
  },
  {
    method: 'post',
    path: '/v1/principals',
    id: 'createPrincipal',
    tag: 'Principals and keys',
    summary: 'Create a principal',
    access: 'key',
    body: given(NEW_PRINCIPAL, { name: 'Chairs ERP', role: 'enterprise', scope: '88.118.10001' }),
    answers: { 201: told('Created.', PRINCIPAL, principal, ['Location']) },
    problems: [...WRITE_PROBLEMS, 'INVALID_PREFIX', 'NOT_FOUND'],
  },
  {
    method: 'get',
    path: '/v1/principals',
    id: 'listPrincipals',
    tag: 'Principals and keys',
    summary: 'List principals',
    access: 'key',
    query: PAGE_QUERY,
    answers: { 200: listed('principals', PRINCIPAL, principal) },
    problems: [],
  },
  {
    method: 'patch',
    path: '/v1/principals/{id}',
    id: 'updatePrincipal',
    tag: 'Principals and keys',
    summary: 'Disable or enable a principal',
    description: 'Disabled, all its keys are closed at once.',
    access: 'key',
    pathExamples: { id: principal.id },
    body: given(PRINCIPAL_PATCH, { state: 'disabled' }),
    answers: { 200: told('Changed.', PRINCIPAL, principal) },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND', 'INVALID_STATE'],
  },
];

const KEYS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/keys',
    id: 'createKey',
    tag: 'Principals and keys',
    summary: 'Make a key for a principal',
    access: 'key',
    body: given(NEW_KEY, { principalId: principal.id, label: 'ERP', expiresAt: '2027-12-31T00:00:00Z' }),
    answers: { 201: told('Made; the token is shown this once.', ISSUED_KEY, issued) },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND', 'INVALID_STATE'],
  },
  {
    method: 'post',
    path: '/v1/keys/certificates',
    id: 'registerCertificate',
    tag: 'Principals and keys',
    summary: 'Let a client certificate act as a principal',
    description: 'On a node with `tls.clientCa`. The certificate takes the place of a key; revoked like one.',
    access: 'key',
    body: given(NEW_CERTIFICATE, { principalId: principal.id, label: 'ERP', certificate: certificateExample }),
    answers: { 201: told('Registered.', ACCESS_KEY, { ...key, certificateSubject: 'O=Oak Works, CN=erp' }) },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND', 'INVALID_STATE', 'ALREADY_EXISTS'],
  },
  {
    method: 'get',
    path: '/v1/keys',
    id: 'listKeys',
    tag: 'Principals and keys',
    summary: 'List keys',
    access: 'key',
    query: PAGE_QUERY,
    answers: { 200: listed('keys', ACCESS_KEY, key) },
    problems: [],
  },
  {
    method: 'post',
    path: '/v1/keys/{id}/rotate',
    id: 'rotateKey',
    tag: 'Principals and keys',
    summary: 'Replace a key',
    description: 'A new key for the same principal; the old one works for `graceSeconds` more.',
    access: 'key',
    pathExamples: { id: key.id },
    body: given(KEY_ROTATION, { graceSeconds: 3600 }, false),
    answers: { 201: told('Made; the token is shown this once.', ISSUED_KEY, issued) },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND', 'INVALID_STATE'],
  },
  {
    method: 'delete',
    path: '/v1/keys/{id}',
    id: 'revokeKey',
    tag: 'Principals and keys',
    summary: 'Revoke a key',
    access: 'key',
    pathExamples: { id: key.id },
    answers: { 200: told('Revoked.', ACCESS_KEY, { ...key, revokedAt: instants.updatedAt }) },
    problems: ['NOT_FOUND', 'STORE_READ_ONLY'],
  },
];

export const DIRECTORY_OPERATIONS: readonly Operation[] = [...ENTERPRISES, ...PRINCIPALS, ...KEYS];
