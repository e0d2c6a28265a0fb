// Describes the operation of preserved.ts.

import type { Operation } from './operation.ts';
import { PRESERVED_OUTCOME } from './schemas-answers.ts';
import { PRESERVED_LINES } from './schemas-registration.ts';

const line = {
  kind: 'record',
  handle: '88.118.10001/OAK-CHAIR-0001',
  status: 'active',
  revision: 3,
  createdAt: '2021-05-06T07:08:09.000Z',
  updatedAt: '2023-01-02T03:04:05.678Z',
  values: [{ index: 2000, type: 'PRODUCT_NAME', data: 'Oak chair', ttl: 86400, timestamp: '2023-01-02T03:04:05Z' }],
};

export const PRESERVED_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/preserved',
    id: 'preserve',
    tag: 'Records',
    summary: 'Take in what another node exported',
    description:
      'Up to 10,000 lines of `jiabiao export`, with their revisions, instants and histories; operators only. What stands is never overwritten, unless it is an earlier state of the same; a repeat changes nothing.',
    access: 'key',
    body: { required: true, content: { 'application/json': { schema: PRESERVED_LINES, example: [line] } } },
    answers: {
      200: {
        description: 'One outcome for each line, in order.',
        content: {
          'application/json': {
            schema: PRESERVED_OUTCOME,
            example: {
              results: [{ outcome: 'created', handle: line.handle, revision: 3 }],
              counts: { created: 1, updated: 0, unchanged: 0, refused: 0 },
            },
          },
        },
      },
    },
    problems: ['FORBIDDEN', 'STORE_READ_ONLY'],
  },
];
