// Converts OTLP/JSON to an export request in protobuf. Every member that is present is written, even if it is zero, as
// SDKs do in protobuf; unknown members are ignored, as the specification requires. An item that does not fit its type
// is left out and counted; the others stay.
// Source: OTLP specification, "JSON Protobuf Encoding"
import { LENGTH_DELIMITED } from './field-reader';
import type { Signal } from './item';
import { fromBase64, fromHex } from './bytes';
import { MessageWriter } from './message-writer';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { ENUM_VALUES, fieldsOf, requestFields } from './schema';
import type { Field, Scalar } from './schema';

export type FromJson =
  | {
      readonly ok: true;
      readonly body: Uint8Array;
      /** The number of items, or of groups of items, that were left out. */
      readonly invalid: number;
    }
  /** `seen`: what was there instead of a request. */
  | { readonly ok: false; readonly seen: string };

/** Messages that are left out by themselves if they are invalid; an invalid message within an item invalidates it. */
const LEFT_OUT_ALONE: ReadonlySet<string> = new Set([
  ...['ResourceSpans', 'ScopeSpans', 'Span'],
  ...['ResourceMetrics', 'ScopeMetrics', 'Metric'],
  ...['ResourceLogs', 'ScopeLogs', 'LogRecord'],
]);

/** Messages nested deeper become empty, because readers of protobuf refuse about a hundred levels. */
const MAX_DEPTH = 80;

/** `text`: an Export{Trace,Metrics,Logs}ServiceRequest in OTLP/JSON. */
export function fromJson(signal: Signal, text: string): FromJson {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch (error) {
    return { ok: false, seen: `text that is not JSON (${(error as Error).message})` };
  }
  if (!isObject(request)) return { ok: false, seen: 'a JSON value that is not an object' };
  const fields = requestFields(signal);
  // JSON is more than twice as large.
  const writer = new JsonWriter(text.length >>> 1);
  if (!writer.message(request, fields, 0)) {
    return { ok: false, seen: `a member ${fields[0]?.name} that is not a list` };
  }
  return { ok: true, body: writer.finish(), invalid: writer.invalid };
}

/** Each method returns false when the value is not of its type; the caller then discards what was written. */
class JsonWriter extends MessageWriter {
  invalid = 0;

  message(object: JsonObject, fields: readonly Field[], depth: number): boolean {
    for (const field of fields) {
      const value = object[field.name];
      // In ProtoJSON, null means the default value everywhere.
      if (value === undefined || value === null) continue;
      if (!(field.isRepeated ? this.list(field, value, depth) : this.field(field, value, depth))) {
        return false;
      }
    }
    return true;
  }

  private list(field: Field, values: unknown, depth: number): boolean {
    if (!Array.isArray(values)) return false;
    if (field.wireType !== LENGTH_DELIMITED) return this.packed(field, values);
    const isLeftOutAlone = LEFT_OUT_ALONE.has(field.typeName);
    for (const value of values as readonly unknown[]) {
      const { position } = this;
      if (this.field(field, value, depth)) continue;
      if (!isLeftOutAlone) return false;
      this.position = position;
      this.invalid += 1;
    }
    return true;
  }

  private packed(field: Field, values: readonly unknown[]): boolean {
    if (values.length === 0) return true;
    this.tag(field.number, LENGTH_DELIMITED);
    const start = this.begin();
    const areValid = values.every((value) => this.scalar(field, value));
    this.end(start);
    return areValid;
  }

  private field(field: Field, value: unknown, depth: number): boolean {
    this.tag(field.number, field.wireType);
    if (field.type !== 'message') return this.scalar(field, value);
    if (!isObject(value)) return false;
    const start = this.begin();
    const isValid = depth === MAX_DEPTH || this.message(value, fieldsOf(field), depth + 1);
    this.end(start);
    return isValid;
  }

  private scalar(field: Field, value: unknown): boolean {
    switch (field.type) {
      case 'string':
        if (typeof value !== 'string') return false;
        this.text(value);
        return true;
      case 'id':
      case 'bytes':
        return this.bytesValue(field.type === 'id' ? fromHex(value) : fromBase64(value));
      case 'bool':
        this.byte(value === true ? 1 : 0);
        return typeof value === 'boolean';
      case 'double': {
        const number = toDouble(value);
        this.double(number ?? 0);
        return number !== undefined;
      }
      case 'int64':
      case 'uint64':
      case 'fixed64':
      case 'sfixed64':
        return this.integer64(field.type, value);
      case 'message':
        return false;
      default:
        return this.integer32(field.type, toEnumNumber(field, value));
    }
  }

  private bytesValue(bytes: Uint8Array | undefined): boolean {
    if (bytes === undefined) return false;
    this.varint(bytes.length);
    this.raw(bytes);
    return true;
  }

  private integer32(type: Integer32, value: unknown): boolean {
    const number = toInteger32(type, value);
    if (number === undefined) return false;
    if (type === 'fixed32') this.fixed32(number);
    else if (type === 'sint32') this.varint(((number << 1) ^ (number >> 31)) >>> 0);
    else this.varint(number);
    return true;
  }

  private integer64(type: Integer64, value: unknown): boolean {
    const isFixed = type === 'fixed64' || type === 'sfixed64';
    // Numbers in attributes are usually small; only times need all 64 bits.
    if (!isFixed && typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
      this.varint(value);
      return true;
    }
    const integer = toInteger64(type === 'int64' || type === 'sfixed64', value);
    if (integer === undefined) return false;
    if (isFixed) this.fixed64(integer);
    else this.bigVarint(integer);
    return true;
  }
}

/** OTLP/JSON does not allow names of enum values, but ProtoJSON writers use them. */
function toEnumNumber({ type, typeName }: Field, value: unknown): unknown {
  if (type !== 'enum' || typeof value !== 'string' || !value.startsWith(`${typeName}_`))
    return value;
  const number = ENUM_VALUES[typeName]?.indexOf(value.slice(typeName.length + 1)) ?? -1;
  return number < 0 ? undefined : number;
}

// The forms in which SDKs write numbers in OTLP/JSON: number, text, or the two halves of a 64-bit integer.
// Any other value, or one that does not fit, gives undefined.
// Source: protobuf.dev, "ProtoJSON Format"; OTLP specification, "JSON Protobuf Encoding"

type Integer32 = Extract<Scalar, 'uint32' | 'int32' | 'sint32' | 'fixed32' | 'enum'>;
type Integer64 = Extract<Scalar, 'int64' | 'uint64' | 'fixed64' | 'sfixed64'>;

const RANGES = {
  uint32: { min: 0, max: 0xffffffff },
  fixed32: { min: 0, max: 0xffffffff },
  int32: { min: -0x80000000, max: 0x7fffffff },
  sint32: { min: -0x80000000, max: 0x7fffffff },
  enum: { min: -0x80000000, max: 0x7fffffff },
} as const satisfies Record<Integer32, { readonly min: number; readonly max: number }>;

function toInteger32(type: Integer32, value: unknown): number | undefined {
  const number = typeof value === 'string' ? toNumber(value) : value;
  const { min, max } = RANGES[type];
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined;
  return number >= min && number <= max ? number : undefined;
}

function toInteger64(isSigned: boolean, value: unknown): bigint | undefined {
  const integer = toBigInt(value, isSigned);
  if (integer === undefined) return undefined;
  const kept = isSigned ? BigInt.asIntN(64, integer) : BigInt.asUintN(64, integer);
  return kept === integer ? integer : undefined;
}

const MAX_INTEGER_DIGITS = 20;

function toBigInt(value: unknown, isSigned: boolean): bigint | undefined {
  if (typeof value === 'string') {
    // Converting more digits than 64 bits need would take more than linear time.
    if (value.length <= MAX_INTEGER_DIGITS && /^-?\d+$/.test(value)) return BigInt(value);
    return toBigInt(toNumber(value), isSigned);
  }
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  const { low, high } = (value ?? {}) as { readonly low?: unknown; readonly high?: unknown };
  if (!Number.isInteger(low) || !Number.isInteger(high)) return undefined;
  const halves = [high, low].map((half) => BigInt.asUintN(32, BigInt(half as number)));
  const [upper = 0n, lower = 0n] = halves;
  return BigInt[isSigned ? 'asIntN' : 'asUintN'](64, (upper << 32n) | lower);
}

function toDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  return value === 'NaN' ? NaN : toNumber(value);
}

function toNumber(text: string): number | undefined {
  if (text.trim() === '' || text !== text.trim() || /^[+-]?0[xob]/i.test(text)) return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
}
