// What doors tell a tracer, if there is one. Its one implementation is app/tracing.ts; without it doors pay nothing.

/** A request that is being traced. */
export interface RequestSpan {
  /** `route` is the pattern. A second call does nothing. */
  end(outcome: { readonly route: string; readonly status: number; readonly principalId: string | null }): void;
}

export interface RequestBegun {
  readonly requestId: string;
  readonly method: string;
  /** `traceparent` and `tracestate` (W3C Trace Context) are looked at. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Returns at once and never throws. */
export interface Tracer {
  /** Null if this request is not traced: whoever sent it decides, or the sample. */
  beginRequest(begun: RequestBegun): RequestSpan | null;
}
