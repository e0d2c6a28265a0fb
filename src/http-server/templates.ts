// `/v1/templates`: templates over HTTP. What a template may say, and who may put it, is the registry's to judge.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { Template } from '../domain/template.ts';
import type { PutTemplate, TemplateMoment, TemplateResult } from '../registry/registry.ts';
import { formatTemplate, parseTemplate } from '../registry/template-json.ts';
import { isJsonObject, type JsonObject } from '../wire/json-input.ts';
import { actorOf } from './authentication.ts';
import { revisionFromIfMatch, revisionTag } from './entity-tags.ts';
import type { HttpServerOptions } from './http-server.ts';
import { idempotencyClaimOf } from './idempotency.ts';
import { formatMilliseconds, parsePastInstant } from './instants.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import { pathText } from './percent-decoding.ts';
import { bodyChecker, queryChecker } from './schemas.ts';
import { ELEMENTS_TO_DISABLE, TEMPLATE_QUERY, TEMPLATES_QUERY } from './schemas-templates.ts';

const TEMPLATES = '/v1/templates/';
const DISABLE = '/disable';

const listQuery = queryChecker(TEMPLATES_QUERY);
const readQuery = queryChecker(TEMPLATE_QUERY);
const toDisable = bodyChecker(ELEMENTS_TO_DISABLE);

export function registerTemplates(
  scope: FastifyInstance,
  { templates, clock }: Pick<HttpServerOptions, 'templates' | 'clock'>,
): void {
  scope.get('/v1/templates', async (request) => {
    const { prefix = null, after = null, limit = DEFAULT_PAGE_SIZE } = listQuery.check(request.query);
    const found = await templates.list(actorOf(request), prefix, after, limit);
    return pageOf(found, limit, ({ handle }) => handle, summaryJson);
  });

  scope.post('/v1/templates', async (request, reply) => {
    const { handle, content } = contentOf(request);
    if (typeof handle !== 'string') {
      throw new HandleError(
        'INVALID_REQUEST',
        'Name the handle of the template: add "handle", such as "88.118.10001/META_CHAIR".',
        { at: '/handle' },
      );
    }
    return put(request, reply, { handle, content, mode: 'create' });
  });

  scope.get(`${TEMPLATES}*`, async (request, reply) => {
    const template = await templates.read(actorOf(request), handleIn(request), momentOf(request, clock()));
    reply.header('ETag', revisionTag(template.revision));
    return templateJson(template);
  });

  scope.put(`${TEMPLATES}*`, async (request, reply) => {
    const named = handleIn(request);
    const { handle, content } = contentOf(request);
    if (handle !== undefined && handle !== named) {
      throw new HandleError('INVALID_REQUEST', `The path says ${named}: say the same here, or nothing.`, {
        at: '/handle',
      });
    }
    return put(request, reply, { handle: named, content, mode: 'upsert' });
  });

  scope.post(`${TEMPLATES}*`, async (request, reply) => {
    const named = handleIn(request);
    if (!named.endsWith(DISABLE)) {
      throw new HandleError(
        'NOT_FOUND',
        'What is posted here are elements to disable: add /disable behind the handle.',
      );
    }
    const { elements } = toDisable.check(request.body);
    const handle = named.slice(0, -DISABLE.length);
    return told(reply, await templates.disable(actorOf(request), handle, elements, conditionsOf(request)));
  });

  const put = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { handle, content, mode }: Pick<PutTemplate, 'handle' | 'mode'> & { content: JsonObject },
  ): Promise<object> => {
    const draft = parseTemplate(content, '');
    return told(reply, await templates.put(actorOf(request), { handle, draft, mode, ...conditionsOf(request) }));
  };
}

function momentOf({ query }: FastifyRequest, nowMs: number): TemplateMoment | null {
  const { version, at } = readQuery.check(query);
  if (version !== undefined && at !== undefined) {
    throw new HandleError('INVALID_REQUEST', 'A version has its number or its instant: give one of the two.', {
      at: 'query',
    });
  }
  if (version !== undefined) return { version };
  return at === undefined ? null : { atMs: parsePastInstant(at, 'query/at', nowMs) };
}

function handleIn(request: FastifyRequest): string {
  return pathText(request.url, TEMPLATES.length);
}

function conditionsOf(request: FastifyRequest): Pick<PutTemplate, 'ifMatch' | 'idempotency'> {
  const ifMatch = revisionFromIfMatch(request.headers['if-match']);
  return { ifMatch, idempotency: idempotencyClaimOf(request) };
}

/** What was read can be sent back: the stamps of a version are taken and ignored. */
function contentOf({ body }: FastifyRequest): { readonly handle: unknown; readonly content: JsonObject } {
  if (!isJsonObject(body)) {
    throw new HandleError('INVALID_REQUEST', 'The body must be a JSON object: the template.', { at: '' });
  }
  const { handle, version: _v, createdAt: _c, updatedAt: _u, ...content } = body;
  return { handle, content };
}

function told(reply: FastifyReply, { template, outcome, repeated }: TemplateResult): object {
  if (repeated) reply.header('Idempotency-Replayed', 'true');
  reply.code(outcome === 'created' ? 201 : 200).header('ETag', revisionTag(template.revision));
  if (outcome === 'created') reply.header('Location', `${TEMPLATES}${encodeURIComponent(template.handle)}`);
  return templateJson(template);
}

function templateJson(template: Template): object {
  return { handle: template.handle, ...formatTemplate(template), ...stampsOf(template) };
}

function summaryJson(template: Template): object {
  const { handle, name, industry, carrier, isOpen, elements } = template;
  return { handle, name, industry, carrier, isOpen, elements: elements.length, ...stampsOf(template) };
}

function stampsOf({ revision, createdAt, updatedAt }: Template): object {
  return { version: revision, createdAt: formatMilliseconds(createdAt), updatedAt: formatMilliseconds(updatedAt) };
}
