// Reads the name and the points of a counter of whole numbers, to count again what was lost with it.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric, Sum, NumberDataPoint)
import { readAttributes } from './attributes';
import { readFixed64, readText } from './bytes';
import type { AttributeValue } from './edit-span';
import { FieldReader, FIXED64, LENGTH_DELIMITED } from './field-reader';

export interface CounterPoint {
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  readonly value: number;
}

const NAME = 1;
const SUM = 7;
const DATA_POINTS = 1;
const AS_INT = 6;
const ATTRIBUTES = 7;

/** Without points where the metric is of another kind. */
export function readCounter(metric: Uint8Array): {
  readonly name: string;
  readonly points: readonly CounterPoint[];
} {
  const fields = new FieldReader(metric);
  const sum = new FieldReader(metric);
  const points: CounterPoint[] = [];
  let name = '';
  fields.enter(0, metric.length);
  while (fields.next()) {
    if (fields.is(NAME, LENGTH_DELIMITED)) name = readText(metric, fields.start, fields.end);
    if (!fields.is(SUM, LENGTH_DELIMITED)) continue;
    sum.enter(fields.start, fields.end);
    while (sum.next()) {
      if (!sum.is(DATA_POINTS, LENGTH_DELIMITED)) continue;
      points.push(readPoint(metric.subarray(sum.start, sum.end)));
    }
  }
  return { name, points };
}

function readPoint(point: Uint8Array): CounterPoint {
  const reader = new FieldReader(point);
  let value = 0;
  reader.enter(0, point.length);
  while (reader.next()) if (reader.is(AS_INT, FIXED64)) value = readFixed64(point, reader.start);
  return { attributes: Object.fromEntries(readAttributes(point, ATTRIBUTES)), value };
}
