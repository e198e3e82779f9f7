// Applies redaction and filters to the protobuf items of the function's SDK. What no rule touches stays the same byte
// for byte; a malformed message is cut where it breaks.
// Source: opentelemetry-proto 1.x
import { equalBytes, readLatin1, readUtf8 } from '../relay/bytes';
import type { Range } from '../relay/bytes';
import { FieldReader, LENGTH_DELIMITED } from '../relay/field-reader';
import type { Signal } from '../relay/item';
import { bytesOf, wholeOf } from '../relay/item';
import { MessageWriter } from '../relay/message-writer';
import { ReceivedLogRecord, ReceivedMetric } from '../relay/scan-request';
import { ReceivedSpan } from '../relay/received-span';
import type { ReceivedItems } from '../relay/scan-request';
import type { Field } from '../relay/schema';
import { fieldsOf } from '../relay/schema';
import { MASK, MAX_DEPTH } from './redaction';
import type { RedactionFilter } from './redaction-filter';
import { readBody } from './repeated-lines';

/** Free texts. Other strings are attribute values, which have rules of their own, or fixed names. */
const TEXTS: ReadonlySet<string> = new Set([
  'Span.name',
  'Event.name',
  'Status.message',
  'LogRecord.eventName',
]);
/** Messages that contain no text. */
const PASSED: ReadonlySet<string> = new Set(['Buckets', 'ValueAtQuantile', 'EntityRef']);
const MESSAGES: Readonly<Record<Signal, string>> = {
  traces: 'Span',
  metrics: 'Metric',
  logs: 'LogRecord',
};
const STRING_VALUE = 1;
/** Bytes that are a text are masked as one; other bytes stay as they are or are replaced as a whole. */
const BYTES_VALUE = 7;

export class ReceivedFilter {
  constructor(private readonly filter: RedactionFilter) {}

  /** Undefined if the item was dropped, and counted. */
  item<S extends Signal>(signal: S, came: ReceivedItems[S]): ReceivedItems[S] | undefined {
    if (came instanceof ReceivedLogRecord && this.filter.dropsLogs && this.isDropped(came)) {
      return undefined;
    }
    const bytes = bytesOf(came);
    const block = this.message(MESSAGES[signal], signal, bytes);
    if (block === bytes) return came;
    const part = wholeOf(block);
    if (came instanceof ReceivedLogRecord) {
      return new ReceivedLogRecord(part, came) as ReceivedItems[S];
    }
    if (came instanceof ReceivedMetric) return new ReceivedMetric(part, came) as ReceivedItems[S];
    const span = new ReceivedSpan(part, came);
    // The request is known, even if the attribute that names it has been dropped.
    span.invocationId = came.invocationId;
    return span as ReceivedItems[S];
  }

  /** Filters a message of this type; returns the same bytes if no rule touches it. */
  message(typeName: string, signal: Signal, bytes: Uint8Array): Uint8Array {
    return new MessageFilter(this.filter, signal, bytes).message(typeName, whole(bytes)) ?? bytes;
  }

  private isDropped(record: ReceivedLogRecord): boolean {
    const { severityNumber: severity } = record;
    return this.filter.isDropped({
      body: readBody(record),
      ...(severity > 0 && { severityNumber: severity }),
    });
  }
}

const whole = (bytes: Uint8Array): Range => ({ start: 0, end: bytes.length });

/** Where an AnyValue stands: under which name and how deep. */
interface ValuePlace {
  readonly name: string;
  readonly depth: number;
}

const NAMELESS: ValuePlace = { name: '', depth: 0 };

class MessageFilter {
  constructor(
    private readonly filter: RedactionFilter,
    private readonly signal: Signal,
    private readonly bytes: Uint8Array,
  ) {}

  /** Undefined if unchanged. */
  message(typeName: string, range: Range, place = NAMELESS): Uint8Array | undefined {
    const reader = new FieldReader(this.bytes);
    const fields = fieldsOf({ typeName });
    let writer: MessageWriter | undefined;
    let copied = range.start;
    let previous = range.start;
    reader.enter(range.start, range.end);
    while (reader.next()) {
      const field = fields.find(({ number }) => number === reader.field);
      const changed = field && this.field(typeName, field, { reader, place });
      if (changed !== undefined) {
        writer ??= new MessageWriter(range.end - range.start + 64);
        writer.raw(this.bytes.subarray(copied, previous));
        if (changed !== NOTHING) writer.bytesField(reader.field, changed);
        copied = reader.end;
      }
      previous = reader.end;
    }
    if (reader.isMalformed) {
      writer ??= new MessageWriter(previous - range.start + 64);
      if (previous > copied) writer.raw(this.bytes.subarray(copied, previous));
      return writer.finish().slice();
    }
    writer?.raw(this.bytes.subarray(copied, range.end));
    return writer?.finish().slice();
  }

  private field(
    typeName: string,
    field: Field,
    { reader, place }: { readonly reader: FieldReader; readonly place: ValuePlace },
  ): Uint8Array | undefined {
    if (reader.wireType !== LENGTH_DELIMITED || PASSED.has(field.typeName)) return undefined;
    const { start, end } = reader;
    if (field.typeName === 'KeyValue') return this.keyValue({ start, end }, place, typeName);
    if (field.typeName === 'AnyValue') return this.value({ start, end }, place);
    if (field.type === 'message') {
      return this.message(field.typeName, { start, end }, deeper(place));
    }
    if (typeName === 'AnyValue' && field.number === STRING_VALUE) {
      return this.namedText({ start, end }, place.name);
    }
    if (typeName === 'AnyValue' && field.number === BYTES_VALUE) {
      return this.namedBytes({ start, end }, place.name);
    }
    if (!TEXTS.has(`${typeName}.${field.name}`)) return undefined;
    return this.text({ start, end }, (text) => this.filter.redactor.text(text));
  }

  private keyValue(range: Range, place: ValuePlace, owner: string): Uint8Array | undefined {
    const reader = new FieldReader(this.bytes);
    let name = '';
    reader.enter(range.start, range.end);
    while (reader.next()) {
      if (reader.is(1, LENGTH_DELIMITED)) name = readUtf8(this.bytes, reader.start, reader.end);
    }
    const isAttribute = owner !== 'KeyValueList';
    if (reader.isMalformed) return NOTHING;
    if (isAttribute && this.filter.dropsAttribute(name, this.signal)) return NOTHING;
    if (this.filter.redactor.masksKey(name)) return toMasked(name);
    return this.message('KeyValue', range, { name, depth: place.depth + 1 });
  }

  private value(range: Range, place: ValuePlace): Uint8Array | undefined {
    return place.depth > MAX_DEPTH ? toText(MASK) : this.message('AnyValue', range, deeper(place));
  }

  private namedText(range: Range, name: string): Uint8Array | undefined {
    return this.text(range, (text) => this.filter.redactor.namedText(name, text));
  }

  /** Unlike a string, a bytes value is not cut at the limit for texts, unless there is something to mask. */
  private namedBytes(range: Range, name: string): Uint8Array | undefined {
    const { redactor } = this.filter;
    const bytes = this.bytes.subarray(range.start, range.end);
    const text = readUtf8(bytes, 0, bytes.length);
    if (!text.includes(REPLACEMENT) || equalBytes(UTF8.encode(text), bytes)) {
      return redactor.rulesOf(name, text).size > 0 ? this.namedText(range, name) : undefined;
    }
    // Arbitrary bytes may contain text in UTF-8 or in an encoding of one byte per character.
    const readings = [text, readLatin1(bytes)].map((reading) => redactor.rulesOf(name, reading));
    const rules = new Set(readings.flatMap((found) => [...found]));
    for (const rule of rules) redactor.count(rule, 1);
    return rules.size > 0 ? UTF8.encode(MASK) : undefined;
  }

  private text({ start, end }: Range, redact: (text: string) => string): Uint8Array | undefined {
    const text = readUtf8(this.bytes, start, end);
    const redacted = redact(text);
    return redacted === text ? undefined : UTF8.encode(redacted);
  }
}

const UTF8 = new TextEncoder();
/** What invalid UTF-8 is decoded to. */
const REPLACEMENT = '\u{fffd}';
/** Removes the field. */
const NOTHING = new Uint8Array(0);

function deeper({ name, depth }: ValuePlace): ValuePlace {
  return { name, depth: depth + 1 };
}

/** Encodes an AnyValue. */
function toText(text: string): Uint8Array {
  const writer = new MessageWriter();
  writer.bytesField(STRING_VALUE, UTF8.encode(text));
  return writer.finish().slice();
}

/** Encodes a KeyValue. */
function toMasked(name: string): Uint8Array {
  const writer = new MessageWriter();
  writer.bytesField(1, UTF8.encode(name));
  writer.bytesField(2, toText(MASK));
  return writer.finish().slice();
}
