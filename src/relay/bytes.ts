// Bytes compared, joined and read as text, hexadecimal or numbers.

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  const { length } = one;
  if (other.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

/** Whether the bytes between two offsets are these. */
export function isAt(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  expected: Uint8Array,
): boolean {
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

/** UTF-8; what is none becomes U+FFFD. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  return UTF8.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
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

/** A fixed64 with a double's precision: of Unix nanoseconds to the quarter microsecond. */
export function readFixed64(bytes: Uint8Array, start: number): number {
  return readFixed32(bytes, start + 4) * 0x1_0000_0000 + readFixed32(bytes, start);
}

/** The 64 bits of a varint, unsigned. */
export function readVarint64(bytes: Uint8Array, start: number, end: number): bigint {
  // Bits in two numbers, as most varints need no more than the first.
  let [low, high, shift] = [0, 0, 0];
  for (let index = start; index < end; index += 1, shift += 7) {
    const bits = (bytes[index] ?? 0) & 0x7f;
    if (shift < 49) low += bits * 2 ** shift;
    else high += bits * 2 ** (shift - 49);
  }
  return high === 0 ? BigInt(low) : BigInt.asUintN(64, (BigInt(high) << 49n) | BigInt(low));
}
