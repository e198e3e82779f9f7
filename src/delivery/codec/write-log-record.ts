// A log record as the LogRecord message of OTLP.
// Source: opentelemetry-proto 1.x, logs/v1/logs.proto
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { OtlpWriter } from './otlp-writer';

export function writeLogRecord(writer: OtlpWriter, record: ReadableLogRecord): void {
  const { severityNumber, severityText, body, spanContext, eventName } = record;
  writer.time(0x09, record.hrTime);
  if (severityNumber) writer.count(0x10, severityNumber);
  if (severityText) writer.textField(0x1a, severityText);
  if (body !== undefined) writer.value(0x2a, body);
  writer.keyValues(0x32, record.attributes);
  writer.count(0x38, record.droppedAttributesCount);
  if (spanContext?.traceFlags) {
    writer.byte(0x45);
    writer.fixed32(spanContext.traceFlags);
  }
  if (spanContext?.traceId) writer.id(0x4a, spanContext.traceId);
  if (spanContext?.spanId) writer.id(0x52, spanContext.spanId);
  writer.time(0x59, record.hrTimeObserved);
  if (eventName) writer.textField(0x62, eventName);
}
