// Why an exchange with another node gave nothing that could be read.

/** `refused-address`: it would have led inside, and nobody was asked. */
export class ExchangeFailed extends Error {
  readonly reason: 'timeout' | 'refused-address' | 'redirects' | 'too-large' | 'network';

  constructor(reason: ExchangeFailed['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/** Of all who were asked in turn; its message names them, and is for the log. */
export class AllFailed extends ExchangeFailed {
  readonly first: ExchangeFailed;

  constructor(first: ExchangeFailed, reason: ExchangeFailed['reason'], message: string) {
    super(reason, message, first);
    this.first = first;
  }
}
