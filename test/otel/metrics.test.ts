import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { Meter } from '../../src/otel/meter';
import type { MeterOptions } from '../../src/otel/meter';
import { ErrorTypes, toMeasurements } from '../../src/otel/metrics';
import { at, createTracker, done, feed, init, report, start, wire } from '../invocation/scenario';
import type { WireEvent } from '../invocation/scenario';

const resource = resourceFromAttributes({});

function createMeter(options: Partial<MeterOptions> = {}): Meter {
  return new Meter({
    scope: { name: 'lambda-otlp', version: '0' },
    temporality: 'delta',
    exponentialHistograms: false,
    selfMetrics: true,
    ...options,
  });
}

function measure(events: readonly WireEvent[]): Record<string, [number, object][]> {
  const tracker = createTracker();
  feed(tracker, events);
  const facts = [...tracker.settle(), ...tracker.settle({ time: at(9999) })];
  const measured: Record<string, [number, object][]> = {};
  const types = new ErrorTypes();
  const measurements = facts.flatMap((fact) => toMeasurements(fact, types));
  for (const { instrument, value, attributes } of measurements) {
    (measured[instrument] ??= []).push([value, attributes]);
  }
  return measured;
}

function collect(meter: Meter, includeSelfOnly = false): ResourceMetrics | undefined {
  return meter.collect(resource, includeSelfOnly);
}

const pointsOf = (window: ResourceMetrics | undefined, name: string) =>
  window?.scopeMetrics[0]?.metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ??
  [];

it('measurements name twenty error types of an environment, and every other one as _OTHER', () => {
  const failed = Array.from({ length: 25 }, (_, index) => [
    start(index * 1000, `request-${index}`),
    done(index * 1000 + 100, `request-${index}`, { status: 'error', errorType: `E${index}` }),
  ]);
  const types = measure([...failed.flat(), ...failed.flat()])['faas.errors']?.map(
    ([, attributes]) => (attributes as Record<string, string>)['error.type'],
  );
  const named = Array.from({ length: 20 }, (_, index) => `E${index}`);
  expect(types).toEqual([...named, '_OTHER', '_OTHER', '_OTHER', '_OTHER', '_OTHER']);
});

it('measurements of a cold start and its report have the units of the semantic conventions', () => {
  expect(measure([...init(-600), start(0), done(100), report(101)])).toEqual({
    'faas.invocations': [[1, {}]],
    'faas.coldstarts': [[1, { 'lambda.initialization_type': 'on-demand' }]],
    'faas.invoke_duration': [[0.1, { 'faas.coldstart': true }]],
    'faas.init_duration': [
      [0.501, { 'lambda.initialization_type': 'on-demand', 'lambda.phase': 'init' }],
    ],
    'faas.mem_usage': [[98 * 1_048_576, {}]],
    'lambda.memory_utilization': [[98 / 512, {}]],
    'lambda.billed_duration': [[0.102, {}]],
    'lambda.response_latency': [[0.09, {}]],
    'lambda.response_duration': [[0.001, {}]],
    'lambda.runtime_overhead': [[0.009, {}]],
    'lambda.extension_overhead': [[0.001, {}]],
    'lambda.produced_bytes': [[42, {}]],
  });
});

it('measurements of a failure carry error.type and the phase', () => {
  const failed = { status: 'error', errorType: 'Runtime.ExitError' };
  expect(measure([start(0), done(100, undefined, failed)])).toMatchObject({
    'faas.errors': [[1, { 'error.type': 'Runtime.ExitError', 'lambda.phase': 'invoke' }]],
    'faas.invoke_duration': [[0.1, { 'error.type': 'Runtime.ExitError', 'faas.coldstart': false }]],
  });
});

it('measurements on Managed Instances come from the report; what it lacks is no point', () => {
  const initialized = init(-600, { initializationType: 'lambda-managed-instances' });
  const metrics = { durationMs: 4.212 };
  const measured = measure([...initialized, start(0), report(5, undefined, { metrics })]);
  expect(measured['faas.invoke_duration']).toEqual([[0.004212, { 'faas.coldstart': false }]]);
  expect(measured['faas.invocations']).toEqual([[1, {}]]);
  for (const name of ['faas.mem_usage', 'lambda.billed_duration', 'faas.coldstarts']) {
    expect(measured).not.toHaveProperty([name]);
  }
});

it('measurements count the restore once, from its own report', () => {
  const restored = [
    wire(-300, 'platform.restoreStart', {}),
    wire(-9, 'platform.restoreReport', { status: 'success', metrics: { durationMs: 291 } }),
  ];
  const metrics = { durationMs: 1, restoreDurationMs: 291, billedRestoreDurationMs: 292 };
  const events = [start(0), done(100), report(101, undefined, { metrics })];
  expect(measure([...restored, ...events])).toMatchObject({
    'lambda.restore_duration': [[0.291, {}]],
    'lambda.billed_restore_duration': [[0.292, {}]],
  });
  expect(measure(events)).toMatchObject({ 'lambda.restore_duration': [[0.291, {}]] });
});

it('measurements never carry the requestId', () => {
  const measured = measure([...init(-600), start(0), done(100), report(101)]);
  expect(JSON.stringify(measured)).not.toContain('9d6b1f8e');
});

const invocation = (ms: number) => ({
  instrument: 'faas.invocations' as const,
  value: 1,
  attributes: {},
  time: at(ms),
});

it('Meter gives delta windows that follow each other at event time', () => {
  const meter = createMeter();
  meter.record(invocation(100));
  meter.record(invocation(50));
  const first = collect(meter);
  meter.record(invocation(3_600_000));
  const second = collect(meter);
  expect(pointsOf(first, 'faas.invocations')).toEqual([
    { startTime: at(50), endTime: at(100), attributes: {}, value: 2 },
  ]);
  expect(pointsOf(second, 'faas.invocations')).toEqual([
    { startTime: at(100), endTime: at(3_600_000), attributes: {}, value: 1 },
  ]);
});

it('Meter never ends a window at or before its start, even for late events', () => {
  const meter = createMeter();
  meter.record(invocation(100));
  const [first] = pointsOf(collect(meter), 'faas.invocations');
  meter.record(invocation(20));
  const [second] = pointsOf(collect(meter), 'faas.invocations');
  expect(first).toMatchObject({ startTime: at(100), endTime: at(101) });
  expect(second).toMatchObject({ startTime: at(101), endTime: at(102) });
});

it('Meter adds up what is recorded until it is collected, and gives no empty window', () => {
  const meter = createMeter();
  expect(collect(meter, true)).toBeUndefined();
  meter.record(invocation(1));
  meter.record(invocation(2));
  expect(pointsOf(collect(meter), 'faas.invocations')[0]?.value).toBe(2);
  expect(collect(meter, true)).toBeUndefined();
});

it('Meter makes no window of the extension’s own figures alone, but does at the end', () => {
  const meter = createMeter();
  meter.record({ ...invocation(1), instrument: 'otel.sdk.exporter.span.exported' });
  expect(collect(meter)).toBeUndefined();
  expect(pointsOf(collect(meter, true), 'otel.sdk.exporter.span.exported')).toHaveLength(1);
});

it('Meter leaves its own figures out when told to', () => {
  const meter = createMeter({ selfMetrics: false });
  meter.record({ ...invocation(1), instrument: 'otel.sdk.exporter.span.exported' });
  meter.record(invocation(1));
  const window = collect(meter, true);
  expect(window?.scopeMetrics[0]?.metrics.map(({ descriptor }) => descriptor.name)).toEqual([
    'faas.invocations',
  ]);
});

it('Meter gives cumulative points from one fixed start when asked to', () => {
  const meter = createMeter({ temporality: 'cumulative' });
  meter.record(invocation(100));
  collect(meter);
  meter.record(invocation(50));
  meter.record(invocation(200));
  expect(pointsOf(collect(meter), 'faas.invocations')).toEqual([
    { startTime: at(100), endTime: at(200), attributes: {}, value: 3 },
  ]);
});

it('Meter uses the advised buckets, or exponential ones on request', () => {
  const duration = { ...invocation(1), instrument: 'faas.invoke_duration' as const, value: 0.02 };
  const explicit = createMeter();
  explicit.record(duration);
  const exponential = createMeter({ exponentialHistograms: true });
  exponential.record(duration);
  const [advised] = pointsOf(collect(explicit), 'faas.invoke_duration');
  const [scaled] = pointsOf(collect(exponential), 'faas.invoke_duration');
  expect(advised?.value).toMatchObject({
    buckets: { boundaries: expect.arrayContaining([0.005, 10, 900]) as unknown },
  });
  expect(scaled?.value).toMatchObject({ scale: expect.any(Number) as unknown });
});

it('Meter refuses values that OTLP must not carry', () => {
  const meter = createMeter();
  meter.record({ ...invocation(1), value: Number.NaN });
  meter.record({ ...invocation(1), value: Number.POSITIVE_INFINITY });
  expect(collect(meter, true)).toBeUndefined();
});

const HOUR = 3_600_000;
const counted = (ms: number) => ({
  instrument: 'faas.invocations' as const,
  value: 1,
  attributes: {},
  time: at(ms),
});
const begins = (meter: Meter) => pointsOf(collect(meter), 'faas.invocations')[0]?.startTime;

it.each(['delta', 'cumulative'] as const)(
  'the first window of an environment that waited begins with the restore (%s)',
  (temporality) => {
    const meter = createMeter({ temporality });
    meter.sawEvent({ type: 'platform.initStart', time: at(-1000 * HOUR) });
    meter.record(counted(-1000 * HOUR));
    meter.sawEvent({ type: 'platform.restoreStart', time: at(0) });
    meter.sawEvent({ type: 'platform.initReport', time: at(-60_000) });
    meter.record(counted(100));
    expect(begins(meter)).toEqual(at(0));
  },
);

it.each(['delta', 'cumulative'] as const)(
  'every later window of an environment that waited begins with the restore, too (%s)',
  (temporality) => {
    const meter = createMeter({ temporality });
    meter.record(counted(-1000 * HOUR));
    expect(begins(meter)).toEqual(at(-1000 * HOUR));
    meter.sawEvent({ type: 'platform.restoreStart', time: at(0) });
    meter.record(counted(100));
    expect(begins(meter)).toEqual(at(0));
  },
);

it('the first window of an environment that waited begins with the first event after more than an hour', () => {
  const meter = createMeter();
  meter.sawEvent({ type: 'platform.initStart', time: at(-2 * HOUR) });
  meter.sawEvent({ type: 'platform.start', time: at(0) });
  meter.record(counted(100));
  meter.record(counted(-2 * HOUR));
  expect(begins(meter)).toEqual(at(0));
});

it('the first window of an environment that waited reaches back to an event of the same hour', () => {
  const meter = createMeter();
  meter.sawEvent({ type: 'platform.start', time: at(0) });
  meter.record(counted(-HOUR / 2));
  expect(begins(meter)).toEqual(at(-HOUR / 2));
});
