// Reads attributes (repeated KeyValue) of a message that is otherwise left alone: by key, and only scalar values.
// Source: opentelemetry-proto 1.x, common/v1/common.proto
import { readAnyValue } from './any-value';
import { readFixed64, readUtf8 } from './bytes';
import { FieldReader, FIXED64, LENGTH_DELIMITED } from './field-reader';

export type AttributeValue = string | boolean | number;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** By key, every value; `undefined` for lists, maps and bytes. The last value of a key counts. */
export function readAttributes(
  message: Uint8Array,
  field: number,
): ReadonlyMap<string, AttributeValue | undefined> {
  const attributes = new Map<string, AttributeValue | undefined>();
  const reader = new FieldReader(message);
  const attribute = new FieldReader(message);
  reader.enter(0, message.length);
  while (reader.next()) {
    if (!reader.is(field, LENGTH_DELIMITED)) continue;
    let key = '';
    let value: AttributeValue | undefined;
    attribute.enter(reader.start, reader.end);
    while (attribute.next()) {
      if (attribute.is(1, LENGTH_DELIMITED))
        key = readUtf8(message, attribute.start, attribute.end);
      else if (attribute.is(2, LENGTH_DELIMITED)) {
        const plain = readAnyValue(message, attribute, 0);
        value = typeof plain === 'object' ? undefined : plain;
      }
    }
    attributes.set(key, value);
  }
  return attributes;
}

// Reads the name and the points of an integer counter, to count again what was lost with it.
// Source: opentelemetry-proto 1.x, metrics/v1/metrics.proto (Metric, Sum, NumberDataPoint)

interface CounterPoint {
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  readonly value: number;
}

const NAME = 1;
const SUM = 7;
const DATA_POINTS = 1;
const AS_INT = 6;
const ATTRIBUTES = 7;

/** No points where the metric is of another kind. */
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
    if (fields.is(NAME, LENGTH_DELIMITED)) name = readUtf8(metric, fields.start, fields.end);
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
