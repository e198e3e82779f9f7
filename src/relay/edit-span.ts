// Changes to a span without decoding it. Protobuf takes the last of a scalar, merges messages and adds to what
// repeats, so that what is appended wins and everything else stays as it came.
// Source: protobuf.dev, "Encoding", Last One Wins
import { FIXED32, LENGTH_DELIMITED, VARINT } from './field-reader';
import { fromHex } from './bytes';
import { MessageWriter } from './message-writer';

export type AttributeValue = string | boolean | number;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface SpanLink {
  /** Hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
}

export interface SpanEdit {
  readonly traceState?: string;
  /** Hexadecimal; empty: the span becomes a root. */
  readonly parentSpanId?: string;
  readonly flags?: number;
  /** Must not be there yet: a key that comes twice is no valid OTLP. */
  readonly attributes?: Attributes;
  readonly links?: readonly SpanLink[];
  readonly status?: { readonly code: number; readonly message?: string };
}

export function editSpan(span: Uint8Array, edit: SpanEdit): Uint8Array {
  const writer = new MessageWriter(span.length + 256);
  writer.raw(span);
  if (edit.traceState !== undefined) appendText(writer, 3, edit.traceState);
  if (edit.parentSpanId !== undefined) appendId(writer, 4, edit.parentSpanId);
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

function appendLink(writer: MessageWriter, { traceId, spanId }: SpanLink): void {
  writer.tag(13, LENGTH_DELIMITED);
  const start = writer.begin();
  appendId(writer, 1, traceId);
  appendId(writer, 2, spanId);
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

function appendId(writer: MessageWriter, field: number, id: string): void {
  const bytes = fromHex(id) ?? new Uint8Array(0);
  writer.tag(field, LENGTH_DELIMITED);
  writer.varint(bytes.length);
  writer.raw(bytes);
}
