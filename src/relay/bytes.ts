// Compares and joins bytes, and reads them as text, hexadecimal digits or numbers.

/** `end`: the offset after the last byte. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  const { length } = one;
  if (other.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

/** True if the bytes of the range are the expected ones. */
export function isAt(bytes: Uint8Array, { start, end }: Range, expected: Uint8Array): boolean {
  const { length } = expected;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index += 1) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads UTF-8; invalid bytes become U+FFFD. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  return UTF8.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}

/** The number of arguments that one call can take. */
const MAX_CODES = 4096;

/** Each byte becomes one character. */
export function readLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += MAX_CODES) {
    text += String.fromCharCode(...bytes.subarray(start, start + MAX_CODES));
  }
  return text;
}

/** Lower-case. */
export function readHex(bytes: Uint8Array, start: number, end: number): string {
  let digits = '';
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    digits += DIGITS.charAt(byte >>> 4) + DIGITS.charAt(byte & 15);
  }
  return digits;
}

const DIGITS = '0123456789abcdef';

/** A fixed32, unsigned. */
export function readFixed32(bytes: Uint8Array, start: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [
    bytes[start],
    bytes[start + 1],
    bytes[start + 2],
    bytes[start + 3],
  ];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** A fixed64 with a double's precision: Unix nanoseconds to the quarter of a microsecond. */
export function readFixed64(bytes: Uint8Array, start: number): number {
  return readFixed32(bytes, start + 4) * 0x1_0000_0000 + readFixed32(bytes, start);
}

/** The 64 bits of a varint, unsigned. */
export function readVarint64(bytes: Uint8Array, start: number, end: number): bigint {
  // The bits are collected in two numbers, since most varints need only the first.
  let [low, high, shift] = [0, 0, 0];
  for (let index = start; index < end; index += 1, shift += 7) {
    const bits = (bytes[index] ?? 0) & 0x7f;
    if (shift < 49) low += bits * 2 ** shift;
    else high += bits * 2 ** (shift - 49);
  }
  return high === 0 ? BigInt(low) : BigInt.asUintN(64, (BigInt(high) << 49n) | BigInt(low));
}

// Bytes in JSON: ids in hexadecimal (upper or lower case), everything else in base64 (standard or URL-safe, padded or
// not). Any other value gives undefined.
// Source: OTLP specification, "JSON Protobuf Encoding"; protobuf.dev, "ProtoJSON Format"

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(index, index + 3);
    const digits = [a >>> 2, ((a & 3) << 4) | (b >>> 4), ((b & 15) << 2) | (c >>> 6), c & 63];
    const count = Math.min(bytes.length - index, 3) + 1;
    for (let digit = 0; digit < 4; digit += 1) {
      text += digit < count ? ALPHABET.charAt(digits[digit] ?? 0) : '=';
    }
  }
  return text;
}

export function fromBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  const digits = text
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  if (digits.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(digits)) return undefined;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let [waiting, bits, position] = [0, 0, 0];
  for (const digit of digits) {
    waiting = ((waiting << 6) | ALPHABET.indexOf(digit)) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[position++] = waiting >>> bits;
  }
  return bytes;
}

export function fromHex(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const upper = hexDigit(text.charCodeAt(index * 2));
    const lower = hexDigit(text.charCodeAt(index * 2 + 1));
    if (upper < 0 || lower < 0) return undefined;
    bytes[index] = upper * 16 + lower;
  }
  return bytes;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
