// Errors on their way between threads, where they lose their class: taken apart on one side, put together on the other. Pure.

import { type ErrorCode, type ErrorDetails, failureOf, HandleError, isHandleError } from './error.ts';

/** Can be cloned, and is JSON. */
export interface ErrorParts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Omit<ErrorDetails, 'cause'>;
  /** What the cause says of itself; null without one. */
  readonly cause: string | null;
}

/** Of any thrown thing: what is no `HandleError` is a defect of the node. */
export function partsOf(thrown: unknown): ErrorParts {
  const { code, message, at, retryAfterSeconds, principalId, zh, cause } = isHandleError(thrown)
    ? thrown
    : failureOf(thrown);
  const details = {
    ...(at === undefined ? {} : { at }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(principalId === undefined ? {} : { principalId }),
    ...(zh === undefined ? {} : { zh }),
  };
  return { code, message, details, cause: cause === undefined ? null : String(cause) };
}

export function errorOf({ code, message, details, cause }: ErrorParts): HandleError {
  return new HandleError(code, message, cause === null ? details : { ...details, cause: new Error(cause) });
}
