// Brings a decoded protobuf message or a parsed OTLP/JSON object to the one shape of `model.ts`, and
// lists what the schema does not know. Throws a TypeError naming the field whose value cannot be its.
import type { FieldSpec } from './schema';
import { OTLP_MESSAGES } from './schema';

interface Place {
  /** Name of the message in the schema. */
  readonly message: string;
  /** Where it is in the request, e.g. `resourceSpans[0].scopeSpans[1]`. */
  readonly path: string;
  readonly unknownFields: string[];
}

/** @param value protobufjs message, or the parsed JSON of one */
export function toOtlpShape(value: unknown, place: Place): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(
      `${place.path || 'body'}: expected a ${place.message}, got ${kindOf(value)}`,
    );
  const fields = OTLP_MESSAGES.get(place.message) ?? [];
  const source = value as Record<string, unknown>;
  listUnknown(source, fields, place);
  const shape: Record<string, unknown> = {};
  for (const field of fields) {
    // An own property, not the zero that protobufjs keeps on the prototype, means that it was sent.
    const sent = Object.hasOwn(source, field.name) ? source[field.name] : undefined;
    const path = place.path === '' ? field.name : `${place.path}.${field.name}`;
    if (field.repeated) shape[field.name] = toList(sent, field, { ...place, path });
    else if (sent !== undefined && sent !== null)
      shape[field.name] = toValue(sent, field, { ...place, path });
    else if (!OTLP_MESSAGES.has(field.type) && field.presence === undefined)
      shape[field.name] = zeroOf(field.type);
  }
  return shape;
}

function listUnknown(
  source: Record<string, unknown>,
  fields: readonly FieldSpec[],
  { message, path, unknownFields }: Place,
): void {
  const raw = source['$unknowns'];
  if (Array.isArray(raw)) {
    for (const bytes of raw as Uint8Array[])
      unknownFields.push(`${path || message}: field number ${fieldNumberOf(bytes)}`);
    return;
  }
  const known = new Set(fields.map((field) => field.name));
  for (const name of Object.keys(source))
    if (!known.has(name)) unknownFields.push(`${path || message}: '${name}'`);
}

function fieldNumberOf(bytes: Uint8Array): number {
  let tag = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    tag += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return Math.floor(tag / 8);
}

function toList(sent: unknown, field: FieldSpec, place: Place): unknown[] {
  if (sent === undefined || sent === null) return [];
  if (!Array.isArray(sent))
    throw new TypeError(`${place.path}: expected an array, got ${kindOf(sent)}`);
  return sent.map((item: unknown, index) =>
    toValue(item, field, { ...place, path: `${place.path}[${index}]` }),
  );
}

function toValue(value: unknown, { name, type }: FieldSpec, place: Place): unknown {
  if (OTLP_MESSAGES.has(type)) return toOtlpShape(value, { ...place, message: type });
  const scalar = toScalar(value, type, name.endsWith('Id') ? 'hex' : 'base64');
  if (scalar === undefined)
    throw new TypeError(`${place.path}: expected ${type}, got ${kindOf(value)} ${String(value)}`);
  return scalar;
}

function toScalar(value: unknown, type: string, encoding: 'hex' | 'base64'): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'bytes':
      return toBytesText(value, encoding);
    case 'double':
      return toDouble(value);
    case 'int64':
    case 'uint64':
    case 'fixed64':
    case 'sfixed64':
      return toDecimal(value, type);
    default:
      return Number.isInteger(value) ? value : undefined;
  }
}

function toBytesText(value: unknown, encoding: 'hex' | 'base64'): string | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value).toString(encoding);
  if (typeof value !== 'string') return undefined;
  if (encoding === 'base64') return value;
  return /^(?:[0-9a-f]{2})*$/i.test(value) ? value.toLowerCase() : undefined;
}

/** Proto3 JSON spells what JSON has no number for as a string. */
function toDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' &&
    value.trim() !== '' &&
    /^(?:NaN|-?Infinity|[-+\d.eE]+)$/.test(value)
    ? Number(value)
    : undefined;
}

/** A 64-bit integer as decimal text: protobufjs gives Long, JSON a string or a number. */
function toDecimal(value: unknown, type: string): string | undefined {
  const isLong = typeof value === 'object' && value !== null && 'low' in value && 'high' in value;
  if (!isLong && typeof value !== 'string' && !Number.isSafeInteger(value)) return undefined;
  const text = String(value);
  if (!/^-?\d+$/.test(text)) return undefined;
  const integer = BigInt(text);
  const fits = /^(?:uint64|fixed64)$/.test(type)
    ? BigInt.asUintN(64, integer) === integer
    : BigInt.asIntN(64, integer) === integer;
  return fits ? integer.toString() : undefined;
}

function zeroOf(type: string): unknown {
  switch (type) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int64':
    case 'uint64':
    case 'fixed64':
    case 'sfixed64':
      return '0';
    default:
      return 0;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
