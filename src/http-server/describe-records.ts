// Describes the operations that show what the node keeps on record.

import type { Operation } from './operation.ts';
import { AUDIT_LINE, pageOfItems, STATISTICS_ROW } from './schemas-answers.ts';
import { CHANGES } from './schemas-changes.ts';
import { AUDIT_QUERY, CHANGES_QUERY, STATISTICS_QUERY } from './schemas-records.ts';

const line = {
  place: 'audit-2026-11-23.0001:17',
  at: '2026-11-23T03:51:48.000Z',
  kind: 'key-created',
  principalId: 'operator',
  requestId: 'b7c1…',
  client: '192.0.2.7',
  subject: 'k_9rT2bW7a',
  detail: {},
};

const row = {
  prefix: '88.118.10001',
  day: '2026-11-23',
  registrations: { created: 120, updated: 3, revoked: 1, deleted: 0 },
  live: 4120,
  resolutions: { requests: 981, found: 970, notFound: 10, revoked: 1, referred: 0, failed: 0 },
};

const change = {
  sequence: 1201,
  at: '2026-11-23T03:51:48.000Z',
  principalId: 'operator',
  requestId: 'b7c1…',
  entries: [{ subject: 'record', action: 'updated', name: '88.118.10001/SOFA-N301', revision: 2 }],
};

export const RECORDS_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/changes',
    id: 'readChanges',
    tag: 'Records',
    summary: 'Follow what happens',
    description:
      'The change log, oldest first: of the prefixes the key reaches, or all of it for operators and reviewers. Asked for `text/event-stream` it goes on as things happen, and `Last-Event-ID` resumes it.',
    access: 'key',
    query: CHANGES_QUERY,
    headers: ['Last-Event-ID'],
    answers: {
      200: {
        description: 'A page of the log, or a stream of it.',
        content: {
          'application/json': { schema: CHANGES, example: { items: [change], next: null, position: 1201 } },
          'text/event-stream': { example: `id: 1201\nevent: change\ndata: ${JSON.stringify(change)}\n\n` },
        },
      },
    },
    problems: ['INVALID_PREFIX', 'OVERLOADED'],
  },
  {
    method: 'get',
    path: '/v1/audit',
    id: 'searchAuditTrail',
    tag: 'Records',
    summary: 'Search the audit trail',
    description:
      'Administrative acts and denials, oldest first, for operators and reviewers. `from` counts, `to` does not.',
    access: 'key',
    query: AUDIT_QUERY,
    answers: {
      200: {
        description: 'A page of the trail.',
        content: { 'application/json': { schema: pageOfItems(AUDIT_LINE), example: { items: [line], next: null } } },
      },
    },
    problems: ['NOT_FOUND'],
  },
  {
    method: 'get',
    path: '/v1/statistics',
    id: 'readStatistics',
    tag: 'Records',
    summary: 'Count registrations and resolutions',
    description:
      'A row for each prefix and China day with anything to tell: an enterprise’s own, or all for operators and reviewers. Both days count. Resolutions of the last seconds are not in it yet.',
    access: 'key',
    query: STATISTICS_QUERY,
    answers: {
      200: {
        description: 'A page of rows, by prefix and day. It may be short and not the last.',
        content: { 'application/json': { schema: pageOfItems(STATISTICS_ROW), example: { items: [row], next: null } } },
      },
    },
    problems: ['INVALID_PREFIX'],
  },
];
