// What the variables promise, seen from outside: sampling, the moment of the span, temporality,
// protocol, endpoints, exporters.
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import { tryDecodeOtlpJson } from 'local-lambda/otlp/decode';
import { AGGREGATION_TEMPORALITY } from 'local-lambda/otlp/model';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { functionLogs, invocationSpan, serverSpans, spansNamed, total } from './arrived-telemetry';
import { endRuns, finish, startLayer } from './layer-run';
import { eventOf, nanosOf, recordOf, timesOf, toNanos } from './platform-truth';

afterEach(endRuns);

const echo = { action: 'log', lines: ['hello'] };
const unsampled = 'Root=1-6740aa12-0123456789abcdef01234567;Parent=53995c3f42cd8ad9;Sampled=0';
const sampled = 'Root=1-6740aa13-0123456789abcdef01234567;Parent=53995c3f42cd8ad9;Sampled=1';

test('parentbased_always_on follows Sampled; metrics and logs are never sampled', async () => {
  const run = await startLayer({ settings: { OTEL_TRACES_SAMPLER: 'parentbased_always_on' } });
  await run.lambda.invoke(echo, { traceHeader: unsampled });
  const { requestId } = await run.lambda.invoke(echo, { traceHeader: sampled });
  const telemetry = await finish(run);
  expect(serverSpans(telemetry).map(({ plain }) => plain['faas.invocation_id'])).toEqual([
    requestId,
  ]);
  expect(new Set(telemetry.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(total(telemetry, 'faas.invocations')).toBe(2);
  expect(functionLogs(telemetry)).toHaveLength(3);
});

test('LAMBDA_OTLP_KEEP keeps cold starts and errors of what the sampler drops', async () => {
  const run = await startLayer({
    settings: { OTEL_TRACES_SAMPLER: 'always_off', LAMBDA_OTLP_KEEP: 'errors,cold_starts' },
  });
  const cold = await run.lambda.invoke(echo);
  await run.lambda.invoke(echo);
  const failed = await run.lambda.invoke({ action: 'exit', code: 1 });
  const telemetry = await finish(run);
  const kept = serverSpans(telemetry).map(({ plain }) => plain['faas.invocation_id']);
  expect(kept).toEqual([cold.requestId, failed.requestId]);
  const parent = invocationSpan(telemetry, cold.requestId);
  expect(spansNamed(telemetry, 'init').map(({ parentSpanId }) => parentSpanId)).toContain(
    parent.spanId,
  );
});

test('LAMBDA_OTLP_SPAN_AT=report puts the figures of the report on the span, which ends with it', async () => {
  const run = await startLayer({ settings: { LAMBDA_OTLP_SPAN_AT: 'report' } });
  const invocations = [await run.lambda.invoke(echo), await run.lambda.invoke(echo)];
  expect(serverSpans(run.arrived()).length).toBeLessThan(2);
  const telemetry = await finish(run);
  for (const { requestId, metrics } of invocations) {
    const span = invocationSpan(telemetry, requestId);
    const report = recordOf(eventOf(run.lambda.events, 'platform.report', requestId));
    const { durationMs } = report['metrics'] as { durationMs: number };
    const start = nanosOf(eventOf(run.lambda.events, 'platform.start', requestId).time);
    expect(timesOf(span)).toEqual({
      name: 'orders',
      start,
      end: start + toNanos(durationMs),
    });
    expect(span.plain).toMatchObject({
      'lambda.billed_duration_ms': metrics?.billedDurationMs,
      'lambda.max_memory_used_mb': metrics?.maxMemoryUsedMB,
    });
  }
});

test('cumulative temporality: growing sums since one start', async () => {
  const run = await startLayer({
    settings: {
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative',
      LAMBDA_OTLP_FLUSH: 'end',
    },
  });
  for (let count = 0; count < 3; count += 1) await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  const points = metricsNamed(run.receiver, 'faas.invocations').map(({ sum }) => ({
    temporality: sum?.aggregationTemporality,
    start: sum?.dataPoints[0]?.startTimeUnixNano,
    value: Number(sum?.dataPoints[0]?.asInt ?? sum?.dataPoints[0]?.asDouble),
  }));
  expect(new Set(points.map(({ temporality }) => temporality))).toEqual(
    new Set([AGGREGATION_TEMPORALITY.cumulative]),
  );
  expect(new Set(points.map(({ start }) => start)).size).toBe(1);
  const values = points.map(({ value }) => value);
  expect(values).toEqual([...values].sort());
  expect(values.at(-1)).toBe(3);
  expect(total(telemetry, 'faas.invoke_duration')).toBe(3);
});

test('delta temporality: each window begins where the one before ended', async () => {
  const run = await startLayer({ settings: { LAMBDA_OTLP_FLUSH: 'end' } });
  for (let count = 0; count < 3; count += 1) await run.lambda.invoke(echo);
  await finish(run);
  const windows = metricsNamed(run.receiver, 'faas.invocations').map(({ sum }) => {
    const [point] = sum?.dataPoints ?? [];
    return { start: BigInt(point?.startTimeUnixNano ?? 0), end: BigInt(point?.timeUnixNano ?? 0) };
  });
  expect(windows).toHaveLength(3);
  for (const [index, { start, end }] of windows.entries()) {
    expect(end >= start).toBe(true);
    expect(start >= (windows[index - 1]?.end ?? 0n)).toBe(true);
  }
});

test('histograms are exponential on request', async () => {
  const run = await startLayer({
    settings: {
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION:
        'base2_exponential_bucket_histogram',
    },
  });
  await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  const [duration] = metricsNamed(run.receiver, 'faas.invoke_duration');
  expect(duration?.exponentialHistogram?.dataPoints).toHaveLength(1);
  expect(total(telemetry, 'faas.invoke_duration')).toBe(1);
});

test('http/json and gzip, with LAMBDA_OTLP_OTEL_ before OTEL_', async () => {
  const run = await startLayer({
    settings: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=one%20two',
    },
  });
  const { requestId } = await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  for (const { encoding, headers } of run.receiver.requests) {
    expect([encoding, headers['content-encoding'], headers['x-api-key']]).toEqual([
      'json',
      'gzip',
      'one two',
    ]);
  }
  expect(invocationSpan(telemetry, requestId).name).toBe('orders');
});

test('endpoints and exporters of each signal by itself', async () => {
  const run = await startLayer({
    settings: { LAMBDA_OTLP_SELF_METRICS: 'false', OTEL_METRICS_EXPORTER: 'none' },
  });
  await run.lambda.invoke(echo);
  const telemetry = await finish(run);
  expect(telemetry.series).toEqual([]);
  const base = run.receiver.url;
  const other = await startLayer({
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${base}/tenant/v1/traces`,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${base}/lake/v1/logs`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${base}/v1/metrics`,
    },
  });
  const before = run.receiver.requests.length;
  await other.lambda.invoke(echo);
  await finish(other);
  const paths = run.receiver.requests.slice(before).map(({ path }) => path);
  expect(new Set(paths)).toEqual(new Set(['/tenant/v1/traces', '/lake/v1/logs', '/v1/metrics']));
});

test('the console exporter prints requests as OTLP/JSON lines', async () => {
  const run = await startLayer({
    settings: {
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
  });
  const { requestId } = await run.lambda.invoke(echo);
  await finish(run);
  expect(run.receiver.requests).toEqual([]);
  const requests = run
    .output()
    .trim()
    .split('\n')
    .map((line) => {
      const decoded = tryDecodeOtlpJson('traces', Buffer.from(line));
      if (!decoded.ok) throw new Error(`${decoded.reason}: ${line}`);
      return decoded.otlp;
    });
  expect(requests.flatMap((request) => checkOtlp('traces', request))).toEqual([]);
  expect(JSON.stringify(requests)).toContain(requestId);
});

test('OTEL_SDK_DISABLED: nothing is exported, the function is served', async () => {
  const run = await startLayer({ settings: { OTEL_SDK_DISABLED: 'true' } });
  const { status } = await run.lambda.invoke(echo);
  await finish(run);
  expect(status).toBe('success');
  expect(run.receiver.requests).toEqual([]);
  expect(run.output()).toBe('');
});

function metricsNamed({ accepted }: OtlpReceiver, name: string) {
  return accepted.metrics
    .flatMap(({ resourceMetrics }) => resourceMetrics)
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .filter((metric) => metric.name === name);
}
