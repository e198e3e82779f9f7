// Bytes in JSON text: ids in hexadecimal of either case, everything else in base64, standard or URL-safe, padded
// or not. Nothing where a value is no such text.
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
