// Points of many requests brought together, and percentiles out of buckets.
import * as fc from 'fast-check';
import { toMetricSeries } from '../../src/render/metric-series';
import type { MetricSeries } from '../../src/render/metric-series';
import { estimateQuantile } from '../../src/render/quantile';
import { formatQuantity } from '../../src/render/quantity';
import type { Fields } from './sample';
import { at, text, toMetrics } from './sample';

const sum = (value: number, aggregationTemporality: number, more: Fields = {}): Fields => ({
  name: 'faas.errors',
  unit: '{error}',
  sum: {
    isMonotonic: true,
    aggregationTemporality,
    dataPoints: [{ timeUnixNano: at(value), asDouble: value, ...more }],
  },
});
const seriesOf = (...metrics: readonly Fields[]): readonly MetricSeries[] =>
  toMetricSeries(toMetrics(metrics));

test('deltas add up, whatever their order', () => {
  expect(seriesOf(sum(2, 1), sum(1, 1))).toMatchObject([{ sum: 3, kind: 'counter' }]);
});

test('of cumulative points the newest counts, whatever their order', () => {
  expect(seriesOf(sum(5, 2), sum(3, 2))).toMatchObject([{ sum: 5 }]);
});

test('other attributes are another series, in any order of keys', () => {
  const a = text('a', '1');
  const b = text('b', '2');
  const found = seriesOf(
    sum(1, 1, { attributes: [a, b] }),
    sum(2, 1, { attributes: [b, a] }),
    sum(4, 1),
  );
  expect(found.map((series) => series.sum).sort()).toEqual([3, 4]);
});

const histogramOf = (values: readonly number[], bounds: readonly number[]): Fields => {
  const counts = [...bounds, Infinity].map(
    (bound, index) =>
      values.filter((value) => value <= bound && value > (bounds[index - 1] ?? -Infinity)).length,
  );
  return {
    name: 'h',
    unit: 's',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          timeUnixNano: at(1),
          count: String(values.length),
          sum: values.reduce((total, value) => total + value, 0),
          min: Math.min(...values),
          max: Math.max(...values),
          bucketCounts: counts.map(String),
          explicitBounds: bounds,
        },
      ],
    },
  };
};

test('histograms of several windows are one distribution', () => {
  const [series] = seriesOf(histogramOf([0.1, 0.2], [0.15]), histogramOf([0.3], [0.15]));
  expect(series).toMatchObject({ count: 3, min: 0.1, max: 0.3 });
  expect(series?.sum).toBeCloseTo(0.6);
  expect(series?.buckets.map(({ count }) => count)).toEqual([1, 2]);
});

test('a percentile lies within its bucket and within min and max', () => {
  const values = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (recorded, quantile) => {
      const bounds = [1, 5, 10];
      const [series] = seriesOf(histogramOf(recorded, bounds)) as [MetricSeries];
      const estimate = estimateQuantile(series, quantile) ?? NaN;
      const sorted = [...recorded].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(quantile * sorted.length - 1e-9) - 1] ?? 0;
      const upper = bounds.find((bound) => exact <= bound) ?? Infinity;
      const lower = bounds.filter((bound) => bound < exact).at(-1) ?? -Infinity;
      expect(estimate).toBeGreaterThanOrEqual(Math.max(lower, sorted[0] ?? 0));
      expect(estimate).toBeLessThanOrEqual(Math.min(upper, sorted.at(-1) ?? 0));
    }),
  );
});

test('an exponential histogram has its buckets at powers of its base', () => {
  const [series] = seriesOf({
    name: 'e',
    unit: 's',
    exponentialHistogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          timeUnixNano: at(1),
          count: '4',
          sum: 7,
          scale: 0,
          zeroCount: '1',
          positive: { offset: 1, bucketCounts: ['2'] },
          negative: { offset: 0, bucketCounts: ['1'] },
        },
      ],
    },
  });
  expect(series?.buckets).toEqual([
    { lower: -2, upper: -1, count: 1 },
    { lower: 0, upper: 0, count: 1 },
    { lower: 2, upper: 4, count: 2 },
  ]);
});

test('nothing recorded has no percentile', () => {
  expect(seriesOf(sum(1, 1)).map((series) => estimateQuantile(series, 0.5))).toEqual([undefined]);
});

test.each([
  [0, 's', '0 ms'],
  [0.000_25, 's', '250 µs'],
  [0.1234, 's', '123 ms'],
  [1.5, 's', '1.5 s'],
  [90, 's', '1.5 min'],
  [512, 'By', '512 B'],
  [70_000_000, 'By', '66.8 MiB'],
  [0.256, '1', '25.6 %'],
  [3, '{error}', '3'],
])('%d %s reads %s', (value, unit, expected) => {
  expect(formatQuantity(value, unit)).toBe(expected);
});
