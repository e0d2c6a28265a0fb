// Describes the operations of templates.ts.

import type { Operation, Schema } from './operation.ts';
import {
  ELEMENTS_TO_DISABLE,
  NEW_TEMPLATE,
  TEMPLATE,
  TEMPLATE_PAGE,
  TEMPLATE_QUERY,
  TEMPLATE_VERSION,
  TEMPLATES_QUERY,
} from './schemas-templates.ts';

const PATH = '/v1/templates/{handle}';
const HANDLE = '88.118.10001/META_CHAIR';
const pathExamples = { handle: HANDLE };
const headers = ['If-Match', 'Idempotency-Key'];

const name = { zh: '椅子', en: 'Chairs' };
const elements = [
  {
    index: 2000,
    type: 'PRODUCT_NAME',
    kind: 'string',
    name: { zh: '产品名称', en: 'Product name' },
    required: true,
    searchable: true,
    maxLength: 200,
  },
  {
    index: 2041,
    type: 'FORMALDEHYDE_CLASS',
    kind: 'enumeration',
    name: { zh: '甲醛释放限量等级', en: 'Formaldehyde class' },
    choices: [
      { value: 'ENF', name: { zh: 'ENF 级', en: 'ENF' } },
      { value: 'E0', name: { zh: 'E0 级', en: 'E0' } },
    ],
  },
];
const content = { name, industry: 'C2110', elements };
const summary = { handle: HANDLE, name, industry: 'C2110', carrier: 'passive', isOpen: false };
const stamps = { version: 1, createdAt: '2026-11-25T14:00:00.000Z', updatedAt: '2026-11-25T14:00:00.000Z' };
const template = { ...summary, description: null, elements, ...stamps };

const json = (schema: Schema, example: unknown) => ({ 'application/json': { schema, example } });
const told = (description: string, more: readonly string[] = ['Idempotency-Replayed']) => ({
  description,
  content: json(TEMPLATE, template),
  headers: ['ETag', ...more],
});
const PROBLEMS = [
  'INVALID_HANDLE',
  'INVALID_STATE',
  'INVALID_TEMPLATE',
  'NOT_RESPONSIBLE',
  'REVISION_CONFLICT',
  'IDEMPOTENCY_MISMATCH',
  'STORE_READ_ONLY',
] as const;

export const TEMPLATE_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/templates',
    id: 'listTemplates',
    tag: 'Templates',
    summary: 'List templates',
    description: "Those of the node, and those under the key's own prefix; with `prefix` those of any it may read.",
    access: 'key',
    query: TEMPLATES_QUERY,
    answers: {
      200: {
        description: 'A page of newest versions, in the order of their handles.',
        content: json(TEMPLATE_PAGE, { items: [{ ...summary, elements: 2, ...stamps }], next: null }),
      },
    },
    problems: ['INVALID_PREFIX', 'INVALID_HANDLE'],
  },
  {
    method: 'post',
    path: '/v1/templates',
    id: 'createTemplate',
    tag: 'Templates',
    summary: 'Create a template',
    description: "Under the node's own prefix, by operators, it is for everyone; under an enterprise's for that one.",
    access: 'key',
    headers: ['Idempotency-Key'],
    body: { required: true, content: json(NEW_TEMPLATE, { handle: HANDLE, ...content }) },
    answers: { 201: told('Created.', ['Location', 'Idempotency-Replayed']) },
    problems: [...PROBLEMS, 'ALREADY_EXISTS'],
  },
  {
    method: 'get',
    path: PATH,
    id: 'getTemplate',
    tag: 'Templates',
    summary: 'Read a template',
    access: 'key',
    pathExamples,
    query: TEMPLATE_QUERY,
    answers: { 200: told('The newest version, or the one that was asked for.', []) },
    problems: ['INVALID_HANDLE', 'NOT_RESPONSIBLE', 'NOT_FOUND'],
  },
  {
    method: 'put',
    path: PATH,
    id: 'putTemplate',
    tag: 'Templates',
    summary: 'Put a new version of a template',
    description:
      'Registrations that begin after the answer are held against it; what stands is not judged again until it is changed. Elements are added, reworded and disabled, never removed. The same content changes nothing.',
    access: 'key',
    pathExamples,
    headers,
    body: { required: true, content: json(TEMPLATE_VERSION, content) },
    answers: { 200: told('A new version, or unchanged.'), 201: told('Created.', ['Location', 'Idempotency-Replayed']) },
    problems: PROBLEMS,
  },
  {
    method: 'post',
    path: `${PATH}/disable`,
    id: 'disableElements',
    tag: 'Templates',
    summary: 'Disable elements of a template',
    description:
      'They take no new values from then on; what stands stays. A new version without the mark enables them.',
    access: 'key',
    pathExamples,
    headers,
    body: { required: true, content: json(ELEMENTS_TO_DISABLE, { elements: [2041] }) },
    answers: { 200: told('A new version, or unchanged.') },
    problems: [...PROBLEMS, 'NOT_FOUND'],
  },
];
