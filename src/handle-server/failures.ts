// What each error code becomes at the Handle protocol's doors. A new code does not compile until this says what it means.

import { bytesFromText, EMPTY_BYTES } from '../domain/bytes.ts';
import type { ErrorCode, HandleError } from '../domain/error.ts';
import { RESPONSE } from '../wire/protocol.ts';
import type { Outcome } from './outcome.ts';

interface FailureRow {
  readonly code: number;
  /** The reference server's fixed text; `own`: the error's own message; null for an empty one. */
  readonly message: string | null;
}

const FAILURES = {
  INVALID_HANDLE: { code: RESPONSE.invalidHandle, message: 'own' },
  INVALID_PREFIX: { code: RESPONSE.invalidHandle, message: 'own' },
  INVALID_VALUE: { code: RESPONSE.invalidValue, message: 'own' },
  INVALID_REQUEST: { code: RESPONSE.protocolError, message: 'own' },
  MALFORMED_MESSAGE: { code: RESPONSE.protocolError, message: 'own' },
  PAYLOAD_TOO_LARGE: { code: RESPONSE.protocolError, message: 'own' },
  UNSUPPORTED_MEDIA_TYPE: { code: RESPONSE.protocolError, message: 'own' },
  UNSUPPORTED_METHOD: { code: RESPONSE.notSupported, message: 'own' },
  // Whoever has shown nothing is challenged before this; here is who has shown what is wrong.
  UNAUTHENTICATED: { code: RESPONSE.authenticationFailed, message: null },
  FORBIDDEN: { code: RESPONSE.invalidAdmin, message: null },
  INSUFFICIENT_PERMISSIONS: { code: RESPONSE.insufficientPermissions, message: 'own' },
  NOT_FOUND: { code: RESPONSE.handleNotFound, message: null },
  REVOKED: { code: RESPONSE.handleNotFound, message: null },
  NOT_RESPONSIBLE: { code: RESPONSE.notResponsible, message: "That prefix doesn't live here" },
  ALREADY_EXISTS: { code: RESPONSE.handleExists, message: null },
  VALUE_EXISTS: { code: RESPONSE.valueExists, message: 'own' },
  VALUES_NOT_FOUND: { code: RESPONSE.valuesNotFound, message: null },
  REVISION_CONFLICT: { code: RESPONSE.tooBusy, message: 'own' },
  INVALID_LOT_CODE: { code: RESPONSE.invalidHandle, message: 'own' },
  LOT_OVERLAP: { code: RESPONSE.handleExists, message: 'own' },
  LOT_KEY_MISSING: { code: RESPONSE.error, message: 'own' },
  INVALID_TEMPLATE: { code: RESPONSE.invalidValue, message: 'own' },
  UPSTREAM_UNAVAILABLE: { code: RESPONSE.error, message: 'own' },
  INVALID_PARENT: { code: RESPONSE.invalidValue, message: 'own' },
  INVALID_STATE: { code: RESPONSE.insufficientPermissions, message: 'own' },
  IDEMPOTENCY_MISMATCH: { code: RESPONSE.protocolError, message: 'own' },
  IDEMPOTENCY_IN_PROGRESS: { code: RESPONSE.tooBusy, message: 'own' },
  RATE_LIMITED: { code: RESPONSE.tooBusy, message: 'own' },
  OVERLOADED: { code: RESPONSE.tooBusy, message: 'own' },
  STORE_READ_ONLY: { code: RESPONSE.maintenance, message: 'own' },
  STORE_UNAVAILABLE: { code: RESPONSE.error, message: 'own' },
  STORE_FORMAT: { code: RESPONSE.error, message: 'own' },
  INVALID_CONFIG: { code: RESPONSE.error, message: 'own' },
  INTERNAL: { code: RESPONSE.error, message: 'own' },
} as const satisfies Record<ErrorCode, FailureRow>;

export function failed(error: HandleError): Outcome {
  const { code, message } = FAILURES[error.code];
  return refusal(code, message === 'own' ? error.message : (message ?? ''));
}

/** An error of the protocol, or an answer that has no values. */
export function refusal(code: number, message = '', sessionId = 0): Outcome {
  const content = { kind: 'failure', message: message === '' ? EMPTY_BYTES : bytesFromText(message) } as const;
  return { code, content: { ...content, indexes: null }, flags: 0, isPrivate: false, sessionId };
}
