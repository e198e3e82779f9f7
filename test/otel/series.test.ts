// The sums of our own are those of the SDK's MeterProvider, whatever is measured.
import { ValueType } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import type { Instrument } from '../../src/otel/instruments';
import { InstrumentSeries } from '../../src/otel/series';

const NAMED = { name: 'measured', unit: 'By', description: 'What was measured' } as const;
const BOUNDARIES = [0, 1, 8, 64, 512];
const WINDOW = { first: [1, 0], start: [2, 0], end: [3, 0] } as const satisfies Record<
  string,
  [number, number]
>;

interface Case {
  readonly kind: Instrument['kind'];
  readonly isDelta: boolean;
  readonly exponentialHistograms: boolean;
}
const CASES: readonly Case[] = (['counter', 'upDownCounter', 'histogram'] as const).flatMap(
  (kind) =>
    [true, false].flatMap((isDelta) =>
      (kind === 'histogram' ? [true, false] : [false]).map((exponentialHistograms) => ({
        kind,
        isDelta,
        exponentialHistograms,
      })),
    ),
);

interface Measured {
  readonly value: number;
  readonly attributes: Attributes;
}

/** Their sums are exact in any order. */
const values = fc.oneof(
  fc.integer({ min: -1024, max: 1_048_576 }).map((value) => value / 1024),
  fc.constantFrom(0, 1, 8, 2 ** -20, 2 ** 20),
  fc.integer({ min: -20, max: 20 }).map((exponent) => 3 * 2 ** exponent),
);
const attributes: fc.Arbitrary<Attributes> = fc.constantFrom(
  {},
  { a: 'x' },
  { a: 'y', b: true },
  { b: true, a: 'y' },
);
const windows = fc.array(fc.array(fc.record({ value: values, attributes }), { maxLength: 30 }), {
  maxLength: 4,
});

class PullReader extends MetricReader {
  protected override onShutdown = (): Promise<void> => Promise.resolve();
  protected override onForceFlush = (): Promise<void> => Promise.resolve();
}

function createSdk({ kind, isDelta, exponentialHistograms }: Case) {
  const reader = new PullReader({
    aggregationTemporalitySelector: (type) =>
      isDelta && type !== InstrumentType.UP_DOWN_COUNTER
        ? AggregationTemporality.DELTA
        : AggregationTemporality.CUMULATIVE,
    aggregationSelector: () => ({
      type: exponentialHistograms ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
    }),
  });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  const { name, ...options } = NAMED;
  const integer = { ...options, valueType: ValueType.INT };
  const advice = { explicitBucketBoundaries: BOUNDARIES };
  const counter = kind === 'counter' && meter.createCounter(name, integer);
  const upDown = kind === 'upDownCounter' && meter.createUpDownCounter(name, integer);
  const histogram = kind === 'histogram' && meter.createHistogram(name, { ...options, advice });
  return {
    record({ value, attributes: of }: Measured): void {
      if (counter) counter.add(value, of);
      if (upDown) upDown.add(value, of);
      if (histogram) histogram.record(value, of);
    },
    async collect(): Promise<MetricData | undefined> {
      const { resourceMetrics } = await reader.collect();
      const [metric] = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      return metric?.dataPoints.length === 0 ? undefined : metric;
    },
  };
}

/** Without times, which are the clock's there. */
function comparable(metric: MetricData | undefined): unknown {
  if (metric === undefined) return undefined;
  const { name, unit, description, valueType } = metric.descriptor;
  const { aggregationTemporality, dataPointType, dataPoints } = metric;
  const isMonotonic = 'isMonotonic' in metric && metric.isMonotonic;
  const points = dataPoints.map(({ attributes: of, value }) => ({ attributes: of, value }));
  const descriptor = { name, unit, description, valueType };
  return { descriptor, aggregationTemporality, dataPointType, isMonotonic, points };
}

it.each(CASES)('what an instrument measured is what the SDK makes of it: %j', async (of) => {
  await fc.assert(
    fc.asyncProperty(windows, async (list) => {
      const sdk = createSdk(of);
      const instrument = { ...NAMED, kind: of.kind, boundaries: BOUNDARIES };
      const ours = new InstrumentSeries(instrument, { ...of, exemplars: false });
      for (const measured of list) {
        for (const one of measured) {
          // After a window of zeros alone the SDK's scale of a cumulative series is 0 for good.
          if (one.value === 0 && of.exponentialHistograms && !of.isDelta) continue;
          sdk.record(one);
          ours.record({ ...one, instrument: 'faas.invocations', time: [1, 0] });
        }
        expect(comparable(ours.collect(WINDOW))).toEqual(comparable(await sdk.collect()));
      }
    }),
  );
});

it('what an instrument measured is of 2,000 series at most: of further attributes there is one', () => {
  const instrument = { ...NAMED, kind: 'counter' } as const;
  const options = { isDelta: true, exponentialHistograms: false, exemplars: false };
  const series = new InstrumentSeries(instrument, options);
  for (let index = 0; index < 2500; index += 1) {
    const measured = { instrument: 'faas.errors', value: 1, time: [1, 0] } as const;
    series.record({ ...measured, time: [1, 0], attributes: { 'error.type': `E${index}` } });
  }
  const points = series.collect(WINDOW)?.dataPoints ?? [];
  expect(points).toHaveLength(2000);
  expect(points.at(-1)).toMatchObject({
    attributes: { 'otel.metric.overflow': true },
    value: 501,
  });
});

it('what an instrument measured is not held back by a window that has not begun', () => {
  const instrument = { ...NAMED, kind: 'counter' } as const;
  const options = { isDelta: false, exponentialHistograms: false, exemplars: false };
  const series = new InstrumentSeries(instrument, options);
  series.record({ instrument: 'faas.errors', value: 1, time: [1, 0], attributes: {} });
  const [point] = series.collect({ first: [5, 0], start: [5, 0], end: [4, 0] })?.dataPoints ?? [];
  expect(point).toMatchObject({ startTime: [5, 0], endTime: [5, 1_000_000] });
});
