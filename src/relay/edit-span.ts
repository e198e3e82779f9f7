// Changes a span or a log record without decoding it. In protobuf the last value of a scalar counts, messages merge and
// repeated fields accumulate, so that what is appended wins and everything else stays as it came.
// Sources: protobuf.dev, "Encoding", Last One Wins; opentelemetry-proto 1.x, trace/v1/trace.proto, logs/v1/logs.proto
import { readAttributes } from './attributes';
import type { Attributes, AttributeValue } from './attributes';
import { FieldReader, FIXED32, LENGTH_DELIMITED, VARINT } from './field-reader';
import { fromHex } from './bytes';
import { MessageWriter } from './message-writer';

export interface SpanLink {
  /** Hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
}

export interface SpanEdit {
  /** Hexadecimal. */
  readonly traceId?: string;
  readonly kind?: number;
  readonly traceState?: string;
  /** Hexadecimal; empty: the span becomes a root. */
  readonly parentSpanId?: string;
  readonly flags?: number;
  /** The span must not have them yet, since OTLP does not allow a key twice. */
  readonly attributes?: Attributes;
  readonly links?: readonly SpanLink[];
  readonly status?: { readonly code: number; readonly message?: string };
}

export function editSpan(span: Uint8Array, edit: SpanEdit): Uint8Array {
  const writer = new MessageWriter(span.length + 256);
  writer.raw(span);
  if (edit.traceId !== undefined) writer.bytesField(1, toId(edit.traceId));
  if (edit.kind !== undefined) appendVarint(writer, 6, edit.kind);
  if (edit.traceState !== undefined) appendText(writer, 3, edit.traceState);
  if (edit.parentSpanId !== undefined) writer.bytesField(4, toId(edit.parentSpanId));
  appendAttributes(writer, 9, edit.attributes);
  for (const link of edit.links ?? []) appendLink(writer, link);
  if (edit.status !== undefined) {
    const { code, message } = edit.status;
    writer.tag(15, LENGTH_DELIMITED);
    const start = writer.begin();
    if (message !== undefined) appendText(writer, 2, message);
    appendVarint(writer, 3, code);
    writer.end(start);
  }
  if (edit.flags !== undefined) {
    writer.tag(16, FIXED32);
    writer.fixed32(edit.flags);
  }
  return writer.finish().slice();
}

const LOG_ATTRIBUTES = 6;

/** Sets attributes, replacing those that the record had under these names. */
export function editLogRecord(record: Uint8Array, attributes: Attributes): Uint8Array {
  const writer = new MessageWriter(record.length + 128);
  copyWithoutAttributes(writer, record, {
    field: LOG_ATTRIBUTES,
    isGone: (key) => Object.hasOwn(attributes, key),
  });
  appendAttributes(writer, LOG_ATTRIBUTES, attributes);
  return writer.finish().slice();
}

/** Copies all fields but attributes whose key `isGone`, each with its tag and length. */
export function copyWithoutAttributes(
  writer: MessageWriter,
  message: Uint8Array,
  { field, isGone }: { readonly field: number; readonly isGone: (key: string) => boolean },
): void {
  const reader = new FieldReader(message);
  let copied = 0;
  reader.enter(0, message.length);
  while (reader.next()) {
    const bytes = message.subarray(copied, reader.end);
    copied = reader.end;
    const [key] = reader.is(field, LENGTH_DELIMITED) ? readAttributes(bytes, field).keys() : [];
    if (key === undefined || !isGone(key)) writer.raw(bytes);
  }
}

function appendLink(writer: MessageWriter, { traceId, spanId }: SpanLink): void {
  writer.tag(13, LENGTH_DELIMITED);
  const start = writer.begin();
  writer.bytesField(1, toId(traceId));
  writer.bytesField(2, toId(spanId));
  writer.end(start);
}

export function appendAttributes(
  writer: MessageWriter,
  field: number,
  attributes: Attributes = {},
): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    writer.tag(field, LENGTH_DELIMITED);
    const start = writer.begin();
    appendText(writer, 1, key);
    writer.tag(2, LENGTH_DELIMITED);
    const valueStart = writer.begin();
    appendValue(writer, value);
    writer.end(valueStart);
    writer.end(start);
  }
}

function appendValue(writer: MessageWriter, value: AttributeValue): void {
  if (typeof value === 'string') appendText(writer, 1, value);
  else if (typeof value === 'boolean') appendVarint(writer, 2, value ? 1 : 0);
  else if (Number.isSafeInteger(value)) appendVarint(writer, 3, value);
  else {
    writer.tag(4, 1);
    writer.double(value);
  }
}

function appendText(writer: MessageWriter, field: number, text: string): void {
  writer.tag(field, LENGTH_DELIMITED);
  writer.text(text);
}

function appendVarint(writer: MessageWriter, field: number, value: number): void {
  writer.tag(field, VARINT);
  writer.varint(value);
}

function toId(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}
