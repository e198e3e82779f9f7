// Writes an SDK metric as OTLP's Metric message. Name, description, unit and boundaries of an instrument are the same
// objects in every window and are encoded once.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto
import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
} from '@opentelemetry/sdk-metrics';
import type { ExemplarPoint } from '../../otel/exemplars';
import type { OtlpWriter } from './otlp-writer';
import { FieldReader, LENGTH_DELIMITED } from '../../relay/field-reader';
import { bytesOf, wholeOf } from '../../relay/item';
import type { RawMetric } from '../../relay/item';
import { MessageWriter } from '../../relay/message-writer';

const WORD = 2 ** 32;

const DESCRIPTORS = new WeakMap<MetricData['descriptor'], Uint8Array>();
const ALL_BOUNDS = new WeakMap<readonly number[], Uint8Array>();

export function writeMetric(writer: OtlpWriter, metric: MetricData): void {
  writer.once(DESCRIPTORS, metric.descriptor, writeDescriptor);
  writeData(writer, metric);
}

function writeDescriptor(writer: OtlpWriter, descriptor: MetricData['descriptor']): void {
  const { name, description, unit } = descriptor;
  writer.textField(0x0a, name);
  if (description) writer.textField(0x12, description);
  if (unit) writer.textField(0x1a, unit);
}

/** Writes a Gauge, Sum, Histogram or ExponentialHistogram. */
function writeData(writer: OtlpWriter, metric: MetricData): void {
  const { dataPointType, descriptor, aggregationTemporality: temporality } = metric;
  writer.byte(DATA_TAGS[dataPointType]);
  const start = writer.begin(2);
  if (!writer.dataPoints(metric)) {
    for (const point of metric.dataPoints) {
      writer.byte(0x0a);
      const pointStart = writer.begin(2);
      if (dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
        writeExponentialPoint(writer, point as DataPoint<ExponentialHistogram>);
      } else if (dataPointType === DataPointType.HISTOGRAM) {
        writeHistogramPoint(writer, point as DataPoint<Histogram>);
      } else {
        writeNumberPoint(writer, point as DataPoint<number>, descriptor.valueType);
      }
      writer.end(pointStart, 2);
    }
  }
  if (dataPointType !== DataPointType.GAUGE) {
    writer.count(0x10, temporality === AggregationTemporality.DELTA ? 1 : 2);
  }
  if (dataPointType === DataPointType.SUM && metric.isMonotonic) writer.count(0x18, 1);
  writer.end(start, 2);
}

const DATA_TAGS: Readonly<Record<DataPointType, number>> = {
  [DataPointType.GAUGE]: 0x2a,
  [DataPointType.SUM]: 0x3a,
  [DataPointType.HISTOGRAM]: 0x4a,
  [DataPointType.EXPONENTIAL_HISTOGRAM]: 0x52,
};

function writeTimes(writer: OtlpWriter, { startTime, endTime }: DataPoint<unknown>): void {
  writer.time(0x11, startTime);
  writer.time(0x19, endTime);
}

function writeNumberPoint(writer: OtlpWriter, point: DataPoint<number>, type: ValueType): void {
  writeTimes(writer, point);
  if (type === ValueType.INT) writeInteger(writer, 0x31, point.value);
  else writeDouble(writer, 0x21, point.value);
  writer.keyValues(0x3a, point.attributes);
}

function writeHistogramPoint(writer: OtlpWriter, point: DataPoint<Histogram>): void {
  const { count, sum, min, max, buckets } = point.value;
  writeTimes(writer, point);
  writeInteger(writer, 0x21, count);
  writeDouble(writer, 0x29, sum);
  if (buckets.counts.length > 0) {
    writer.byte(0x32);
    writer.varint(buckets.counts.length * 8);
    for (const inBucket of buckets.counts) writeWords(writer, inBucket);
  }
  if (buckets.boundaries.length > 0) {
    writer.once(ALL_BOUNDS, buckets.boundaries, writeBounds);
  }
  writeExemplar(writer, 0x42, point);
  writer.keyValues(0x4a, point.attributes);
  writeDouble(writer, 0x59, min);
  writeDouble(writer, 0x61, max);
}

function writeExemplar(writer: OtlpWriter, tag: number, point: object): void {
  const { exemplar } = point as ExemplarPoint;
  if (exemplar === undefined) return;
  writer.byte(tag);
  const start = writer.begin();
  writer.time(0x11, exemplar.time);
  writeDouble(writer, 0x19, exemplar.value);
  writer.id(0x22, exemplar.spanId);
  writer.id(0x2a, exemplar.traceId);
  writer.end(start);
}

function writeBounds(writer: OtlpWriter, bounds: readonly number[]): void {
  writer.byte(0x3a);
  writer.varint(bounds.length * 8);
  for (const bound of bounds) writer.double(bound);
}

function writeExponentialPoint(writer: OtlpWriter, point: DataPoint<ExponentialHistogram>): void {
  const { count, sum, min, max, scale, zeroCount, positive, negative } = point.value;
  writer.keyValues(0x0a, point.attributes);
  writeTimes(writer, point);
  writeInteger(writer, 0x21, count);
  writeDouble(writer, 0x29, sum);
  if (scale !== 0) writer.count(0x30, zigzag(scale));
  writeInteger(writer, 0x39, zeroCount);
  writeBuckets(writer, 0x42, positive);
  writeBuckets(writer, 0x4a, negative);
  writeExemplar(writer, 0x5a, point);
  writeDouble(writer, 0x61, min);
  writeDouble(writer, 0x69, max);
}

function writeBuckets(
  writer: OtlpWriter,
  tag: number,
  { offset, bucketCounts }: ExponentialHistogram['positive'],
): void {
  writer.byte(tag);
  const start = writer.begin();
  if (offset !== 0) writer.count(0x08, zigzag(offset));
  if (bucketCounts.length > 0) {
    writer.byte(0x12);
    const countsStart = writer.begin();
    for (const count of bucketCounts) writer.varint(count);
    writer.end(countsStart);
  }
  writer.end(start);
}

/** Encodes a sint32. */
function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function writeDouble(writer: OtlpWriter, tag: number, value: number | undefined): void {
  if (value === undefined) return;
  writer.byte(tag);
  writer.double(value);
}

/** Writes 64 bits; negative values in two's complement. */
function writeInteger(writer: OtlpWriter, tag: number, value: number): void {
  writer.byte(tag);
  writeWords(writer, value);
}

function writeWords(writer: OtlpWriter, measured: number): void {
  const value = Math.trunc(measured);
  writer.words(value >>> 0, Math.floor(value / WORD) >>> 0);
}

// Halves a Metric message that an endpoint finds too large, by data points. Both halves keep everything else, so that
// they belong to the same stream.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric)

/** The fields gauge, sum, histogram, exponential_histogram and summary. */
const DATA_FIELDS: ReadonlySet<number> = new Set([5, 7, 9, 10, 11]);
const DATA_POINTS = 1;

/** Two metrics that together hold the same points; undefined for a metric with a single point. */
export function splitMetric(metric: RawMetric): readonly [RawMetric, RawMetric] | undefined {
  const { points } = metric;
  if (points < 2) return undefined;
  const middle = Math.ceil(points / 2);
  return [slicePoints(metric, 0, middle), slicePoints(metric, middle, points)];
}

function slicePoints(metric: RawMetric, first: number, end: number): RawMetric {
  const bytes = bytesOf(metric);
  const writer = new MessageWriter(bytes.length);
  const fields = new FieldReader(bytes);
  const data = new FieldReader(bytes);
  let copied = 0;
  let point = 0;
  fields.enter(0, bytes.length);
  while (fields.next()) {
    const isData = fields.wireType === LENGTH_DELIMITED && DATA_FIELDS.has(fields.field);
    if (!isData) {
      writer.raw(bytes.subarray(copied, fields.end));
      copied = fields.end;
      continue;
    }
    copied = fields.start;
    writer.tag(fields.field, LENGTH_DELIMITED);
    const start = writer.begin(2);
    data.enter(fields.start, fields.end);
    while (data.next()) {
      const isPoint = data.is(DATA_POINTS, LENGTH_DELIMITED);
      const isKept = !isPoint || (point >= first && point < end);
      if (isPoint) point += 1;
      if (isKept) writer.raw(bytes.subarray(copied, data.end));
      copied = data.end;
    }
    writer.end(start, 2);
  }
  return { ...metric, ...wholeOf(writer.finish().slice()), points: end - first };
}
