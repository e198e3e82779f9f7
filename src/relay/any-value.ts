// An AnyValue message as the value that it stands for.
// Source: opentelemetry-proto 1.x, common/v1/common.proto
import { readUtf8, readVarint64 } from './bytes';
import { FieldReader, FIXED64, LENGTH_DELIMITED, VARINT } from './field-reader';

export type PlainValue =
  string | boolean | number | null | Uint8Array | PlainValue[] | { [key: string]: PlainValue };

interface Range {
  readonly start: number;
  readonly end: number;
}

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
