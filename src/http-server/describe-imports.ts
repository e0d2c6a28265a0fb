// Describes the operations of imports.ts and import-profiles.ts.

import type { Operation } from './operation.ts';
import { PAGE_QUERY } from './schemas.ts';
import { IMPORT_JOB, IMPORT_PAGE, IMPORT_PROFILE, IMPORT_PROFILES, IMPORT_QUERY } from './schemas-imports.ts';
import { REGISTRATION_ITEM } from './schemas-registration.ts';

const PATH = '/v1/imports/{id}';
const pathExamples = { id: '0000mkw4x0g3a1b2c3' };
const PROFILE_PATH = '/v1/import-profiles/{name}';
const profileExamples = { name: 'lamps' };

const job = {
  id: pathExamples.id,
  state: 'writing',
  principalId: 'p_3kT0q',
  scope: '88.118.10001',
  bytes: 1_048_576,
  settings: {
    format: 'csv',
    mode: 'upsert',
    dryRun: false,
    onError: 'continue',
    parent: null,
    template: null,
    sheet: null,
    profile: 'lamps',
    fileName: 'lamps.csv',
  },
  encoding: 'gb18030',
  createdAt: '2026-11-23T03:51:48.000Z',
  startedAt: '2026-11-23T03:51:48.000Z',
  endedAt: null,
  counts: { rows: 12000, created: 8000, updated: 0, unchanged: 0, revoked: 0, deleted: 0, refused: 2 },
  progress: { stage: 'writing', share: 0.8, rows: 8002, rowsPerSecond: 41000, secondsLeft: 1 },
  code: null,
  reason: null,
};
const mapping = {
  handle: '88.118.10001/{型号}-{序号}',
  values: [{ column: '品名', index: 2000, type: 'PRODUCT_NAME' }],
};
const jobOf = (description: string) => ({
  description,
  content: { 'application/json': { schema: IMPORT_JOB, example: job } },
});
const profileOf = (description: string) => ({
  description,
  content: { 'application/json': { schema: IMPORT_PROFILE, example: { name: 'lamps', mapping } } },
});
const file = { schema: { type: 'string', format: 'binary' } };

export const IMPORT_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/imports',
    id: 'beginImport',
    tag: 'Imports',
    summary: 'Import a file',
    description:
      'NDJSON with a registration a line; CSV in UTF-8 or GB18030; a workbook (XLSX). The answer comes when the file is on disk; it is then registered in the background, survives a restart, and again changes nothing. Of equal identifiers in the file the first counts.',
    access: 'key',
    query: IMPORT_QUERY,
    body: {
      required: true,
      content: {
        'application/x-ndjson': {
          schema: REGISTRATION_ITEM,
          example: { handle: '88.118.10001/OAK-CHAIR-0001', values: [] },
        },
        'text/csv': file,
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': file,
        'application/octet-stream': file,
      },
    },
    answers: { 202: { ...jobOf('The file is there, and the import waits for its turn.'), headers: ['Location'] } },
    problems: ['FORBIDDEN', 'INVALID_REQUEST', 'NOT_FOUND', 'OVERLOADED', 'STORE_READ_ONLY'],
  },
  {
    method: 'get',
    path: '/v1/imports',
    id: 'listImports',
    tag: 'Imports',
    summary: 'List imports, the newest first',
    description: "One's own and those of the same enterprise; operators and reviewers see all.",
    access: 'key',
    query: PAGE_QUERY,
    answers: {
      200: {
        description: 'A page of imports.',
        content: { 'application/json': { schema: IMPORT_PAGE, example: { items: [job], next: null } } },
      },
    },
    problems: [],
  },
  {
    method: 'get',
    path: PATH,
    id: 'getImport',
    tag: 'Imports',
    summary: 'How an import fares',
    access: 'key',
    pathExamples,
    answers: { 200: jobOf('The import.') },
    problems: ['NOT_FOUND'],
  },
  {
    method: 'delete',
    path: PATH,
    id: 'cancelImport',
    tag: 'Imports',
    summary: 'Cancel an import',
    description: 'It ends within a second. What it has registered stands; its report says what it refused.',
    access: 'key',
    pathExamples,
    answers: { 202: jobOf('It is asked to end.') },
    problems: ['FORBIDDEN', 'INVALID_STATE', 'NOT_FOUND'],
  },
  {
    method: 'get',
    path: '/v1/imports/{id}/events',
    id: 'followImport',
    tag: 'Imports',
    summary: 'Follow an import as it goes on',
    description: 'Server-sent events, each with the import as it stands; the stream ends when the import is over.',
    access: 'key',
    pathExamples,
    answers: {
      200: {
        description: 'A stream of events.',
        content: { 'text/event-stream': { example: `event: import\ndata: ${JSON.stringify(job)}\n\n` } },
      },
    },
    problems: ['NOT_FOUND', 'OVERLOADED'],
  },
  {
    method: 'get',
    path: '/v1/imports/{id}/report',
    id: 'getImportReport',
    tag: 'Imports',
    summary: 'What was refused, row by row',
    description: 'CSV in Chinese and English: row, column, identifier, code, what is wrong, how to mend it.',
    access: 'key',
    pathExamples,
    answers: {
      200: { description: 'A line for each refused row.', content: { 'text/csv': { schema: { type: 'string' } } } },
    },
    problems: ['INVALID_STATE', 'NOT_FOUND'],
  },
  {
    method: 'get',
    path: '/v1/import-profiles',
    id: 'listImportProfiles',
    tag: 'Imports',
    summary: 'List saved column mappings',
    access: 'key',
    answers: {
      200: {
        description: 'Those of the enterprise, by name.',
        content: { 'application/json': { schema: IMPORT_PROFILES, example: { items: [{ name: 'lamps', mapping }] } } },
      },
    },
    problems: [],
  },
  {
    method: 'put',
    path: PROFILE_PATH,
    id: 'putImportProfile',
    tag: 'Imports',
    summary: 'Save a column mapping by name',
    description: 'What the columns of a table mean: config/demo/README.md describes it.',
    access: 'key',
    pathExamples: profileExamples,
    body: {
      required: true,
      content: { 'application/json': { schema: { type: 'object', additionalProperties: true }, example: mapping } },
    },
    answers: { 200: profileOf('Saved.') },
    problems: ['FORBIDDEN', 'INVALID_STATE'],
  },
  {
    method: 'get',
    path: PROFILE_PATH,
    id: 'getImportProfile',
    tag: 'Imports',
    summary: 'Read a column mapping',
    access: 'key',
    pathExamples: profileExamples,
    answers: { 200: profileOf('The mapping.') },
    problems: ['NOT_FOUND'],
  },
  {
    method: 'delete',
    path: PROFILE_PATH,
    id: 'deleteImportProfile',
    tag: 'Imports',
    summary: 'Delete a column mapping',
    description: 'Imports that were begun with it keep it.',
    access: 'key',
    pathExamples: profileExamples,
    answers: { 204: { description: 'Deleted.' } },
    problems: ['NOT_FOUND'],
  },
];
