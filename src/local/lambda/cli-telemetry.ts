// What the embedded receiver of `npm run local` got, as plain text: traces as trees, metrics and logs
// one a line.
import type { AcceptedRequests } from '../otlp/arrivals';
import type { AnyValue, LogRecord, Metric, Span } from '../otlp/model';

const NANOSECONDS_PER_MS = 1e6;

function durationOf({ startTimeUnixNano, endTimeUnixNano }: Span): string {
  const nanoseconds = Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano));
  return `${(nanoseconds / NANOSECONDS_PER_MS).toFixed(3)} ms`;
}

function toTree(spans: readonly Span[], parents: readonly Span[], depth: number): string[] {
  return parents.flatMap((span) => [
    `${'  '.repeat(depth)}${span.name}  ${durationOf(span)}  span ${span.spanId}`,
    ...toTree(
      spans,
      spans.filter(({ parentSpanId }) => parentSpanId === span.spanId),
      depth + 1,
    ),
  ]);
}

function toTraces(spans: readonly Span[]): string[] {
  const byStart = [...spans].sort((left, right) =>
    Number(BigInt(left.startTimeUnixNano) - BigInt(right.startTimeUnixNano)),
  );
  return [...new Set(byStart.map(({ traceId }) => traceId))].flatMap((traceId) => {
    const own = byStart.filter((span) => span.traceId === traceId);
    const ids = new Set(own.map(({ spanId }) => spanId));
    const roots = own.filter(({ parentSpanId }) => !ids.has(parentSpanId));
    return [`trace ${traceId}`, ...toTree(own, roots, 1)];
  });
}

function toMetricLine(metric: Metric): string {
  const numbers = [...(metric.sum?.dataPoints ?? []), ...(metric.gauge?.dataPoints ?? [])];
  const distributions = [
    ...(metric.histogram?.dataPoints ?? []),
    ...(metric.exponentialHistogram?.dataPoints ?? []),
  ];
  const values = [
    ...numbers.map(({ asInt, asDouble }) => asInt ?? String(asDouble ?? 0)),
    ...distributions.map(({ count, sum = 0 }) => `count ${count} sum ${sum}`),
  ];
  return `  ${metric.name} (${metric.unit}): ${values.join(', ')}`;
}

function toText(value: AnyValue | undefined): string {
  if (value === undefined) return '';
  return value.stringValue ?? JSON.stringify(value);
}

function toLogLine({ severityText, severityNumber, traceId, body }: LogRecord): string {
  const severity = severityText === '' ? String(severityNumber) : severityText;
  return `  ${severity} ${traceId === '' ? '-' : traceId} ${toText(body).trimEnd()}`;
}

/** Text to print; says so when nothing came. */
export function toTelemetryText({ traces, metrics, logs }: AcceptedRequests): string {
  const spans = traces.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  const found = metrics.flatMap(({ resourceMetrics }) =>
    resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
  );
  const records = logs.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords)),
  );
  if (spans.length + found.length + records.length === 0) {
    return 'No telemetry arrived: expected OTLP requests from the layer. Its own messages are above.';
  }
  return [
    `Received ${spans.length} spans, ${found.length} metrics, ${records.length} log records`,
    ...toTraces(spans),
    'metrics',
    ...found.map(toMetricLine),
    'logs',
    ...records.map(toLogLine),
  ].join('\n');
}
