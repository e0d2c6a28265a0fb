// What each error code becomes at the HTTP doors: one table for problem documents (RFC 9457), one for the Handle API.
// A new code does not compile until both say what it means.

import { type ErrorCode, failureOf, HandleError } from '../domain/error.ts';

interface ProblemRow {
  readonly status: number;
  readonly title: string;
}

export const PROBLEMS = {
  INVALID_HANDLE: { status: 400, title: 'Not a handle' },
  INVALID_PREFIX: { status: 400, title: 'Not a prefix' },
  INVALID_VALUE: { status: 400, title: 'Invalid handle value' },
  INVALID_REQUEST: { status: 400, title: 'Malformed request' },
  MALFORMED_MESSAGE: { status: 400, title: 'Malformed message' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported media type' },
  UNSUPPORTED_METHOD: { status: 405, title: 'Method not allowed' },
  UNAUTHENTICATED: { status: 401, title: 'Key needed' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  INSUFFICIENT_PERMISSIONS: { status: 403, title: 'Permission missing' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  REVOKED: { status: 410, title: 'Revoked' },
  NOT_RESPONSIBLE: { status: 404, title: 'Prefix not homed here' },
  ALREADY_EXISTS: { status: 409, title: 'Already exists' },
  VALUE_EXISTS: { status: 409, title: 'Value exists' },
  VALUES_NOT_FOUND: { status: 404, title: 'No such value' },
  REVISION_CONFLICT: { status: 412, title: 'Changed meanwhile' },
  INVALID_PARENT: { status: 422, title: 'Invalid parent' },
  LOT_OVERLAP: { status: 409, title: 'Lots overlap' },
  INVALID_LOT_CODE: { status: 422, title: 'Not a code of the lot' },
  INVALID_TEMPLATE: { status: 422, title: 'Invalid template' },
  INVALID_STATE: { status: 409, title: 'State does not allow it' },
  IDEMPOTENCY_MISMATCH: { status: 422, title: 'Idempotency key used with another body' },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, title: 'Same request in progress' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  OVERLOADED: { status: 503, title: 'Overloaded' },
  UPSTREAM_UNAVAILABLE: { status: 502, title: 'Could not find out' },
  STORE_READ_ONLY: { status: 503, title: 'Writing suspended' },
  STORE_UNAVAILABLE: { status: 503, title: 'Store unavailable' },
  LOT_KEY_MISSING: { status: 503, title: 'Lot key missing' },
  STORE_FORMAT: { status: 500, title: 'Store unreadable' },
  INVALID_CONFIG: { status: 500, title: 'Misconfigured' },
  INTERNAL: { status: 500, title: 'Internal error' },
} as const satisfies Record<ErrorCode, ProblemRow>;

interface HandleApiRow {
  readonly responseCode: number;
  readonly status: number;
  /** The reference server's fixed text; `own`: the error's own message; null: no message member. */
  readonly message: string | null;
}

/** Response codes and statuses of the reference Handle server (HSv9 HTTP JSON API), over plain HTTP. */
export const HANDLE_API_ERRORS = {
  INVALID_HANDLE: { responseCode: 102, status: 400, message: 'own' },
  INVALID_PREFIX: { responseCode: 102, status: 400, message: 'own' },
  INVALID_VALUE: { responseCode: 202, status: 400, message: 'own' },
  INVALID_REQUEST: { responseCode: 4, status: 400, message: 'own' },
  MALFORMED_MESSAGE: { responseCode: 4, status: 400, message: 'own' },
  PAYLOAD_TOO_LARGE: { responseCode: 4, status: 413, message: 'own' },
  UNSUPPORTED_MEDIA_TYPE: { responseCode: 4, status: 400, message: 'own' },
  UNSUPPORTED_METHOD: { responseCode: 4, status: 501, message: 'own' },
  UNAUTHENTICATED: { responseCode: 402, status: 403, message: null },
  FORBIDDEN: { responseCode: 400, status: 403, message: null },
  INSUFFICIENT_PERMISSIONS: { responseCode: 401, status: 403, message: 'own' },
  NOT_FOUND: { responseCode: 100, status: 404, message: null },
  REVOKED: { responseCode: 100, status: 404, message: null },
  NOT_RESPONSIBLE: { responseCode: 301, status: 400, message: "That prefix doesn't live here" },
  ALREADY_EXISTS: { responseCode: 101, status: 409, message: null },
  VALUE_EXISTS: { responseCode: 201, status: 409, message: 'own' },
  VALUES_NOT_FOUND: { responseCode: 200, status: 400, message: null },
  REVISION_CONFLICT: { responseCode: 3, status: 503, message: 'own' },
  INVALID_PARENT: { responseCode: 202, status: 400, message: 'own' },
  LOT_OVERLAP: { responseCode: 101, status: 409, message: 'own' },
  INVALID_LOT_CODE: { responseCode: 102, status: 400, message: 'own' },
  INVALID_TEMPLATE: { responseCode: 202, status: 400, message: 'own' },
  INVALID_STATE: { responseCode: 401, status: 403, message: 'own' },
  IDEMPOTENCY_MISMATCH: { responseCode: 4, status: 400, message: 'own' },
  IDEMPOTENCY_IN_PROGRESS: { responseCode: 3, status: 503, message: 'own' },
  RATE_LIMITED: { responseCode: 3, status: 429, message: 'own' },
  OVERLOADED: { responseCode: 3, status: 503, message: 'own' },
  UPSTREAM_UNAVAILABLE: { responseCode: 2, status: 502, message: 'own' },
  STORE_READ_ONLY: { responseCode: 7, status: 503, message: 'own' },
  STORE_UNAVAILABLE: { responseCode: 2, status: 503, message: 'own' },
  LOT_KEY_MISSING: { responseCode: 2, status: 503, message: 'own' },
  STORE_FORMAT: { responseCode: 2, status: 500, message: 'own' },
  INVALID_CONFIG: { responseCode: 2, status: 500, message: 'own' },
  INTERNAL: { responseCode: 2, status: 500, message: 'own' },
} as const satisfies Record<ErrorCode, HandleApiRow>;

/** Seconds after which an overloaded or unavailable node is worth another try. */
const RETRY_AFTER_SECONDS = 1;

/** Seconds for `Retry-After`: the error's own, a default where trying again can help, else null. */
export function retryAfterOf(error: HandleError): number | null {
  if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds;
  const { status } = PROBLEMS[error.code];
  return status === 503 || status === 502 || status === 429 ? RETRY_AFTER_SECONDS : null;
}

export function messageForHandleApi(error: HandleError): string | null {
  const { message } = HANDLE_API_ERRORS[error.code];
  return message === 'own' ? error.message : message;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly at?: string;
  readonly requestId: string;
}

export function problemOf(error: HandleError, requestId: string): Problem {
  const { status, title } = PROBLEMS[error.code];
  return {
    type: typeOfProblem(error.code),
    title,
    status,
    detail: error.message,
    code: error.code,
    ...(error.at === undefined ? {} : { at: error.at }),
    requestId,
  };
}

export function typeOfProblem(code: ErrorCode): string {
  return `urn:jiabiao:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

/** Failures the web framework names, in our words. */
const FRAMEWORK_CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The body is larger than this node takes: send it in parts.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'UNSUPPORTED_MEDIA_TYPE',
    'Content-Type must be application/json, or application/x-ndjson where batches are taken.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'INVALID_REQUEST',
    'The body is shorter or longer than Content-Length says: send exactly that many bytes.',
  ],
  FST_ERR_BAD_URL: [
    'INVALID_HANDLE',
    'The path is not percent-encoded UTF-8: write each byte of the handle that is not ASCII as %XX, and "%" as %25.',
  ],
};

/** Any thrown thing as a `HandleError`, failures of the framework in our words. */
export function asHandleError(thrown: unknown): HandleError {
  const known = FRAMEWORK_CODES[(thrown as { code?: string } | null)?.code ?? ''];
  return known === undefined ? failureOf(thrown) : new HandleError(known[0], known[1], { cause: thrown });
}
