// Reads attributes (repeated KeyValue) of a message, by key; only scalar values.
// Source: opentelemetry-proto 1.x, common/v1/common.proto
import { readFixed64, readUtf8, readVarint64 } from './bytes';
import type { Range } from './bytes';
import { FieldReader, FIXED64, LENGTH_DELIMITED, VARINT } from './field-reader';

export type AttributeValue = string | boolean | number;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** The values by key; `undefined` for lists, maps and bytes. The last value of a key counts. */
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

// Reads the name and the points of an integer counter, so that counts in a lost metric can be recorded again.
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

/** Has no points if the metric is of another kind. */
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

// Decodes an AnyValue message.
// Source: opentelemetry-proto 1.x, common/v1/common.proto

export type PlainValue =
  string | boolean | number | null | Uint8Array | PlainValue[] | { [key: string]: PlainValue };

/** What is nested deeper is left out. */
const MAX_DEPTH = 80;

export function readAnyValue(bytes: Uint8Array, { start, end }: Range, depth: number): PlainValue {
  const reader = new FieldReader(bytes);
  let value: PlainValue = null;
  if (depth > MAX_DEPTH) return value;
  reader.enter(start, end);
  while (reader.next()) {
    if (reader.is(1, LENGTH_DELIMITED)) value = readUtf8(bytes, reader.start, reader.end);
    else if (reader.is(2, VARINT)) value = reader.value !== 0;
    else if (reader.is(3, VARINT)) {
      value = Number(BigInt.asIntN(64, readVarint64(bytes, reader.start, reader.end)));
    } else if (reader.is(4, FIXED64)) {
      value = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(reader.start, true);
    } else if (reader.is(5, LENGTH_DELIMITED)) {
      value = parts(bytes, reader).map((part) => readAnyValue(bytes, part, depth + 1));
    } else if (reader.is(6, LENGTH_DELIMITED)) {
      value = Object.fromEntries(
        parts(bytes, reader).map((part) => readKeyValue(bytes, part, depth + 1)),
      );
    } else if (reader.is(7, LENGTH_DELIMITED)) value = bytes.subarray(reader.start, reader.end);
  }
  return value;
}

/** The messages of field 1. */
function parts(bytes: Uint8Array, { start, end }: Range): Range[] {
  const reader = new FieldReader(bytes);
  const found: Range[] = [];
  reader.enter(start, end);
  while (reader.next()) {
    if (reader.is(1, LENGTH_DELIMITED)) found.push({ start: reader.start, end: reader.end });
  }
  return found;
}

function readKeyValue(bytes: Uint8Array, range: Range, depth: number): [string, PlainValue] {
  const reader = new FieldReader(bytes);
  let key = '';
  let value: PlainValue = null;
  reader.enter(range.start, range.end);
  while (reader.next()) {
    if (reader.is(1, LENGTH_DELIMITED)) key = readUtf8(bytes, reader.start, reader.end);
    else if (reader.is(2, LENGTH_DELIMITED)) value = readAnyValue(bytes, reader, depth);
  }
  return [key, value];
}
