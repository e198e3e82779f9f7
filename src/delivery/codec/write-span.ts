// A span as the Span message of OTLP.
// Source: opentelemetry-proto 1.x, trace/v1/trace.proto
import type { Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import type { OtlpWriter } from './otlp-writer';

const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

export function writeSpan(writer: OtlpWriter, span: ReadableSpan): void {
  const context = span.spanContext();
  const { parentSpanContext: parent } = span;
  writeContext(writer, context);
  if (parent?.spanId) writer.id(0x22, parent.spanId);
  writer.textField(0x2a, span.name);
  // OTLP's kinds begin with one for unspecified.
  writer.count(0x30, span.kind + 1);
  writer.time(0x39, span.startTime);
  writer.time(0x41, span.endTime);
  writer.keyValues(0x4a, span.attributes);
  writer.count(0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(writer, event);
  writer.count(0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writer.count(0x70, span.droppedLinksCount);
  writeStatus(writer, span.status);
  // Field 16 is the first whose tag has two bytes.
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(toFlags(context, parent));
}

/** Fields 1 to 3 of a span and of a link. */
function writeContext(writer: OtlpWriter, { traceId, spanId, traceState }: SpanContext): void {
  writer.id(0x0a, traceId);
  writer.id(0x12, spanId);
  const state = traceState?.serialize();
  if (state) writer.textField(0x1a, state);
}

function writeEvent(writer: OtlpWriter, event: TimedEvent): void {
  writer.byte(0x5a);
  const start = writer.begin(2);
  writer.time(0x09, event.time);
  writer.textField(0x12, event.name);
  if (event.attributes) writer.keyValues(0x1a, event.attributes);
  writer.count(0x20, event.droppedAttributesCount ?? 0);
  writer.end(start, 2);
}

function writeLink(writer: OtlpWriter, { context, attributes, ...link }: Link): void {
  writer.byte(0x6a);
  const start = writer.begin();
  writeContext(writer, context);
  if (attributes) writer.keyValues(0x22, attributes);
  writer.count(0x28, link.droppedAttributesCount ?? 0);
  writer.byte(0x35);
  writer.fixed32(toFlags(context, context));
  writer.end(start);
}

function writeStatus(writer: OtlpWriter, { code, message }: SpanStatus): void {
  writer.byte(0x7a);
  const start = writer.begin();
  if (message) writer.textField(0x12, message);
  writer.count(0x18, code);
  writer.end(start);
}

function toFlags({ traceFlags }: SpanContext, other: SpanContext | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (other?.isRemote ? IS_REMOTE : 0);
}
