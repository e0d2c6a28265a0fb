// Describes the operations that show what the node keeps on record.

import type { Operation } from './operation.ts';
import { AUDIT_LINE, pageOfItems } from './schemas-answers.ts';
import { AUDIT_QUERY } from './schemas-records.ts';

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

export const RECORDS_OPERATIONS: readonly Operation[] = [
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
];
