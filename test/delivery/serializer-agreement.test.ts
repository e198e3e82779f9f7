// The independent decoder against OpenTelemetry's own serializers: what protobuf says and what
// OTLP/JSON says of the same telemetry has to come out equal, and to break no rule.
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Signal } from '../../src/delivery/delivery';
import { turn } from '../../src/node/clock';
import { tryDecodeOtlp, tryDecodeOtlpJson } from 'local-lambda/otlp/decode';
import { toFlatSpans } from 'local-lambda/otlp/flatten';
import type { OtlpRequests } from 'local-lambda/otlp/model';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';

const resource = resourceFromAttributes({
  'service.name': 'orders',
  'faas.max_memory': 134_217_728,
  ratio: 0.5,
  live: true,
  tags: ['a', 'b'],
});
const instrumentationScope = { name: 'lambda-otlp', version: '1.2.3' };
const at = (seconds: number, nanos: number): HrTime => [1_790_000_000 + seconds, nanos];
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanContext = { traceId, spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED };

const span: ReadableSpan = {
  name: 'orders',
  kind: SpanKind.SERVER,
  spanContext: () => spanContext,
  parentSpanContext: { ...spanContext, spanId: '00f067aa0ba902b7', isRemote: true },
  startTime: at(0, 1),
  endTime: at(1, 999_999_999),
  status: { code: SpanStatusCode.ERROR, message: 'größer als 10 € 🧨' },
  attributes: { 'faas.coldstart': true, count: -3, big: 2 ** 52, part: 0.25, list: [1, 2] },
  links: [{ context: { ...spanContext, spanId: '1111111111111111' }, attributes: { x: 'y' } }],
  events: [{ name: 'exception', time: at(0, 500), attributes: { 'exception.type': 'Error' } }],
  duration: [1, 999_999_998],
  ended: true,
  resource,
  instrumentationScope,
  droppedAttributesCount: 1,
  droppedEventsCount: 2,
  droppedLinksCount: 3,
};

const logRecord: ReadableLogRecord = {
  hrTime: at(0, 7),
  hrTimeObserved: at(0, 8),
  spanContext,
  severityNumber: SeverityNumber.WARN,
  severityText: 'WARN',
  eventName: 'platform.report',
  body: { message: 'hello', nested: { list: [1, 'two', null] }, empty: {} },
  attributes: { requestId: 'r-1', empty: '' },
  droppedAttributesCount: 4,
  resource,
  instrumentationScope,
};

class PullReader extends MetricReader {
  protected override onShutdown = (): Promise<void> => Promise.resolve();
  protected override onForceFlush = (): Promise<void> => Promise.resolve();
}

async function collectMetrics(): Promise<
  Parameters<typeof JsonMetricsSerializer.serializeRequest>[0]
> {
  const reader = new PullReader({
    aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
  });
  const provider = new MeterProvider({
    resource,
    readers: [reader],
    views: [
      {
        instrumentName: 'exponential',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  const meter = provider.getMeter('lambda-otlp', '1.2.3');
  meter.createCounter('faas.errors', { unit: '{error}' }).add(3, { 'error.type': 'boom' });
  meter.createUpDownCounter('queue').add(-2);
  meter.createGauge('gauge').record(0.5);
  const histogram = meter.createHistogram('faas.invoke_duration', { unit: 's' });
  const exponential = meter.createHistogram('exponential', { unit: 's' });
  for (const value of [0, 0.004, 0.2, 7, 1000]) {
    histogram.record(value, { cold: true });
    exponential.record(value);
  }
  // A delta window begins with its first value and must not be empty, and the SDK's clock has milliseconds.
  const recordedMs = Date.now();
  while (Date.now() === recordedMs) await turn();
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return resourceMetrics;
}

function agreed<S extends Signal, T>(
  signal: S,
  items: T,
  serializers: Readonly<Record<'protobuf' | 'json', ISerializer<T, unknown>>>,
): OtlpRequests[S] {
  const protobuf = serializers.protobuf.serializeRequest(items) ?? new Uint8Array();
  const json = serializers.json.serializeRequest(items) ?? new Uint8Array();
  const fromProtobuf = tryDecodeOtlp(signal, protobuf);
  expect(fromProtobuf).toEqual(tryDecodeOtlpJson(signal, json));
  if (!fromProtobuf.ok) throw new Error(fromProtobuf.reason);
  expect(fromProtobuf.unknownFields).toEqual([]);
  return fromProtobuf.otlp;
}

test('a span with every field set reads the same from protobuf and from JSON', () => {
  const otlp = agreed('traces', [span], {
    protobuf: ProtobufTraceSerializer,
    json: JsonTraceSerializer,
  });
  expect(checkOtlp('traces', otlp)).toEqual([]);
  const [flat] = toFlatSpans([otlp]);
  expect(flat?.resource['service.name']).toBe('orders');
  expect(flat?.span).toMatchObject({
    traceId,
    spanId: 'b7ad6b7169203331',
    parentSpanId: '00f067aa0ba902b7',
    kind: 2,
    flags: 0x301,
    startTimeUnixNano: '1790000000000000001',
    endTimeUnixNano: '1790000001999999999',
    status: { code: 2, message: 'größer als 10 € 🧨' },
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
  });
});

test('a log record with a nested body reads the same from protobuf and from JSON', () => {
  const otlp = agreed('logs', [logRecord], {
    protobuf: ProtobufLogsSerializer,
    json: JsonLogsSerializer,
  });
  expect(checkOtlp('logs', otlp)).toEqual([]);
  expect(otlp.resourceLogs[0]?.scopeLogs[0]?.logRecords[0]).toMatchObject({
    timeUnixNano: '1790000000000000007',
    observedTimeUnixNano: '1790000000000000008',
    severityNumber: 13,
    eventName: 'platform.report',
    traceId,
    droppedAttributesCount: 4,
  });
});

test('counters, gauges and both kinds of histogram read the same from protobuf and from JSON', async () => {
  const otlp = agreed('metrics', await collectMetrics(), {
    protobuf: ProtobufMetricsSerializer,
    json: JsonMetricsSerializer,
  });
  expect(checkOtlp('metrics', otlp)).toEqual([]);
  const metrics = otlp.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  const point = (name: string): unknown => {
    const metric = metrics.find((candidate) => candidate.name === name);
    return Object.values(metric ?? {}).flatMap((data: unknown) =>
      typeof data === 'object' && data !== null && 'dataPoints' in data ? data.dataPoints : [],
    )[0];
  };
  expect(point('faas.errors')).toMatchObject({ asDouble: 3 });
  expect(point('queue')).toMatchObject({ asDouble: -2 });
  expect(point('gauge')).toMatchObject({ asDouble: 0.5 });
  expect(point('faas.invoke_duration')).toMatchObject({ count: '5', min: 0, max: 1000 });
  expect(point('exponential')).toMatchObject({ count: '5', zeroCount: '1' });
});
