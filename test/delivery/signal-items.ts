// Spans, log records and metric windows for export tests, as plain objects like the translator's.
import { SpanKind, SpanStatusCode, ValueType } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { resourceFromAttributes } from '@opentelemetry/resources';

const resource = resourceFromAttributes({ 'service.name': 'orders' });
const scope = { name: 'lambda-otlp' };
const traceId = '5759e988bd862e3fe1be46a994272793';

export function makeSpan(index: number, name = `span-${index}`): ReadableSpan {
  return {
    name,
    kind: SpanKind.SERVER,
    spanContext: () => ({ traceId, spanId: toSpanId(index), traceFlags: 1 }),
    startTime: [1_700_000_000, index],
    endTime: [1_700_000_001, index],
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'faas.coldstart': index === 0 },
    links: [],
    events: [],
    duration: [1, 0],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function toSpanId(index: number): string {
  return (index + 1).toString(16).padStart(16, '0');
}

export function makeLogRecord(index: number, body = `line ${index}`): ReadableLogRecord {
  return {
    hrTime: [1_700_000_000, index],
    hrTimeObserved: [1_700_000_000, index],
    severityText: 'INFO',
    severityNumber: SeverityNumber.INFO,
    body,
    attributes: { index },
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
  };
}

/** A window with `points` data points of one delta counter. */
export function makeWindow(points: number, description = ''): ResourceMetrics {
  const dataPoints = Array.from({ length: points }, (_, index) => ({
    startTime: [1_700_000_000, 0] as [number, number],
    endTime: [1_700_000_001, 0] as [number, number],
    attributes: { index },
    value: 1,
  }));
  return {
    resource,
    scopeMetrics: [
      {
        scope,
        metrics: [
          {
            descriptor: {
              name: 'faas.invocations',
              description,
              unit: '{invocation}',
              valueType: ValueType.INT,
            },
            aggregationTemporality: AggregationTemporality.DELTA,
            dataPointType: DataPointType.SUM,
            isMonotonic: true,
            dataPoints,
          },
        ],
      },
    ],
  };
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export const conformanceSpans = range(20).map((index) => makeSpan(index));
export const conformanceLogRecords = range(20).map((index) =>
  makeLogRecord(index, `grüße ${index} 漢 🎉`),
);
export const conformanceWindow = makeWindow(7, 'counts');
