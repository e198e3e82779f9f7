// Sets attributes of a log record that is otherwise left alone: what it had under their names goes.
// Source: opentelemetry-proto 1.x, logs/v1/logs.proto (LogRecord)
import { readAttributes } from './attributes';
import type { Attributes } from './edit-span';
import { appendAttributes } from './edit-span';
import { FieldReader, LENGTH_DELIMITED } from './field-reader';
import { MessageWriter } from './message-writer';

const ATTRIBUTES = 6;

export function editLogRecord(record: Uint8Array, attributes: Attributes): Uint8Array {
  const writer = new MessageWriter(record.length + 128);
  const reader = new FieldReader(record);
  let copied = 0;
  reader.enter(0, record.length);
  while (reader.next()) {
    const field = record.subarray(copied, reader.end);
    copied = reader.end;
    const isSet =
      reader.is(ATTRIBUTES, LENGTH_DELIMITED) &&
      [...readAttributes(field, ATTRIBUTES).keys()].some((key) => Object.hasOwn(attributes, key));
    if (!isSet) writer.raw(field);
  }
  appendAttributes(writer, ATTRIBUTES, attributes);
  return writer.finish().slice();
}
