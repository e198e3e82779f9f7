// What a receiver got, as tests ask for it: spans by request, lines, sums of metrics.
import type { ReceivedRequest } from 'local-lambda/otlp/arrivals';
import {
  toFlatLogRecords,
  toFlatMetrics,
  toFlatSpans,
  toPlainAttributes,
  toPlainValue,
} from 'local-lambda/otlp/flatten';
import type { PlainAttributes, PlainValue } from 'local-lambda/otlp/flatten';
import type { LogRecord, Span } from 'local-lambda/otlp/model';
import { SPAN_KIND } from 'local-lambda/otlp/model';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import { toMetricSeries } from 'local-lambda/render/metric-series';
import type { MetricSeries } from 'local-lambda/render/metric-series';

export type ArrivedSpan = Span & {
  readonly plain: PlainAttributes;
  readonly resource: PlainAttributes;
};

export type ArrivedLog = LogRecord & {
  readonly plain: PlainAttributes;
  readonly text: PlainValue;
  readonly scopeName: string;
  readonly resource: PlainAttributes;
};

export interface ArrivedTelemetry {
  readonly spans: readonly ArrivedSpan[];
  readonly logs: readonly ArrivedLog[];
  readonly series: readonly MetricSeries[];
}

export function readTelemetry(requests: readonly ReceivedRequest[]): ArrivedTelemetry {
  const of = <S extends ReceivedRequest['signal']>(signal: S) =>
    requests.flatMap((request) =>
      request.signal === signal && request.outcome === 200
        ? [request as Extract<ReceivedRequest, { signal: S }>]
        : [],
    );
  return {
    spans: toFlatSpans(of('traces').map(({ otlp }) => otlp)).map(({ span, resource }) => ({
      ...span,
      plain: toPlainAttributes(span.attributes),
      resource,
    })),
    logs: toFlatLogRecords(of('logs').map(({ otlp }) => otlp)).map(
      ({ logRecord, scopeName, resource }) => ({
        ...logRecord,
        plain: toPlainAttributes(logRecord.attributes),
        text: toPlainValue(logRecord.body),
        scopeName,
        resource,
      }),
    ),
    series: toMetricSeries(toFlatMetrics(of('metrics').map(({ otlp }) => otlp))),
  };
}

/** Any back end has to take every request, and no span and no log record came in two of them. */
export function expectSoundRequests(requests: readonly ReceivedRequest[]): void {
  const violations = requests.flatMap((request) => [
    ...checkOtlp(request.signal, request.otlp),
    ...request.unknownFields.map((field) => `${field} is not in OTLP`),
  ]);
  expect(violations).toEqual([]);
  const { spans, logs } = readTelemetry(requests);
  expect(
    repeated(spans.map(({ traceId, spanId, name }) => `${name} ${traceId}/${spanId}`)),
  ).toEqual([]);
  const lines = logs.map(({ timeUnixNano, text, scopeName, eventName }) =>
    JSON.stringify([scopeName, eventName, timeUnixNano, text]),
  );
  expect(repeated(lines)).toEqual([]);
}

function repeated(keys: readonly string[]): readonly string[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

export function serverSpans({ spans }: ArrivedTelemetry): readonly ArrivedSpan[] {
  return spans.filter(({ kind }) => kind === SPAN_KIND.server);
}

function invocationSpans(telemetry: ArrivedTelemetry, requestId: string): readonly ArrivedSpan[] {
  return serverSpans(telemetry).filter(({ plain }) => plain['faas.invocation_id'] === requestId);
}

/** The one invocation span of this request. */
export function invocationSpan(telemetry: ArrivedTelemetry, requestId: string): ArrivedSpan {
  const [span, ...others] = invocationSpans(telemetry, requestId);
  if (span === undefined || others.length > 0) {
    const names = JSON.stringify(telemetry.spans.map(({ name, plain }) => [name, plain]));
    throw new Error(
      `expected 1 invocation span of ${requestId}, got ${others.length + (span ? 1 : 0)} among ${names}`,
    );
  }
  return span;
}

export function childrenOf(
  { spans }: ArrivedTelemetry,
  { traceId, spanId }: Pick<Span, 'traceId' | 'spanId'>,
): readonly ArrivedSpan[] {
  return spans.filter((span) => span.traceId === traceId && span.parentSpanId === spanId);
}

export function spansNamed({ spans }: ArrivedTelemetry, name: string): readonly ArrivedSpan[] {
  return spans.filter((span) => span.name === name);
}

export function namesOf(spans: readonly Span[]): readonly string[] {
  return spans.map(({ name }) => name).sort();
}

/** Lines of the function. */
export function functionLogs({ logs }: ArrivedTelemetry): readonly ArrivedLog[] {
  return logs.filter(({ scopeName }) => scopeName === 'lambda-otlp/function');
}

/** Records of platform events with this name. */
export function eventLogs({ logs }: ArrivedTelemetry, eventName: string): readonly ArrivedLog[] {
  return logs.filter((record) => record.eventName === eventName);
}

/** Over all series of the metric that have these attributes: values counted, or the counter's sum. */
export function total(
  { series }: ArrivedTelemetry,
  name: string,
  attributes: PlainAttributes = {},
): number {
  return series
    .filter((candidate) => candidate.name === name)
    .filter(({ attributes: own }) =>
      Object.entries(attributes).every(([key, value]) => own[key] === value),
    )
    .reduce((sum, candidate) => sum + (candidate.count ?? candidate.sum), 0);
}
