// Halves a Metric message that an endpoint finds too large, by data points. Both halves keep everything else, so
// that they are the same stream.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric)
import { FieldReader, LENGTH_DELIMITED } from '../../relay/field-reader';
import { bytesOf } from '../../relay/item';
import type { RawMetric } from '../../relay/item';
import { ProtobufWriter } from './protobuf-writer';

/** gauge, sum, histogram, exponential_histogram, summary. */
const DATA_FIELDS: ReadonlySet<number> = new Set([5, 7, 9, 10, 11]);
const DATA_POINTS = 1;

/** Two metrics that together hold the same points, or undefined for a single point. */
export function splitMetric(metric: RawMetric): readonly [RawMetric, RawMetric] | undefined {
  const { points } = metric;
  if (points < 2) return undefined;
  const middle = Math.ceil(points / 2);
  return [slicePoints(metric, 0, middle), slicePoints(metric, middle, points)];
}

function slicePoints(metric: RawMetric, first: number, end: number): RawMetric {
  const bytes = bytesOf(metric);
  const writer = new ProtobufWriter(bytes.length);
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
    writer.varint(fields.field * 8 + LENGTH_DELIMITED);
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
  const block = writer.copyFrom(0);
  return { ...metric, block, start: 0, end: block.length, points: end - first };
}
