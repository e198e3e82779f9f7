// Data points of many requests brought together: one series per metric and attributes, deltas added
// up, of cumulative points and gauges the newest.
import { toPlainAttributes } from '../otlp/flatten';
import type { FlatMetric, PlainAttributes } from '../otlp/flatten';
import type {
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  Metric,
  NumberDataPoint,
} from '../otlp/model';
import { AGGREGATION_TEMPORALITY } from '../otlp/model';

/** How many values lie in (lower, upper]. */
interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export interface MetricSeries {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'counter' | 'sum' | 'gauge' | 'histogram';
  readonly attributes: PlainAttributes;
  /** Of a histogram: its values. Otherwise undefined. */
  readonly count: number | undefined;
  /** Value of a counter or gauge, sum of a histogram. */
  readonly sum: number;
  readonly max: number | undefined;
  readonly min: number | undefined;
  readonly buckets: readonly Bucket[];
  readonly timeUnixNano: bigint;
}

/** Sorted by name, then attributes. Summaries have no place here: nothing of ours writes them. */
export function toMetricSeries(metrics: readonly FlatMetric[]): readonly MetricSeries[] {
  return sortSeries(addMetrics(new Map(), metrics));
}

/** Series by name and attributes. */
export type SeriesMap = Map<string, MetricSeries>;

/** Adds points to the series that are there; returns the same map. */
export function addMetrics(merged: SeriesMap, metrics: readonly FlatMetric[]): SeriesMap {
  for (const { metric } of metrics) {
    for (const { series, delta } of toSeries(metric)) {
      const key = JSON.stringify([series.name, Object.entries(series.attributes).sort()]);
      const previous = merged.get(key);
      merged.set(key, previous === undefined ? series : combine(previous, series, delta));
    }
  }
  return merged;
}

export function sortSeries(merged: SeriesMap): readonly MetricSeries[] {
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series);
}

interface Point {
  readonly series: MetricSeries;
  readonly delta: boolean;
}

function toSeries(metric: Metric): Point[] {
  const { gauge, sum, histogram, exponentialHistogram, name, unit } = metric;
  const isDelta = (data: { aggregationTemporality: number }): boolean =>
    data.aggregationTemporality === AGGREGATION_TEMPORALITY.delta;
  const kind: MetricSeries['kind'] = sum?.isMonotonic === true ? 'counter' : 'sum';
  return [
    ...(gauge?.dataPoints ?? []).map((point) => ({
      series: { name, unit, kind: 'gauge' as const, ...ofNumber(point) },
      delta: false,
    })),
    ...(sum?.dataPoints ?? []).map((point) => ({
      series: { name, unit, kind, ...ofNumber(point) },
      delta: sum !== undefined && isDelta(sum),
    })),
    ...[histogram, exponentialHistogram].flatMap((data) =>
      (data?.dataPoints ?? []).map((point) => ({
        series: { name, unit, kind: 'histogram' as const, ...ofDistribution(point) },
        delta: data !== undefined && isDelta(data),
      })),
    ),
  ];
}

type Values = Omit<MetricSeries, 'name' | 'unit' | 'kind'>;

function ofNumber(point: NumberDataPoint): Values {
  return {
    attributes: toPlainAttributes(point.attributes),
    count: undefined,
    sum: Number(point.asInt ?? point.asDouble ?? 0),
    min: undefined,
    max: undefined,
    buckets: [],
    timeUnixNano: BigInt(point.timeUnixNano),
  };
}

function ofDistribution(point: HistogramDataPoint | ExponentialHistogramDataPoint): Values {
  return {
    attributes: toPlainAttributes(point.attributes),
    count: Number(point.count),
    sum: point.sum ?? 0,
    min: point.min,
    max: point.max,
    buckets: 'explicitBounds' in point ? ofBounds(point) : ofScale(point),
    timeUnixNano: BigInt(point.timeUnixNano),
  };
}

function ofBounds({ bucketCounts, explicitBounds }: HistogramDataPoint): Bucket[] {
  return bucketCounts.map((count, index) => ({
    lower: explicitBounds[index - 1] ?? -Infinity,
    upper: explicitBounds[index] ?? Infinity,
    count: Number(count),
  }));
}

/** Data model, "Exponential buckets": (base^index, base^(index+1)], base = 2^(2^-scale). */
function ofScale(point: ExponentialHistogramDataPoint): Bucket[] {
  const base = 2 ** (2 ** -point.scale);
  const { positive, negative, zeroCount, zeroThreshold } = point;
  const positives = (positive?.bucketCounts ?? []).map((count, index) => ({
    lower: base ** ((positive?.offset ?? 0) + index),
    upper: base ** ((positive?.offset ?? 0) + index + 1),
    count: Number(count),
  }));
  const negatives = (negative?.bucketCounts ?? []).map((count, index) => ({
    lower: -(base ** ((negative?.offset ?? 0) + index + 1)),
    upper: -(base ** ((negative?.offset ?? 0) + index)),
    count: Number(count),
  }));
  const zero = { lower: 0 - zeroThreshold, upper: zeroThreshold, count: Number(zeroCount) };
  return [...negatives.reverse(), zero, ...positives];
}

function combine(previous: MetricSeries, next: MetricSeries, delta: boolean): MetricSeries {
  const newer = next.timeUnixNano >= previous.timeUnixNano ? next : previous;
  if (!delta) return newer;
  const of = (
    choose: (...values: number[]) => number,
    values: readonly (number | undefined)[],
  ): number | undefined => {
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? undefined : choose(...known);
  };
  return {
    ...newer,
    count:
      previous.count === undefined && next.count === undefined
        ? undefined
        : (previous.count ?? 0) + (next.count ?? 0),
    sum: previous.sum + next.sum,
    min: of(Math.min, [previous.min, next.min]),
    max: of(Math.max, [previous.max, next.max]),
    buckets: addBuckets(previous.buckets, next.buckets),
  };
}

function addBuckets(a: readonly Bucket[], b: readonly Bucket[]): readonly Bucket[] {
  const counts = new Map<string, Bucket>();
  for (const bucket of [...a, ...b]) {
    const key = `${bucket.lower} ${bucket.upper}`;
    const count = bucket.count + (counts.get(key)?.count ?? 0);
    counts.set(key, { ...bucket, count });
  }
  return [...counts.values()].sort((x, y) => x.lower - y.lower || x.upper - y.upper);
}
