// What an instrument measured, added up for each set of attributes. The SDK's MeterProvider does the same for
// applications of any kind, with six times the code and a fifth of all memory that an invocation allocated (decision
// 3); test/otel/series.test.ts checks that both agree.
// Source: https://opentelemetry.io/docs/specs/otel/metrics/sdk/
import { ValueType } from '@opentelemetry/api';
import type { Attributes, HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { ExponentialHistogram, Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import { addMs, compareTimes } from '../telemetry/timestamp';
import type { Exemplar } from './exemplars';
import type { Instrument } from './instruments';
import type { Measurement } from './metrics';

export interface SeriesOptions {
  readonly isDelta: boolean;
  readonly exponentialHistograms: boolean;
  readonly exemplars: boolean;
}

export interface Window {
  /** The time of the environment's first event, where cumulative points start. */
  readonly first: HrTime;
  readonly start: HrTime;
  readonly end: HrTime;
}

/** The sums of one series. */
interface Sums<T> {
  add(value: number): void;
  /** A copy of the current values. */
  toValue(): T;
}

interface Series {
  readonly attributes: Attributes;
  readonly sums: Sums<number | Histogram | ExponentialHistogram>;
  exemplar: Exemplar | undefined;
}

/** The specification's limit for an instrument, including the series that takes all further attributes. */
const MAX_SERIES = 2000;
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

export class InstrumentSeries {
  private series = new Map<string, Series>();
  private readonly descriptor: MetricData['descriptor'];
  private readonly hasExemplars: boolean;

  constructor(
    private readonly instrument: Instrument,
    private readonly options: SeriesOptions,
  ) {
    const { name, description, unit, kind } = instrument;
    const valueType = kind === 'histogram' ? ValueType.DOUBLE : ValueType.INT;
    this.descriptor = { name, description, unit, valueType };
    // Only durations: a trace shows where the time went.
    this.hasExemplars = options.exemplars && kind === 'histogram' && unit === 's';
  }

  /** The value must be finite; a negative one is ignored where the specification allows none. */
  record({ value, attributes, time, trace }: Measurement): void {
    if (value < 0 && this.instrument.kind !== 'upDownCounter') return;
    const series = this.seriesOf(attributes);
    series.sums.add(value);
    if (trace === undefined || !this.hasExemplars) return;
    const { exemplar: known } = series;
    if (known !== undefined && compareTimes(known.time, time) > 0) return;
    const { traceId, spanId } = trace;
    series.exemplar = { time, value, traceId, spanId };
  }

  /** The points of the window; undefined if there are none. */
  collect({ first, start, end }: Window): MetricData | undefined {
    if (this.series.size === 0) return undefined;
    // A sum that can fall is only useful as a total.
    const isDelta = this.options.isDelta && this.instrument.kind !== 'upDownCounter';
    const startTime = isDelta ? start : first;
    const endTime = compareTimes(end, startTime) > 0 ? end : addMs(startTime, 1);
    const dataPoints = [];
    for (const series of this.series.values()) {
      const { attributes, sums, exemplar } = series;
      dataPoints.push({ attributes, startTime, endTime, value: sums.toValue(), exemplar });
      series.exemplar = undefined;
    }
    // A new Map, not clear(): a table in the old generation would keep the next one and its contents alive.
    if (isDelta) this.series = new Map();
    return {
      descriptor: this.descriptor,
      aggregationTemporality: isDelta
        ? AggregationTemporality.DELTA
        : AggregationTemporality.CUMULATIVE,
      dataPointType: this.dataPointType,
      dataPoints,
      isMonotonic: this.instrument.kind === 'counter',
    } as MetricData;
  }

  private get dataPointType(): DataPointType {
    if (this.instrument.kind !== 'histogram') return DataPointType.SUM;
    return this.options.exponentialHistograms
      ? DataPointType.EXPONENTIAL_HISTOGRAM
      : DataPointType.HISTOGRAM;
  }

  private seriesOf(attributes: Attributes): Series {
    const key = toKey(attributes);
    const known = this.series.get(key);
    if (known !== undefined) return known;
    if (this.series.size >= MAX_SERIES - 1 && attributes !== OVERFLOW)
      return this.seriesOf(OVERFLOW);
    const series = { attributes, sums: this.createSums(), exemplar: undefined };
    this.series.set(key, series);
    return series;
  }

  private createSums(): Series['sums'] {
    const { kind, boundaries } = this.instrument;
    if (kind !== 'histogram') return new Sum();
    return this.options.exponentialHistograms
      ? new ExponentialBuckets()
      : new ExplicitBuckets(boundaries ?? []);
  }
}

function toKey(attributes: Attributes): string {
  const parts = Object.entries(attributes);
  if (parts.length === 0) return '';
  if (parts.length > 1) parts.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(parts);
}

class Sum implements Sums<number> {
  private sum = 0;

  /** Counts are whole numbers. */
  add(value: number): void {
    this.sum += Math.trunc(value);
  }

  toValue(): number {
    return this.sum;
  }
}

/** What explicit and exponential histograms have in common. */
class Moments {
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

class ExplicitBuckets extends Moments implements Sums<Histogram> {
  private readonly counts: number[];

  constructor(private readonly boundaries: readonly number[]) {
    super();
    this.counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  /** A value equal to a boundary belongs to the bucket below it. */
  override add(value: number): void {
    super.add(value);
    const { boundaries, counts } = this;
    let index = 0;
    while (index < boundaries.length && value > (boundaries[index] ?? 0)) index += 1;
    counts[index] = (counts[index] ?? 0) + 1;
  }

  toValue(): Histogram {
    const { count, sum, min, max } = this;
    // Passes the instrument's own list, which is encoded only once.
    const boundaries = this.boundaries as number[];
    return { count, sum, min, max, buckets: { boundaries, counts: this.counts.slice() } };
  }
}

const MAX_SCALE = 20;
const MAX_BUCKETS = 160;

/** Bucket i holds values above base^i and up to base^(i + 1), where base is 2^(2^-scale). */
class ExponentialBuckets extends Moments implements Sums<ExponentialHistogram> {
  private scale = MAX_SCALE;
  private zeroCount = 0;
  private counts = new Map<number, number>();
  private low = Infinity;
  private high = -Infinity;

  override add(value: number): void {
    super.add(value);
    if (value === 0) {
      this.zeroCount += 1;
      return;
    }
    // Two neighbouring buckets of one scale are one bucket of the next, so an index at the finest scale determines all
    // others.
    const finest = Math.ceil(Math.log2(value) * 2 ** MAX_SCALE) - 1;
    const index = finest >> (MAX_SCALE - this.scale);
    this.low = Math.min(this.low, index);
    this.high = Math.max(this.high, index);
    while (this.high - this.low >= MAX_BUCKETS) this.halve();
    const at = finest >> (MAX_SCALE - this.scale);
    this.counts.set(at, (this.counts.get(at) ?? 0) + 1);
  }

  private halve(): void {
    const counts = new Map<number, number>();
    for (const [index, count] of this.counts) {
      counts.set(index >> 1, (counts.get(index >> 1) ?? 0) + count);
    }
    this.counts = counts;
    this.scale -= 1;
    this.low >>= 1;
    this.high >>= 1;
  }

  toValue(): ExponentialHistogram {
    const { count, sum, min, max, zeroCount, counts, low, high } = this;
    const hasBuckets = counts.size > 0;
    const bucketCounts = [];
    for (let index = low; index <= high; index += 1) bucketCounts.push(counts.get(index) ?? 0);
    return {
      count,
      sum,
      min,
      max,
      scale: hasBuckets ? this.scale : 0,
      zeroCount,
      positive: { offset: hasBuckets ? low : 0, bucketCounts },
      // Negative values are not recorded.
      negative: { offset: 0, bucketCounts: [] },
    };
  }
}
