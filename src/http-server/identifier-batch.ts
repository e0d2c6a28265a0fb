// `POST /v1/identifiers`: many registrations in one call, as a JSON array or a line each. Every item has its own outcome,
// in its place; one bad item stops none of its neighbours.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HandleError, isHandleError } from '../domain/error.ts';
import { MAX_BATCH_ITEMS } from '../domain/limits.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';
import type { Registration, RegistrationResult } from '../registry/registration.ts';
import { parseRegistration, type RegistrationDefaults, refuseRegistration } from '../registry/registration-json.ts';
import type { IdentifierRegistry } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';
import { hasIdempotencyKey, idempotencyClaimOf } from './idempotency.ts';
import { resultJson } from './identifiers.ts';
import { parseJson, textOfBody } from './request-json.ts';
import { queryChecker, REGISTER_QUERY } from './schemas.ts';

const registerQuery = queryChecker(REGISTER_QUERY);

/** Registrations with the place of each: `/3` in an array, `line 4` in lines. */
interface Items {
  readonly registrations: readonly Registration[];
  readonly places: readonly string[];
}

export function registerIdentifierBatch(scope: FastifyInstance, identifiers: IdentifierRegistry): void {
  scope.addContentTypeParser('application/x-ndjson', { parseAs: 'buffer' }, (request, body, done) => {
    if (hasIdempotencyKey(request)) request.rawBody = body as Buffer;
    done(null, body);
  });

  scope.post('/v1/identifiers', async (request, reply) => {
    const { mode = 'upsert', dryRun = false } = registerQuery.check(request.query);
    const isLines = Buffer.isBuffer(request.body);
    const items = isLines ? readLines(request.body as Buffer, { mode }) : readArray(request, { mode });
    const { results, repeated } = await identifiers.register(actorOf(request), items.registrations, {
      dryRun,
      idempotency: idempotencyClaimOf(request),
    });
    request.itemDenial = results.find(isDenied)?.error ?? null;
    if (repeated) reply.header('Idempotency-Replayed', 'true');
    const shown = results.map((result, i) => itemJson(result, items.places[i] ?? ''));
    if (!isLines) return { results: shown, counts: countsOf(results) };
    reply.type('application/x-ndjson; charset=utf-8');
    return shown.map((line) => `${JSON.stringify(line)}\n`).join('');
  });
}

function readArray(request: FastifyRequest, defaults: RegistrationDefaults): Items {
  const { body } = request;
  if (!Array.isArray(body)) {
    throw new HandleError(
      'INVALID_REQUEST',
      'Send a JSON array of registrations, or one a line as application/x-ndjson.',
    );
  }
  assertNotTooMany(body.length);
  return {
    registrations: body.map((item, i) => parseRegistration(item, `/${i}`, defaults)),
    places: body.map((_item, i) => `/${i}`),
  };
}

function readLines(body: Buffer, defaults: RegistrationDefaults): Items {
  const registrations: Registration[] = [];
  const places: string[] = [];
  let number = 0;
  for (const line of textOfBody(body).split('\n')) {
    number += 1;
    if (line.trim() === '') continue;
    assertNotTooMany(registrations.length + 1);
    registrations.push(readLine(line, number, defaults));
    places.push(`line ${number}`);
  }
  return { registrations, places };
}

function readLine(line: string, number: number, defaults: RegistrationDefaults): Registration {
  let item: unknown;
  try {
    item = parseJson(line, number);
  } catch (error) {
    if (!isHandleError(error)) throw error;
    return refuseRegistration('', error);
  }
  return parseRegistration(item, `line ${number} `, defaults);
}

function assertNotTooMany(count: number): void {
  if (count <= MAX_BATCH_ITEMS) return;
  throw new HandleError('PAYLOAD_TOO_LARGE', `Send at most ${MAX_BATCH_ITEMS} registrations a call: split the batch.`);
}

function isDenied(result: RegistrationResult): result is Extract<RegistrationResult, { ok: false }> {
  return !result.ok && result.error.code === 'FORBIDDEN';
}

function itemJson(result: RegistrationResult, place: string): object {
  if (result.ok) return resultJson(result);
  const { code, message, at } = result.error;
  // What was refused by the registry has a place in the call, though not inside its item.
  return { handle: result.handle, outcome: 'refused', code, detail: message, at: (at ?? place).trim() };
}

function countsOf(results: readonly RegistrationResult[]): Record<RegistrationOutcome, number> {
  const counts = { created: 0, updated: 0, unchanged: 0, revoked: 0, deleted: 0, refused: 0 };
  for (const result of results) counts[result.ok ? result.outcome : 'refused'] += 1;
  return counts;
}
