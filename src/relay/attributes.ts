// Reads attributes (repeated KeyValue) of a message that is otherwise left alone: by key, only values of one word.
// Source: opentelemetry-proto 1.x, common/v1/common.proto
import { readText, readVarint64 } from './bytes';
import { FieldReader, FIXED64, LENGTH_DELIMITED, VARINT } from './field-reader';
import type { AttributeValue } from './edit-span';

/** Every attribute's key; of values that are lists, maps or bytes `undefined`. The last of a key holds. */
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
        key = readText(message, attribute.start, attribute.end);
      else if (attribute.is(2, LENGTH_DELIMITED)) value = readValue(message, attribute);
    }
    attributes.set(key, value);
  }
  return attributes;
}

function readValue(message: Uint8Array, { start, end }: FieldReader): AttributeValue | undefined {
  const reader = new FieldReader(message);
  let value: AttributeValue | undefined;
  reader.enter(start, end);
  while (reader.next()) {
    if (reader.is(1, LENGTH_DELIMITED)) value = readText(message, reader.start, reader.end);
    else if (reader.is(2, VARINT)) value = reader.value !== 0;
    else if (reader.is(3, VARINT)) {
      value = Number(BigInt.asIntN(64, readVarint64(message, reader.start, reader.end)));
    } else if (reader.is(4, FIXED64)) {
      value = new DataView(message.buffer, message.byteOffset).getFloat64(reader.start, true);
    }
  }
  return value;
}
