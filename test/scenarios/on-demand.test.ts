// One cold and two warm invocations under each flush strategy: the telemetry is the platform's own
// account, to the nanosecond, under X-Ray's ids.
import type { Invocation } from 'local-lambda/lambda/invocation';
import {
  childrenOf,
  eventLogs,
  functionLogs,
  invocationSpan,
  namesOf,
  serverSpans,
  spansNamed,
  total,
} from './arrived-telemetry';
import type { ArrivedTelemetry } from './arrived-telemetry';
import { endRuns, finish, startLayer } from './layer-run';
import type { LayerRun } from './layer-run';
import {
  byStart,
  eventOf,
  functionLines,
  parentOf,
  platformSpansOf,
  phaseSpan,
  recordOf,
  spanBetween,
  timesOf,
  traceIdOf,
} from './platform-truth';

afterEach(endRuns);

/** Sampled by X-Ray; not sampled; not sampled, and made by the local Lambda. */
const HEADERS = [
  'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
  'Root=1-6740aa12-0123456789abcdef01234567;Parent=53995c3f42cd8ad9;Sampled=0;Lineage=1:a1b2c3d4:0',
  undefined,
];

async function invokeAll({ lambda }: LayerRun): Promise<readonly Invocation[]> {
  const invocations: Invocation[] = [];
  for (const [index, traceHeader] of HEADERS.entries()) {
    const options = traceHeader === undefined ? {} : { traceHeader };
    const payload = { action: 'log', lines: [`order ${index}`, `paid ${index}`] };
    invocations.push(await lambda.invoke(payload, options));
  }
  return invocations;
}

function expectTraces(
  run: LayerRun,
  invocations: readonly Invocation[],
  telemetry: ArrivedTelemetry,
): void {
  const { events } = run.lambda;
  expect(serverSpans(telemetry)).toHaveLength(invocations.length);
  for (const [index, { requestId, traceHeader }] of invocations.entries()) {
    const start = eventOf(events, 'platform.start', requestId);
    const done = eventOf(events, 'platform.runtimeDone', requestId);
    const span = invocationSpan(telemetry, requestId);
    expect(timesOf(span)).toEqual(spanBetween('orders', start, done));
    expect(span.traceId).toBe(traceIdOf(traceHeader));
    const sampled = traceHeader.includes('Sampled=1');
    const tracing = recordOf(start)['tracing'] as { spanId: string } | undefined;
    expect(span.spanId).toBe(sampled ? tracing?.spanId : parentOf(traceHeader));
    expect(span.parentSpanId).toBe(sampled ? parentOf(traceHeader) : '');
    expect(span.plain).toMatchObject({
      'faas.invocation.id': requestId,
      'faas.coldstart': index === 0,
      'lambda.status': 'success',
      'cloud.resource_id': 'arn:aws:lambda:us-east-1:123456789012:function:orders',
    });
    expect(span.status?.code ?? 0).toBe(0);
    const children = childrenOf(telemetry, span).filter(({ name }) => name !== 'init');
    expect(byStart(children.map(timesOf))).toEqual(
      byStart([
        ...platformSpansOf(events, 'platform.runtimeDone', requestId),
        ...platformSpansOf(events, 'platform.report', requestId),
      ]),
    );
  }
}

function expectInit(run: LayerRun, first: Invocation, telemetry: ArrivedTelemetry): void {
  const { events } = run.lambda;
  const [init, ...others] = spansNamed(telemetry, 'init');
  expect(others).toEqual([]);
  const span = invocationSpan(telemetry, first.requestId);
  expect(init).toMatchObject({ traceId: span.traceId, parentSpanId: span.spanId });
  expect(init && timesOf(init)).toEqual(phaseSpan(events, 'init'));
  expect(init?.plain).toMatchObject({
    'faas.coldstart': true,
    'lambda.initialization_type': 'on-demand',
    'lambda.phase': 'init',
    'lambda.instance_max_memory': 512 * 1024 * 1024,
  });
}

function expectLogs(
  run: LayerRun,
  invocations: readonly Invocation[],
  telemetry: ArrivedTelemetry,
): void {
  const lines = functionLines(run.lambda.events);
  const records = functionLogs(telemetry);
  expect(records).toHaveLength(lines.length);
  const [loading] = records.filter(({ text }) => text === 'loading');
  const first = invocationSpan(telemetry, invocations[0]?.requestId ?? '');
  expect(loading).toMatchObject({
    traceId: first.traceId,
    severityText: 'INFO',
    severityNumber: 9,
  });
  for (const [index, { requestId }] of invocations.entries()) {
    const own = records.filter(({ plain }) => plain['faas.invocation_id'] === requestId);
    const texts = own.map(({ text }) => text).filter((text) => text !== 'loading');
    expect(texts).toEqual([`order ${index}`, `paid ${index}`]);
    const { traceId, spanId } = invocationSpan(telemetry, requestId);
    expect(new Set(own.map((record) => record.traceId))).toEqual(new Set([traceId]));
    expect(own.filter(({ text }) => text !== 'loading').map((record) => record.spanId)).toEqual([
      spanId,
      spanId,
    ]);
  }
  expect(eventLogs(telemetry, 'platform.report')).toHaveLength(invocations.length);
}

function expectMetrics(invocations: readonly Invocation[], telemetry: ArrivedTelemetry): void {
  const count = invocations.length;
  for (const name of [
    'faas.invocations',
    'faas.invoke_duration',
    'faas.mem_usage',
    'lambda.billed_duration',
  ]) {
    expect([name, total(telemetry, name)]).toEqual([name, count]);
  }
  for (const name of [
    'response_latency',
    'response_duration',
    'runtime_overhead',
    'extension_overhead',
  ]) {
    expect([name, total(telemetry, `lambda.${name}`)]).toEqual([name, count]);
  }
  expect(total(telemetry, 'faas.coldstarts')).toBe(1);
  expect(total(telemetry, 'faas.init_duration', { 'lambda.phase': 'init' })).toBe(1);
  expect(total(telemetry, 'faas.errors') + total(telemetry, 'faas.timeouts')).toBe(0);
  const billedS =
    telemetry.series.find(({ name }) => name === 'lambda.billed_duration')?.sum ?? NaN;
  const billedMs = invocations.reduce(
    (sum, { metrics }) => sum + (metrics?.billedDurationMs ?? NaN),
    0,
  );
  expect(billedS).toBeCloseTo(billedMs / 1000, 6);
  const exported = (signal: string): number =>
    total(telemetry, `otel.sdk.exporter.${signal}.exported`);
  // What the last requests carried is not in their own figures.
  expect(exported('span')).toBeLessThanOrEqual(telemetry.spans.length);
}

test.each(['end', 'overlap', 'adaptive'])(
  'everything has arrived once by the end, with LAMBDA_OTLP_FLUSH=%s',
  async (strategy) => {
    const run = await startLayer({ settings: { LAMBDA_OTLP_FLUSH: strategy } });
    const invocations = await invokeAll(run);
    const telemetry = await finish(run);
    expect(run.output()).toBe('');
    expectTraces(run, invocations, telemetry);
    const [first] = invocations;
    if (first !== undefined) expectInit(run, first, telemetry);
    expectLogs(run, invocations, telemetry);
    expectMetrics(invocations, telemetry);
  },
);

test('with LAMBDA_OTLP_FLUSH=end an invocation is in the receiver before the extension polls again', async () => {
  const run = await startLayer({ settings: { LAMBDA_OTLP_FLUSH: 'end' } });
  const invocations = await invokeAll(run);
  for (const [index, { requestId }] of invocations.entries()) {
    const arrived = run.arrivedAtReport(index);
    const span = invocationSpan(arrived, requestId);
    const init = index === 0 ? ['init'] : [];
    expect(namesOf(childrenOf(arrived, span))).toEqual(
      [...init, 'responseDuration', 'responseLatency', 'runtimeOverhead'].sort(),
    );
    const texts = functionLogs(arrived).map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining([`order ${index}`, `paid ${index}`]));
    expect(total(arrived, 'faas.invocations')).toBe(index + 1);
    // The report of an invocation comes with the next one.
    expect(spansNamed(arrived, 'extensionOverhead')).toHaveLength(index);
    expect(total(arrived, 'lambda.billed_duration')).toBe(index);
  }
  const telemetry = await finish(run);
  expect(spansNamed(telemetry, 'extensionOverhead')).toHaveLength(invocations.length);
});

test('the resource tells function, version, memory, account, region and environment', async () => {
  const run = await startLayer({
    settings: { OTEL_RESOURCE_ATTRIBUTES: 'team=check%20out,faas.name=renamed' },
  });
  await run.lambda.invoke({});
  const { spans, logs } = await finish(run);
  const instance = recordOf(eventOf(run.lambda.events, 'platform.initStart'))['instanceId'];
  const common = {
    'service.name': 'orders',
    'faas.name': 'renamed',
    'faas.version': '7',
    'faas.max_memory': 512 * 1024 * 1024,
    'faas.instance': instance,
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    'cloud.region': 'us-east-1',
    'cloud.account.id': '123456789012',
    'telemetry.distro.name': 'lambda-otlp',
    team: 'check out',
  };
  for (const { resource } of [...spans, ...logs]) expect(resource).toMatchObject(common);
  const ids = new Set(spans.map(({ resource }) => resource['service.instance.id']));
  expect([...ids]).toEqual([expect.stringMatching(/^[0-9a-f]{8}-/)]);
  expect(logs.some(({ resource }) => 'service.instance.id' in resource)).toBe(false);
});
