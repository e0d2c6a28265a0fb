// Describes the operation of search.ts.

import { MODEL } from './describe-examples.ts';
import type { Operation } from './operation.ts';
import { RECORD_PAGE } from './schemas-answers.ts';
import { SEARCH_QUERY } from './schemas-records.ts';

const found = {
  handle: MODEL,
  status: 'active',
  isRecalled: false,
  parent: null,
  template: '88.118.10001/META_CHAIR',
  revision: 1,
  createdAt: '2026-11-23T03:51:48.000Z',
  updatedAt: '2026-11-23T03:51:48.000Z',
};

export const SEARCH_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/search',
    id: 'search',
    tag: 'Identifiers',
    summary: 'Find own identifiers',
    description:
      'All that is named must hold. A page looks at some thousand identifiers at most, so it may be short or empty and still have a `next`.',
    access: 'key',
    query: SEARCH_QUERY,
    queryExamples: { prefix: '88.118.10001', code: 'OAK-', match: 'prefix' },
    answers: {
      200: {
        description: 'A page of what was found.',
        content: { 'application/json': { schema: RECORD_PAGE, example: { items: [found], next: null } } },
      },
    },
    problems: ['INVALID_PREFIX', 'INVALID_HANDLE', 'FORBIDDEN'],
  },
];
