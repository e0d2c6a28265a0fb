// The one error class and its closed set of codes. What a code becomes at a door stands in that door's own table.

/** Every failure the node can name. A door that has no row for a code does not compile. */
export type ErrorCode =
  // the asker's input
  | 'INVALID_HANDLE' // the text is no handle
  | 'INVALID_PREFIX' // the text is no prefix
  | 'INVALID_VALUE' // a value, or the set of values, breaks a rule
  | 'INVALID_REQUEST' // body, query or header is malformed
  | 'MALFORMED_MESSAGE' // bytes that are no message of the Handle protocol
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNSUPPORTED_METHOD'
  // who asks
  | 'UNAUTHENTICATED' // no key, or one that is unknown, expired or revoked
  | 'FORBIDDEN' // a good key that may not do this
  | 'INSUFFICIENT_PERMISSIONS' // an administrator of the handle, but not for this
  // what is asked for
  | 'NOT_FOUND' // a handle, enterprise, key or route that does not exist
  | 'REVOKED' // the handle is revoked, its tombstone answers
  | 'NOT_RESPONSIBLE' // the prefix is not homed here
  // the state of things
  | 'ALREADY_EXISTS'
  | 'VALUE_EXISTS' // a value of that index is there, and was not to be replaced
  | 'VALUES_NOT_FOUND' // the record has no value of an index that was named
  | 'REVISION_CONFLICT' // If-Match names another revision, or others kept changing the record
  | 'INVALID_PARENT' // the parent is missing, foreign, too deep or a descendant
  | 'LOT_OVERLAP' // the range takes room that another lot has
  | 'INVALID_LOT_CODE' // within a lot, and none of its codes
  | 'INVALID_TEMPLATE' // the template is missing, or is another enterprise's
  | 'INVALID_STATE' // the enterprise or record is in a state that does not allow it
  | 'IDEMPOTENCY_MISMATCH' // the key was used with another body
  | 'IDEMPOTENCY_IN_PROGRESS' // the same request is being carried out
  // could not find out, could not do
  | 'RATE_LIMITED'
  | 'OVERLOADED' // too many in flight; try again
  | 'UPSTREAM_UNAVAILABLE' // who answers for the handle elsewhere could not be asked, or said nothing that counts
  | 'STORE_READ_ONLY' // disk full or not writable: resolving goes on, writing does not
  | 'STORE_UNAVAILABLE'
  | 'LOT_KEY_MISSING' // the key that opens the secrets of lots is not at hand
  | 'STORE_FORMAT' // the store file is corrupt, foreign or newer
  | 'INVALID_CONFIG'
  | 'INTERNAL';

/** A message for people who read Chinese and people who read English: what manufacturers are told of their files. */
export interface Saying {
  readonly zh: string;
  readonly en: string;
}

export interface ErrorDetails {
  readonly cause?: unknown;
  /** Where in the input: a JSON pointer, or `line 3, column 7`. */
  readonly at?: string;
  readonly retryAfterSeconds?: number;
  /** The message in Chinese, where manufacturers read it: in what an import says of their files. */
  readonly zh?: string | undefined;
  /** Whose key it was that did not open; for the audit trail alone, never for the asker. */
  readonly principalId?: string;
}

/** A failure with a code. `message` says what is wrong and how to mend it, and never quotes a secret. */
export class HandleError extends Error {
  override readonly name = 'HandleError';
  readonly code: ErrorCode;
  readonly at: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly principalId: string | undefined;
  readonly zh: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.at = details.at;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.principalId = details.principalId;
    this.zh = details.zh;
  }
}

/** For people who read Chinese and people who read English, if it was written for both. */
export function inBothLanguages({ message, zh }: HandleError): string {
  return zh === undefined ? message : `${zh} / ${message}`;
}

export function isHandleError(error: unknown, code?: ErrorCode): error is HandleError {
  return error instanceof HandleError && (code === undefined || error.code === code);
}

const UNAVAILABLE: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_UNAVAILABLE', 'OVERLOADED', 'RATE_LIMITED']);

/** What a stale answer is better than. Defects and bad questions are not hidden by one. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof HandleError && UNAVAILABLE.has(error.code);
}

const DEFECT = 'The node failed to answer; this is its fault. Report the request id to its operator.';

/** Any thrown thing as a `HandleError`. A defect keeps its cause for the log, and its message never leaves the process. */
export function failureOf(thrown: unknown): HandleError {
  if (isHandleError(thrown) && (thrown.code !== 'INTERNAL' || thrown.message === DEFECT)) return thrown;
  return new HandleError('INTERNAL', DEFECT, { cause: thrown });
}
