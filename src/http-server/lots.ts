// `/v1/lots`: ranges of serials over HTTP. What a lot may say, and who may register it, is the registry's to judge.

import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { LotCode, LotConditions, LotRegistry, LotResult } from '../registry/lot-registry.ts';
import { actorOf } from './authentication.ts';
import { revisionFromIfMatch, revisionTag } from './entity-tags.ts';
import { idempotencyClaimOf } from './idempotency.ts';
import { lotJson, parseLotPatch, parseNewLot, resultJson } from './lot-json.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import { bodyChecker, queryChecker } from './schemas.ts';
import {
  LOT_CLOSING,
  LOT_CODES_QUERY,
  LOT_EXTENSION,
  LOT_HISTORY_QUERY,
  LOT_REVOCATION,
  LOT_SPLIT,
  LOTS_QUERY,
} from './schemas-lots.ts';

const listQuery = queryChecker(LOTS_QUERY);
const historyQuery = queryChecker(LOT_HISTORY_QUERY);
const codesQuery = queryChecker(LOT_CODES_QUERY);
const extension = bodyChecker(LOT_EXTENSION);
const closing = bodyChecker(LOT_CLOSING);
const revocation = bodyChecker(LOT_REVOCATION);
const split = bodyChecker(LOT_SPLIT);

const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';

type ById = { Params: { id: string } };

export function registerLots(scope: FastifyInstance, lots: LotRegistry): void {
  scope.post('/v1/lots', async (request, reply) =>
    told(reply, await lots.create(actorOf(request), parseNewLot(request.body), idempotencyClaimOf(request))),
  );

  scope.get('/v1/lots', async (request) => {
    const { prefix = null, after = null, limit = DEFAULT_PAGE_SIZE } = listQuery.check(request.query);
    return pageOf(await lots.list(actorOf(request), prefix, after, limit), limit, ({ id }) => id, lotJson);
  });

  scope.get<ById>('/v1/lots/:id', async (request, reply) => {
    const lot = await lots.read(actorOf(request), request.params.id);
    reply.header('ETag', revisionTag(lot.revision));
    return lotJson(lot);
  });

  scope.patch<ById>('/v1/lots/:id', async (request, reply) => {
    const patch = parseLotPatch(request.body);
    return told(reply, await lots.update(actorOf(request), request.params.id, patch, conditionsOf(request)));
  });

  scope.post<ById>('/v1/lots/:id/extend', async (request, reply) => {
    const { to } = extension.check(request.body);
    return told(reply, await lots.extend(actorOf(request), request.params.id, to, conditionsOf(request)));
  });

  scope.post<ById>('/v1/lots/:id/close', async (request, reply) => {
    const { to = null } = closing.check(request.body ?? {});
    return told(reply, await lots.close(actorOf(request), request.params.id, to, conditionsOf(request)));
  });

  scope.post<ById>('/v1/lots/:id/revoke', async (request, reply) => {
    const { reason } = revocation.check(request.body);
    return told(reply, await lots.revoke(actorOf(request), request.params.id, reason, conditionsOf(request)));
  });

  scope.post<ById>('/v1/lots/:id/split', async (request, reply) => {
    const { at } = split.check(request.body);
    return told(reply, await lots.split(actorOf(request), request.params.id, at, conditionsOf(request)));
  });

  scope.get<ById>('/v1/lots/:id/history', async (request) => {
    const { after = 0, limit = DEFAULT_PAGE_SIZE } = historyQuery.check(request.query);
    const states = await lots.history(actorOf(request), request.params.id, after, limit);
    return pageOf(states, limit, ({ revision }) => String(revision), lotJson);
  });

  scope.get<ById>('/v1/lots/:id/codes', async (request, reply) => {
    const { from = null, to = null, format } = codesQuery.check(request.query);
    const { id } = request.params;
    const codes = await lots.codes(actorOf(request), id, { from, to });
    const type = format === undefined ? (new Negotiator(request.raw).mediaType([CSV, NDJSON]) ?? CSV) : typeOf(format);
    const name = `${id.replaceAll(/[^0-9A-Za-z.]/g, '-')}.${type === CSV ? 'csv' : 'ndjson'}`;
    reply
      .type(`${type}; charset=utf-8`)
      .header('Vary', 'Accept')
      .header('Cache-Control', 'private, no-store')
      .header('Content-Disposition', `attachment; filename="${name}"`);
    return reply.send(Readable.from(linesOf(codes, type === CSV), { objectMode: false }));
  });
}

function typeOf(format: 'csv' | 'ndjson'): string {
  return format === 'csv' ? CSV : NDJSON;
}

/** As fast as they are read; others are answered between two pieces. */
async function* linesOf(codes: Iterable<readonly LotCode[]>, isCsv: boolean): AsyncGenerator<string, void, void> {
  if (isCsv) yield 'serial,handle\r\n';
  for (const piece of codes) {
    yield piece.map((code) => (isCsv ? csvLine(code) : `${JSON.stringify(code)}\n`)).join('');
    await turn();
  }
}

/** RFC 4180: a field with a comma or quotation mark stands between such marks. */
function csvLine({ serial, handle }: LotCode): string {
  return `${serial},${/[",]/.test(handle) ? `"${handle.replaceAll('"', '""')}"` : handle}\r\n`;
}

function conditionsOf(request: FastifyRequest): LotConditions {
  return { ifMatch: revisionFromIfMatch(request.headers['if-match']), idempotency: idempotencyClaimOf(request) };
}

function told(reply: FastifyReply, result: LotResult): object {
  const { lot, outcome, repeated } = result;
  if (repeated) reply.header('Idempotency-Replayed', 'true');
  reply.code(outcome === 'created' ? 201 : 200).header('ETag', revisionTag(lot.revision));
  if (outcome === 'created') reply.header('Location', `/v1/lots/${encodeURIComponent(lot.id)}`);
  return resultJson(result);
}
