// Why an exchange with another node gave nothing that could be read.

/** `refused-address`: it would have led inside, and nobody was asked. */
export class ExchangeFailed extends Error {
  readonly reason: 'timeout' | 'refused-address' | 'redirects' | 'too-large' | 'network';

  constructor(reason: ExchangeFailed['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
