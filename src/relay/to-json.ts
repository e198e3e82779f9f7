// Turns an export request in protobuf into OTLP/JSON, for endpoints that take nothing else. Total: a malformed nested
// message ends where it breaks; fields that the schema does not know are lost, as JSON has no names for them.
// Source: OTLP specification, "JSON Protobuf Encoding"
import { readFixed32, readHex, readUtf8, readVarint64, toBase64 } from './bytes';
import type { Range } from './bytes';
import { FieldReader, FIXED32, FIXED64, LENGTH_DELIMITED } from './field-reader';
import type { Signal } from './item';
import { fieldsOf, requestFields } from './schema';
import type { Field } from './schema';

/** What is nested deeper is left empty. */
const MAX_DEPTH = 80;

export function toJson(signal: Signal, body: Uint8Array): string {
  const source = new JsonSource(body);
  return JSON.stringify(source.message(requestFields(signal), { start: 0, end: body.length }, 0));
}

class JsonSource {
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(fields: readonly Field[], { start, end }: Range, depth: number): object {
    const message: Record<string, unknown> = {};
    if (depth > MAX_DEPTH) return message;
    const reader = new FieldReader(this.bytes);
    reader.enter(start, end);
    while (reader.next()) {
      const field = fields.find(({ number }) => number === reader.field);
      if (field === undefined) continue;
      const values = this.values(field, reader, depth);
      if (field.isRepeated) {
        const list = (message[field.name] ??= []) as unknown[];
        for (const value of values) list.push(value);
      } else if (values.length > 0) {
        message[field.name] = values[0];
      }
    }
    return message;
  }

  /** One value, or several that are packed; empty where the wire type does not fit. */
  private values(field: Field, at: FieldReader, depth: number): readonly unknown[] {
    const { start, end, wireType } = at;
    if (wireType === field.wireType) return [this.value(field, { start, end }, depth)];
    const isPacked = wireType === LENGTH_DELIMITED && field.isRepeated;
    return isPacked ? this.packed(field, { start, end }) : [];
  }

  private packed(field: Field, { start, end }: Range): readonly unknown[] {
    const values: unknown[] = [];
    const fixedBytes = field.wireType === FIXED64 ? 8 : field.wireType === FIXED32 ? 4 : undefined;
    for (let position = start; position < end;) {
      const next = position + (fixedBytes ?? this.varintLength(position, end));
      if (next > end) break;
      values.push(this.value(field, { start: position, end: next }, 0));
      position = next;
    }
    return values;
  }

  private varintLength(start: number, end: number): number {
    let length = 1;
    while (start + length < end && (this.bytes[start + length - 1] ?? 0) > 0x7f) length += 1;
    return length;
  }

  private value(field: Field, { start, end }: Range, depth: number): unknown {
    const { bytes, view } = this;
    switch (field.type) {
      case 'message':
        return this.message(fieldsOf(field), { start, end }, depth + 1);
      case 'string':
        return readUtf8(bytes, start, end);
      case 'id':
        return readHex(bytes, start, end);
      case 'bytes':
        return toBase64(bytes.subarray(start, end));
      case 'double':
        return toJsonDouble(view.getFloat64(start, true));
      case 'fixed64':
        return String(view.getBigUint64(start, true));
      case 'sfixed64':
        return String(view.getBigInt64(start, true));
      case 'fixed32':
        return readFixed32(bytes, start);
      default:
        return toJsonInteger(field.type, readVarint64(bytes, start, end));
    }
  }
}

/** JSON has no number for NaN and the infinities; ProtoJSON writes their names. */
function toJsonDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function toJsonInteger(
  type: 'bool' | 'enum' | 'uint32' | 'int32' | 'sint32' | 'int64' | 'uint64',
  value: bigint,
): boolean | number | string {
  switch (type) {
    case 'bool':
      return value !== 0n;
    case 'uint32':
      return Number(BigInt.asUintN(32, value));
    case 'int32':
    case 'enum':
      return Number(BigInt.asIntN(32, value));
    case 'sint32': {
      const zigzag = Number(BigInt.asUintN(32, value));
      return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    case 'int64':
      return String(BigInt.asIntN(64, value));
    case 'uint64':
      return String(value);
  }
}
