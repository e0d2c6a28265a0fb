// `POST /v1/preserved`: lines of another node's export, taken in as they were. Every line has its own outcome, in its place.

import type { FastifyInstance } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { PreservedResult, Preserver } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';

export function registerPreserved(scope: FastifyInstance, preserver: Preserver): void {
  scope.post('/v1/preserved', async (request) => {
    const { body } = request;
    if (!Array.isArray(body)) {
      throw new HandleError('INVALID_REQUEST', 'Send a JSON array of the lines of an export.');
    }
    const results = await preserver.preserve(actorOf(request), body);
    return { results: results.map((result, i) => resultJson(result, `/${i}`)), counts: countsOf(results) };
  });
}

function resultJson(result: PreservedResult, place: string): object {
  if (result.ok) return { outcome: result.outcome, handle: result.handle, revision: result.revision };
  const { code, message, at } = result.error;
  return { handle: result.handle, outcome: 'refused', code, detail: message, at: at ?? place };
}

function countsOf(
  results: readonly PreservedResult[],
): Record<'created' | 'updated' | 'unchanged' | 'refused', number> {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  for (const result of results) counts[result.ok ? result.outcome : 'refused'] += 1;
  return counts;
}
