// OpenTelemetry traces of one thread: spans for requests at doors and for their commits, sent to a collector over HTTP. Loaded
// only where traces are wanted, as the packages take time and memory.

import { defaultTextMapGetter, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { isHandleError } from '../domain/error.ts';
import type { Tracer } from '../domain/tracer.ts';
import type { Committer, RegistryStore } from '../store/registry-store.ts';

export interface Tracing {
  readonly tracer: Tracer;
  /** The same store, whose commits are spans of the requests they belong to. */
  traceCommits(store: RegistryStore): RegistryStore;
  /** Sends what waits, within the exporter's own patience; a collector that is gone keeps nobody. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly endpoint: string;
  readonly sampleRatio: number;
  readonly version: string;
  /** Tells apart who sends spans. */
  readonly thread: string;
}

/** How long a collector may take. Spans wait in a queue of 2,048 and are dropped beyond it. */
const EXPORT_TIMEOUT_MS = 5000;

export function openTracing({ endpoint, sampleRatio, version, thread }: TracingOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url: endpoint, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'jiabiao',
      'service.version': version,
      'service.instance.id': thread,
    }),
    // Who asks with a trace of its own has decided for us too.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  const spans = provider.getTracer('jiabiao', version);
  const propagator = new W3CTraceContextPropagator();
  /** Requests in flight, by id: how a commit finds the request it belongs to. */
  const inFlight = new Map<string, Span>();

  const beginRequest: Tracer['beginRequest'] = ({ requestId, method, headers }) => {
    const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const attributes = { 'http.request.method': method, 'jiabiao.request.id': requestId };
    const span = spans.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    if (!span.isRecording()) return null;
    inFlight.set(requestId, span);
    return {
      end({ route, status, principalId }) {
        if (inFlight.get(requestId) === span) inFlight.delete(requestId);
        span.updateName(`${method} ${route}`);
        span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
        if (principalId !== null) span.setAttribute('jiabiao.principal.id', principalId);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  };

  const commitOf =
    (store: RegistryStore): Committer['commit'] =>
    (request) => {
      const parent = inFlight.get(request.requestId);
      if (parent === undefined) return store.commit(request);
      const attributes = { 'jiabiao.request.id': request.requestId, 'jiabiao.commit.changes': request.changes.length };
      const span = spans.startSpan('store commit', { attributes }, trace.setSpan(ROOT_CONTEXT, parent));
      return store.commit(request).then(
        (result) => {
          span.end();
          return result;
        },
        (error: unknown) => {
          span.setStatus({ code: SpanStatusCode.ERROR, message: isHandleError(error) ? error.code : 'INTERNAL' });
          span.end();
          throw error;
        },
      );
    };

  return {
    tracer: { beginRequest },
    traceCommits: (store) => ({ ...store, commit: commitOf(store) }),
    // Whether the last spans arrive is the collector's affair.
    close: () => provider.shutdown().catch(() => {}),
  };
}
