// Telemetry of one failing cold start, for tests of the rendering.
import { tryDecodeOtlpJson } from '../../src/otlp/decode';
import type { FlatLogRecord, FlatMetric, FlatSpan } from '../../src/otlp/flatten';
import { toFlatLogRecords, toFlatMetrics, toFlatSpans } from '../../src/otlp/flatten';
import type { AcceptedRequests } from '../../src/otlp/arrivals';
import type { OtlpRequests } from '../../src/otlp/model';
import type { Signal } from '../../src/otlp/signal';

export type Fields = Readonly<Record<string, unknown>>;

export const traceId = '0af7651916cd43dd8448eb211c80319c';

/** Epoch nanoseconds, so many milliseconds after 2026-09-21T14:13:20Z. */
export function at(milliseconds: number): string {
  return (1_790_000_000_000_000_000n + BigInt(Math.round(milliseconds * 1e6))).toString();
}

export const text = (key: string, stringValue: string): Fields => ({ key, value: { stringValue } });

/** @param place own and parent's id as one digit each, start and end in ms */
export function span(
  name: string,
  [id, parent, startMs, endMs]: readonly [string, string, number, number],
  more: Fields = {},
): Fields {
  return {
    traceId,
    spanId: id.repeat(16),
    parentSpanId: parent.repeat(16),
    name,
    kind: 1,
    startTimeUnixNano: at(startMs),
    endTimeUnixNano: at(endMs),
    ...more,
  };
}

function decoded<S extends Signal>(signal: S, request: unknown): OtlpRequests[S] {
  const result = tryDecodeOtlpJson(signal, Buffer.from(JSON.stringify(request)));
  if (!result.ok) throw new Error(result.reason);
  return result.otlp;
}

export const toSpans = (spans: readonly Fields[]): readonly FlatSpan[] =>
  toFlatSpans([decoded('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })]);

export const toMetrics = (metrics: readonly Fields[]): readonly FlatMetric[] =>
  toFlatMetrics([decoded('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })]);

export const toLogRecords = (
  logRecords: readonly Fields[],
  scope: Fields = { name: 'lambda-otlp/function' },
): readonly FlatLogRecord[] =>
  toFlatLogRecords([decoded('logs', { resourceLogs: [{ scopeLogs: [{ scope, logRecords }] }] })]);

export const failedSpans: readonly Fields[] = [
  // Out of order on purpose: batches promise nothing.
  span('runtimeOverhead', ['5', '1', 300.05, 318]),
  span('orders', ['1', '', 190, 318.4], {
    kind: 2,
    status: { code: 2, message: 'Runtime.ExitError' },
    attributes: [
      text('faas.invocation_id', '8f5a3c1e-97d2-4c2f-8d2f-6b7e8a1c0d11'),
      { key: 'faas.coldstart', value: { boolValue: true } },
      text('error.type', 'Runtime.ExitError'),
    ],
    events: [
      {
        name: 'exception',
        timeUnixNano: at(260),
        attributes: [text('exception.type', 'RangeError'), text('exception.message', 'stock < 0')],
      },
    ],
    links: [{ traceId: 'f'.repeat(32), spanId: 'f'.repeat(16) }],
  }),
  span('init', ['2', '1', 0, 183.2]),
  span('responseLatency', ['3', '1', 190.1, 300]),
  span('responseDuration', ['4', '1', 300, 300.05]),
  span('extensionOverhead', ['6', '5', 318, 318.4]),
];

const histogram = (count: string, sum: number, attributes: readonly Fields[] = []): Fields => ({
  startTimeUnixNano: at(0),
  timeUnixNano: at(1000),
  count,
  sum,
  min: 0.1,
  max: 0.2,
  bucketCounts: ['0', count, '0'],
  explicitBounds: [0.05, 0.25],
  attributes,
});

export const someMetrics: readonly Fields[] = [
  {
    name: 'faas.invoke_duration',
    unit: 's',
    histogram: { aggregationTemporality: 1, dataPoints: [histogram('2', 0.3)] },
  },
  {
    name: 'faas.errors',
    unit: '{error}',
    sum: {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: [
        {
          startTimeUnixNano: at(0),
          timeUnixNano: at(1000),
          asInt: '1',
          attributes: [text('error.type', 'RangeError')],
        },
      ],
    },
  },
];

export const someLogRecords: readonly Fields[] = [
  {
    timeUnixNano: at(260),
    severityNumber: 17,
    traceId,
    body: { stringValue: 'RangeError: stock < 0\n    at handler (/var/task/index.mjs:3:9)' },
    attributes: [text('exception.type', 'RangeError')],
  },
  {
    timeUnixNano: at(200),
    severityNumber: 9,
    traceId,
    body: { stringValue: 'order accepted' },
    attributes: [{ key: 'orderId', value: { intValue: '7' } }],
  },
  {
    observedTimeUnixNano: at(300),
    body: { kvlistValue: { values: [text('shape', 'no message')] } },
  },
];

export const accepted: AcceptedRequests = {
  traces: [decoded('traces', { resourceSpans: [{ scopeSpans: [{ spans: failedSpans }] }] })],
  metrics: [
    decoded('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: someMetrics }] }] }),
  ],
  logs: [
    decoded('logs', {
      resourceLogs: [
        { scopeLogs: [{ scope: { name: 'lambda-otlp/function' }, logRecords: someLogRecords }] },
      ],
    }),
  ],
};
