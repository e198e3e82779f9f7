// How spans and log records say by which threshold their request was drawn.
import type { SpanContext, TraceState } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Threshold } from './consistent-probability';
import { toRandomness, toShortThreshold, withThreshold } from './consistent-probability';
import { Attribute } from './semconv';

/** The span, saying by which threshold it was drawn. */
export function withTracestate(span: ReadableSpan, threshold: Threshold): ReadableSpan {
  const context = span.spanContext();
  const text = withThreshold(context.traceState?.serialize() ?? '', threshold);
  const marked: SpanContext = { ...context, traceState: toTraceState(text) };
  return { ...span, spanContext: () => marked };
}

function toTraceState(text: string): TraceState {
  const state: TraceState = {
    serialize: () => text,
    get: () => undefined,
    set: () => state,
    unset: () => state,
  };
  return state;
}

/** As the Collector's probabilistic_sampler writes it. */
export function withSampling(record: ReadableLogRecord, threshold: Threshold): ReadableLogRecord {
  const { spanContext } = record;
  if (spanContext === undefined) return record;
  const attributes = {
    ...record.attributes,
    [Attribute.SAMPLING_THRESHOLD]: toShortThreshold(threshold),
    [Attribute.SAMPLING_RANDOMNESS]: toRandomness(spanContext.traceId),
  };
  return { ...record, attributes };
}
