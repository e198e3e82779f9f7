// Cheap size estimates, O(fields) per item, of what an item takes as OTLP. They steer the bounds of
// the buffer and of a request; the exact size is checked after encoding.
import type { Attributes } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { DataPoint, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Tags, lengths and the two fixed 64-bit times of a span or log record with its ids. */
const recordBytes = 64;
const fieldBytes = 8;
const pointBytes = 48;
const maxDepth = 8;

export function estimateSpanBytes(span: ReadableSpan): number {
  let bytes = recordBytes + span.name.length + estimateAttributes(span.attributes);
  bytes += span.status.message?.length ?? 0;
  for (const event of span.events) {
    bytes += fieldBytes * 2 + event.name.length + estimateAttributes(event.attributes);
  }
  for (const link of span.links) bytes += recordBytes + estimateAttributes(link.attributes);
  return bytes;
}

export function estimateLogRecordBytes(record: ReadableLogRecord): number {
  return (
    recordBytes +
    (record.eventName?.length ?? 0) +
    (record.severityText?.length ?? 0) +
    estimateValue(record.body, 0) +
    estimateAttributes(record.attributes)
  );
}

export function estimateMetricsBytes(window: ResourceMetrics): number {
  let bytes = estimateAttributes(window.resource.attributes);
  for (const { metrics } of window.scopeMetrics) {
    for (const metric of metrics) bytes += estimateMetric(metric);
  }
  return bytes;
}

function estimateMetric({ descriptor, dataPoints }: MetricData): number {
  const { name, description, unit } = descriptor;
  let bytes = recordBytes + name.length + description.length + unit.length;
  for (const point of dataPoints) {
    bytes += pointBytes + estimateAttributes(point.attributes) + estimatePoint(point);
  }
  return bytes;
}

/** Metric data points of a window: what the observer counts as items of the metrics signal. */
export function countDataPoints(window: ResourceMetrics): number {
  let points = 0;
  for (const { metrics } of window.scopeMetrics) {
    for (const metric of metrics) points += metric.dataPoints.length;
  }
  return points;
}

function estimatePoint({ value }: DataPoint<unknown>): number {
  if (typeof value !== 'object' || value === null) return fieldBytes;
  const { buckets, positive, negative } = value as {
    readonly buckets?: { readonly boundaries: readonly number[] };
    readonly positive?: { readonly bucketCounts: readonly number[] };
    readonly negative?: { readonly bucketCounts: readonly number[] };
  };
  const boundaries = (buckets?.boundaries.length ?? 0) * 2;
  const counts = (positive?.bucketCounts.length ?? 0) + (negative?.bucketCounts.length ?? 0);
  return fieldBytes * (4 + boundaries + counts);
}

function estimateAttributes(attributes: Attributes | ReadableLogRecord['attributes'] = {}): number {
  let bytes = 0;
  for (const key in attributes) {
    bytes += fieldBytes + key.length + estimateValue(attributes[key], 0);
  }
  return bytes;
}

function estimateValue(value: unknown, depth: number): number {
  if (typeof value === 'string') return fieldBytes + value.length;
  if (typeof value !== 'object' || value === null) return fieldBytes;
  if (ArrayBuffer.isView(value)) return fieldBytes + value.byteLength;
  if (depth >= maxDepth) return fieldBytes;
  let bytes = fieldBytes;
  if (Array.isArray(value)) {
    for (const member of value) bytes += estimateValue(member, depth + 1);
    return bytes;
  }
  for (const key in value) {
    bytes +=
      fieldBytes + key.length + estimateValue((value as Record<string, unknown>)[key], depth + 1);
  }
  return bytes;
}
