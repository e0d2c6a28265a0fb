// `/v1/imports`: files taken in as they stream, and how they fare. What is done with them is the imports' own.

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HandleError, isHandleError } from '../domain/error.ts';
import { parseHandle } from '../domain/handle.ts';
import type { ImportService, NewImport } from '../imports/import-service.ts';
import type { JobFormat } from '../imports/job.ts';
import { actorOf } from './authentication.ts';
import type { ImportEvents } from './import-events.ts';
import { jobJson } from './import-json.ts';
import { allowLongUpload } from './limited-server.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import { parseJson } from './request-json.ts';
import { PAGE_QUERY, queryChecker } from './schemas.ts';
import { IMPORT_QUERY } from './schemas-imports.ts';

const importQuery = queryChecker(IMPORT_QUERY);
const pageQuery = queryChecker(PAGE_QUERY);

type ById = { Params: { id: string } };

/** What a media type says of the file; of others nothing. */
const FORMATS: Readonly<Record<string, JobFormat>> = {
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};

/** In a scope of its own, whose bodies are not read but streamed. */
export function registerImportUpload(scope: FastifyInstance, imports: ImportService): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  scope.post('/v1/imports', async (request, reply) => {
    // Until the job stands: then the rest of a body that is not wanted is not read.
    reply.header('Connection', 'close');
    const asked = askedOf(request);
    const body = request.body as IncomingMessage | undefined;
    if (body === undefined) {
      throw new HandleError('INVALID_REQUEST', 'Send the file as the body: NDJSON, CSV or a workbook (XLSX).');
    }
    allowLongUpload(request.raw.socket);
    const chunks = withoutReset(body);
    const job = await imports.submit(actorOf(request), asked, { chunks, declaredBytes: lengthOf(request) });
    reply.removeHeader('Connection');
    reply.code(202).header('Location', `/v1/imports/${job.id}`);
    return jobJson(job);
  });
}

export interface ImportOptions {
  readonly imports: ImportService;
  readonly importEvents: ImportEvents;
}

export function registerImports(scope: FastifyInstance, { imports, importEvents }: ImportOptions): void {
  scope.get('/v1/imports', async (request) => {
    const { after = null, limit = DEFAULT_PAGE_SIZE } = pageQuery.check(request.query);
    return pageOf(imports.list(actorOf(request), after, limit), limit, ({ id }) => id, jobJson);
  });

  scope.get<ById>('/v1/imports/:id', async (request, reply) => {
    reply.header('Cache-Control', 'private, no-store');
    return jobJson(imports.read(actorOf(request), request.params.id));
  });

  scope.get<ById>('/v1/imports/:id/events', (request, reply) => importEvents.open(request, reply, request.params.id));

  scope.get<ById>('/v1/imports/:id/report', async (request, reply) => {
    const { id } = request.params;
    const report = imports.report(actorOf(request), id);
    reply.type('text/csv; charset=utf-8').header('Content-Disposition', `attachment; filename="import-${id}.csv"`);
    return reply.send(report);
  });

  scope.delete<ById>('/v1/imports/:id', async (request, reply) => {
    reply.code(202);
    return jobJson(imports.cancel(actorOf(request), request.params.id));
  });
}

function askedOf(request: FastifyRequest): NewImport {
  const query = importQuery.check(request.query);
  if (query.mapping !== undefined && query.profile !== undefined) {
    throw new HandleError('INVALID_REQUEST', 'A profile is a mapping: send one of the two.', { at: 'query/mapping' });
  }
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return {
    format: query.format ?? FORMATS[mediaType] ?? null,
    mode: query.mode ?? 'upsert',
    dryRun: query.dryRun ?? false,
    onError: query.onError ?? 'continue',
    profile: query.profile ?? null,
    mapping: query.mapping === undefined ? null : parseJson(query.mapping, 1),
    parent: handleIn(query.parent, 'query/parent'),
    template: handleIn(query.template, 'query/template'),
    sheet: query.sheet ?? null,
    fileName: query.fileName ?? null,
  };
}

/** As it was written; what holds for every row is refused before the file is sent. */
function handleIn(text: string | undefined, at: string): string | null {
  if (text === undefined) return null;
  try {
    parseHandle(text, () => false);
    return text;
  } catch (cause) {
    throw isHandleError(cause) ? new HandleError(cause.code, cause.message, { cause, at }) : cause;
  }
}

function lengthOf({ headers }: FastifyRequest): number | null {
  const length = headers['content-length'];
  return length === undefined ? null : Number(length);
}

/** A connection that breaks off is the sender's half a file, not a defect. */
async function* withoutReset(body: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (cause) {
    const message = 'The file broke off in the middle: send it again; nothing of it was kept.';
    if ((cause as NodeJS.ErrnoException).code === 'ECONNRESET')
      throw new HandleError('INVALID_REQUEST', message, { cause });
    throw cause;
  }
}
