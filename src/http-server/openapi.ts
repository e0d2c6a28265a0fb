// Puts the description of the HTTP door together: OpenAPI 3.1 from the operations and from the schemas that check
// requests. It is loaded when somebody asks for it, so that a worker that resolves does not carry it.

import { CACHE_OPERATIONS } from './describe-cache.ts';
import { DIRECTORY_OPERATIONS } from './describe-directory.ts';
import { HANDLE_ADMIN_OPERATIONS } from './describe-handle-admin.ts';
import { HANDLE_SESSION_OPERATIONS } from './describe-handle-sessions.ts';
import { IDENTIFIER_OPERATIONS } from './describe-identifiers.ts';
import { IMPORT_OPERATIONS } from './describe-imports.ts';
import { LOT_OPERATIONS } from './describe-lots.ts';
import { PRESERVED_OPERATIONS } from './describe-preserved.ts';
import { RECALL_OPERATIONS } from './describe-recalls.ts';
import { RECORDS_OPERATIONS } from './describe-records.ts';
import { RESOLUTION_OPERATIONS } from './describe-resolution.ts';
import { SEARCH_OPERATIONS } from './describe-search.ts';
import { SERVICE_OPERATIONS } from './describe-service.ts';
import { TEMPLATE_OPERATIONS } from './describe-templates.ts';
import { failuresOf } from './openapi-failures.ts';
import { REQUEST_HEADERS, RESPONSE_HEADERS } from './openapi-headers.ts';
import { type Answer, type Contents, type Operation, type QuerySchema, type Schema, TAGS } from './operation.ts';
import * as answers from './schemas-answers.ts';
import { CHANGES, HISTORY } from './schemas-changes.ts';
import { IMPORT_JOB } from './schemas-imports.ts';
import { LOT, NEW_LOT } from './schemas-lots.ts';
import { NEW_VALUE, REGISTRATION, REGISTRATION_ITEM, REGISTRATION_PATCH } from './schemas-registration.ts';
import { NEW_TEMPLATE, TEMPLATE, TEMPLATE_ELEMENT } from './schemas-templates.ts';
import { HANDLE_VALUE } from './schemas-values.ts';

/** Every operation, in the order in which the description shows them. */
export const OPERATIONS: readonly Operation[] = [
  ...RESOLUTION_OPERATIONS,
  ...IDENTIFIER_OPERATIONS,
  ...RECALL_OPERATIONS,
  ...SEARCH_OPERATIONS,
  ...HANDLE_ADMIN_OPERATIONS,
  ...HANDLE_SESSION_OPERATIONS,
  ...LOT_OPERATIONS,
  ...TEMPLATE_OPERATIONS,
  ...DIRECTORY_OPERATIONS,
  ...RECORDS_OPERATIONS,
  ...PRESERVED_OPERATIONS,
  ...IMPORT_OPERATIONS,
  ...CACHE_OPERATIONS,
  ...SERVICE_OPERATIONS,
];

/** Schemas that have a name; where they are used stands a reference. */
const NAMED: Readonly<Record<string, Schema>> = {
  Problem: answers.PROBLEM,
  HandleAnswer: answers.HANDLE_ANSWER,
  ResolvedItem: answers.RESOLVED_ITEM,
  HandleValue: HANDLE_VALUE,
  Record: answers.RECORD,
  History: HISTORY,
  Outcome: answers.OUTCOME,
  ItemOutcome: answers.ITEM_OUTCOME,
  Lot: LOT,
  NewLot: NEW_LOT,
  Template: TEMPLATE,
  NewTemplate: NEW_TEMPLATE,
  TemplateElement: TEMPLATE_ELEMENT,
  Enterprise: answers.ENTERPRISE,
  Principal: answers.PRINCIPAL,
  AccessKey: answers.ACCESS_KEY,
  IssuedKey: answers.ISSUED_KEY,
  Changes: CHANGES,
  Import: IMPORT_JOB,
  AuditLine: answers.AUDIT_LINE,
  NewValue: NEW_VALUE,
  Registration: REGISTRATION,
  RegistrationPatch: REGISTRATION_PATCH,
  RegistrationItem: REGISTRATION_ITEM,
};

const DESCRIPTION = `A secondary node of the industrial-internet identifier resolution system.

Resolving needs no key. Everything below \`/v1\` but \`/v1/resolve\` needs one: \`Authorization: Bearer jb_…\`. A handle in a path is
percent-encoded; its slash may stand as it is. Failures are problem documents (RFC 9457) whose \`detail\` says how to mend them; below
\`/api\` they are the reference Handle server's JSON.`;

export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const item = paths[operation.path] ?? {};
    paths[operation.path] = { ...item, [operation.method]: operationObject(operation) };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Jiabiao 家标',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key of a principal: jb_… (POST /v1/keys makes them).' },
        secret: {
          type: 'http',
          scheme: 'basic',
          description: 'Over TLS: `index%3Ahandle` of an HS_SECKEY value, and its secret.',
        },
      },
    },
  };
  const named = new Map(Object.entries(NAMED).map(([name, schema]) => [schema, name]));
  const schemas = Object.fromEntries(
    Object.entries(NAMED).map(([name, schema]) => [name, withReferences({ ...schema }, named)]),
  );
  const { components, ...rest } = withReferences(document, named) as typeof document;
  return { ...rest, components: { ...components, schemas } };
}

const SECURITY = { open: [], optional: [{}, { key: [] }], key: [{ key: [] }] } as const satisfies Record<
  Operation['access'],
  unknown
>;

function operationObject(operation: Operation): object {
  const { id, tag, summary, description, access, body, failures } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: [...SECURITY[access], ...(failures === 'handle-api' ? [{ secret: [] }] : [])],
    parameters: parametersOf(operation),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: responsesOf(operation),
  };
}

function parametersOf({ path, pathExamples = {}, query, headers = [] }: Operation): object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    example: pathExamples[name],
  }));
  return [...inPath, ...(query === undefined ? [] : queryParameters(query)), ...headers.map(headerParameter)];
}

function queryParameters({ properties, required = [] }: QuerySchema): object[] {
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { readonly description?: string };
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function headerParameter(name: string): object {
  const header = REQUEST_HEADERS[name];
  if (header === undefined) throw new Error(`The request header ${name} is not described.`);
  const { description, example } = header;
  return { name, in: 'header', description, schema: { type: 'string' }, example };
}

function responsesOf(operation: Operation): object {
  const responses = new Map<string, Answer>(Object.entries(operation.answers));
  for (const [status, failure] of failuresOf(operation)) {
    const answer = responses.get(status);
    if (answer === undefined) responses.set(status, failure);
    else responses.set(status, { ...answer, content: together(failure.content, answer.content) });
  }
  return Object.fromEntries([...responses].map(([status, answer]) => [status, responseObject(answer)]));
}

function together(...contents: readonly (Contents | undefined)[]): Contents {
  return Object.assign({}, ...contents) as Contents;
}

function responseObject({ description, content, headers = [] }: Answer): object {
  const described = ['X-Request-Id', ...headers].map((name) => {
    const text = RESPONSE_HEADERS[name];
    if (text === undefined) throw new Error(`The response header ${name} is not described.`);
    return [name, { description: text, schema: { type: 'string' } }] as const;
  });
  return { description, headers: Object.fromEntries(described), ...(content === undefined ? {} : { content }) };
}

/** A copy in which every named schema, wherever it stands, is a reference. */
function withReferences(value: unknown, named: ReadonlyMap<unknown, string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const name = named.get(value);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  if (Array.isArray(value)) return value.map((one) => withReferences(one, named));
  return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, withReferences(one, named)]));
}
