// Every error code by name, as a label of metrics: a code that is missing here does not compile. It decides nothing.

import type { ErrorCode } from '../domain/error.ts';

const CODES = {
  INVALID_HANDLE: true,
  INVALID_PREFIX: true,
  INVALID_VALUE: true,
  INVALID_REQUEST: true,
  MALFORMED_MESSAGE: true,
  PAYLOAD_TOO_LARGE: true,
  UNSUPPORTED_MEDIA_TYPE: true,
  UNSUPPORTED_METHOD: true,
  UNAUTHENTICATED: true,
  FORBIDDEN: true,
  INSUFFICIENT_PERMISSIONS: true,
  NOT_FOUND: true,
  REVOKED: true,
  NOT_RESPONSIBLE: true,
  ALREADY_EXISTS: true,
  VALUE_EXISTS: true,
  VALUES_NOT_FOUND: true,
  REVISION_CONFLICT: true,
  INVALID_PARENT: true,
  LOT_OVERLAP: true,
  INVALID_LOT_CODE: true,
  INVALID_TEMPLATE: true,
  INVALID_STATE: true,
  IDEMPOTENCY_MISMATCH: true,
  IDEMPOTENCY_IN_PROGRESS: true,
  RATE_LIMITED: true,
  OVERLOADED: true,
  UPSTREAM_UNAVAILABLE: true,
  STORE_READ_ONLY: true,
  STORE_UNAVAILABLE: true,
  LOT_KEY_MISSING: true,
  STORE_FORMAT: true,
  INVALID_CONFIG: true,
  INTERNAL: true,
} as const satisfies Record<ErrorCode, true>;

export const ERROR_CODES = Object.keys(CODES) as ErrorCode[];
