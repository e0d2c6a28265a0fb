// `POST /v1/moves`: the children of one record to another, step by step.

import type { FastifyInstance } from 'fastify';
import type { ChildMoves } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';
import { bodyChecker, CHILD_MOVE, DRY_RUN_QUERY, queryChecker } from './schemas.ts';

const childMove = bodyChecker(CHILD_MOVE);
const dryRunQuery = queryChecker(DRY_RUN_QUERY);
/** A step that keeps the committing thread for some twenty milliseconds. */
const DEFAULT_STEP = 1000;

export function registerMoves(scope: FastifyInstance, moves: ChildMoves): void {
  scope.post('/v1/moves', async (request) => {
    const { from, to, after = null, limit = DEFAULT_STEP } = childMove.check(request.body);
    const { dryRun = false } = dryRunQuery.check(request.query);
    const { moved, refused, next } = await moves.move(actorOf(request), { from, to, after, limit, dryRun });
    const reasons = refused.map(({ handle, error }) => ({ handle, code: error.code, detail: error.message }));
    return { moved, refused: reasons, next };
  });
}
