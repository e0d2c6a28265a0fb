// Describes the recalls of identifiers.ts.

import { MODEL } from './describe-examples.ts';
import { outcomeOf, WRITE_PROBLEMS } from './describe-identifiers.ts';
import type { Operation } from './operation.ts';
import { DRY_RUN_QUERY } from './schemas.ts';
import { RECALL } from './schemas-registration.ts';

const PATH = '/v1/identifiers/{handle}/recall';
const pathExamples = { handle: MODEL };
const headers = ['If-Match', 'Idempotency-Key'];

const example = {
  reason: 'Supplier report 2026-118: the left hinge can break.',
  notice: '左侧铰链可能断裂，请停止使用并联系客服。The left hinge can break: stop using it and call us.',
};

export const RECALL_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: PATH,
    id: 'recallIdentifier',
    tag: 'Identifiers',
    summary: 'Recall a model, a batch or an item',
    description:
      'It and all that inherits from it stay found, and answer from now on with the notice as a public value of index 1002 and type RECALL. Said again with other words it replaces them.',
    access: 'key',
    pathExamples,
    query: DRY_RUN_QUERY,
    headers,
    body: { required: true, content: { 'application/json': { schema: RECALL, example } } },
    answers: { 200: outcomeOf('Recalled, unchanged, or a dry run.') },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND'],
  },
  {
    method: 'delete',
    path: PATH,
    id: 'liftRecall',
    tag: 'Identifiers',
    summary: 'Lift a recall',
    description:
      'Recalls above it stay. With a reason this path would revoke the identifier that is called `…/recall`, unless the slash of the handle is written `%2F`.',
    access: 'key',
    pathExamples,
    query: DRY_RUN_QUERY,
    headers,
    answers: { 200: outcomeOf('Lifted, unchanged as nothing was recalled, or a dry run.') },
    problems: [...WRITE_PROBLEMS, 'NOT_FOUND'],
  },
];
