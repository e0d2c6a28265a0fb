// Describes the operations of service.ts and docs.ts.

import type { Operation } from './operation.ts';
import { HEALTH, READINESS } from './schemas-answers.ts';

const TAG = { tag: 'Node', access: 'open', problems: [] } as const;
const text = { schema: { type: 'string' } };

export const SERVICE_OPERATIONS: readonly Operation[] = [
  {
    ...TAG,
    method: 'get',
    path: '/healthz',
    id: 'getHealth',
    summary: 'Whether the process lives',
    answers: {
      200: {
        description: 'It does.',
        content: { 'application/json': { schema: HEALTH, example: { status: 'ok' } } },
      },
    },
  },
  {
    ...TAG,
    method: 'get',
    path: '/readyz',
    id: 'getReadiness',
    summary: 'Whether it should get traffic',
    answers: {
      200: {
        description: 'It answers; `degraded` if something else does not work, and what.',
        content: { 'application/json': { schema: READINESS, example: { status: 'ready', reasons: [] } } },
      },
      503: {
        description: 'Not now, and why.',
        content: {
          'application/json': {
            schema: READINESS,
            example: { status: 'not ready', reasons: ['the node is stopping'] },
          },
        },
      },
    },
  },
  {
    ...TAG,
    method: 'get',
    path: '/metrics',
    id: 'getMetrics',
    summary: 'Metrics in the text format of Prometheus',
    description: 'Not here if `http.metricsPort` gives them a port of their own.',
    answers: { 200: { description: 'The metrics.', content: { 'text/plain': text } } },
    problems: ['NOT_FOUND', 'INTERNAL'],
  },
  {
    ...TAG,
    method: 'get',
    path: '/openapi.json',
    id: 'getDescription',
    summary: 'This description',
    answers: {
      200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
    },
  },
  {
    ...TAG,
    method: 'get',
    path: '/docs',
    id: 'getDocumentation',
    summary: 'This description, to be browsed',
    answers: { 200: { description: 'A page.', content: { 'text/html': text } } },
  },
];
