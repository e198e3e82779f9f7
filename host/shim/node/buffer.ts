// Node's Buffer, as far as the extension uses it: bytes with text in four encodings.

type Encoding = 'utf8' | 'utf-8' | 'latin1' | 'hex' | 'base64';

const { bytes: native } = host;

/** Without the static methods, whose types a subclass could not narrow. */
const ByteArray = Uint8Array as unknown as {
  new (length: number): Uint8Array<ArrayBuffer>;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Uint8Array<ArrayBuffer>;
};

export class Buffer extends ByteArray {
  static alloc(length: number): Buffer {
    return new Buffer(length);
  }

  static allocUnsafe(length: number): Buffer {
    return new Buffer(length);
  }

  static allocUnsafeSlow(length: number): Buffer {
    return new Buffer(length);
  }

  static isBuffer(value: unknown): value is Buffer {
    return value instanceof Buffer;
  }

  /** Packages whose calls no type check sees give bytes too: aws4. */
  static byteLength(data: string | Uint8Array, _encoding?: 'utf8'): number {
    return typeof data === 'string' ? native.utf8Length(data) : data.byteLength;
  }

  /** Text in an encoding, a view of an ArrayBuffer, or a copy of bytes. */
  static from(text: string, encoding?: Encoding): Buffer;
  static from(buffer: ArrayBufferLike, byteOffset?: number, length?: number): Buffer;
  static from(bytes: ArrayLike<number>): Buffer;
  static from(
    value: string | ArrayBufferLike | ArrayLike<number>,
    second?: Encoding | number,
    length?: number,
  ): Buffer {
    if (typeof value === 'string') return fromText(value, second as Encoding | undefined);
    if (value instanceof ArrayBuffer)
      return new Buffer(value, second as number | undefined, length);
    const bytes = value as ArrayLike<number>;
    const copy = new Buffer(bytes.length);
    copy.set(bytes);
    return copy;
  }

  static concat(list: readonly Uint8Array[], totalLength?: number): Buffer {
    const whole = new Buffer(totalLength ?? list.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of list) at += native.copy(part, whole, at, 0, part.length);
    return whole;
  }

  override subarray(from = 0, to = this.length): Buffer {
    const begin = cut(from, this.length);
    const end = Math.max(begin, cut(to, this.length));
    return new Buffer(this.buffer, this.byteOffset + begin, end - begin);
  }

  override toString(encoding: Encoding = 'utf8', from = 0, to = this.length): string {
    switch (encoding) {
      case 'latin1':
        return native.readLatin1(this, from, to);
      case 'hex':
        return native.readHex(this, from, to);
      case 'base64':
        return toBase64(this.subarray(from, to));
      case 'utf8':
      case 'utf-8':
        return native.readUtf8(this, from, to);
    }
  }

  /** The number of bytes written. */
  write(text: string, at = 0, encoding: Exclude<Encoding, 'base64'> = 'utf8'): number {
    switch (encoding) {
      case 'latin1':
        return native.writeLatin1(this, at, text);
      case 'hex':
        return native.writeHex(this, at, text);
      case 'utf8':
      case 'utf-8':
        return native.writeUtf8(this, at, text);
    }
  }

  /** The number of bytes copied; the two may share memory. */
  copy(target: Uint8Array, at = 0, from = 0, to = this.length): number {
    return native.copy(this, target, at, from, to);
  }

  /** Text is looked for as UTF-8, which for ASCII is what every encoding has. */
  override indexOf(wanted: number | string, from = 0, _encoding?: 'latin1'): number {
    return typeof wanted === 'string'
      ? native.indexOf(this, wanted, from)
      : super.indexOf(wanted, from);
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, index) => byte === other[index]);
  }
}

/** Negative positions count from the end. */
function cut(position: number, length: number): number {
  return position < 0 ? Math.max(0, length + position) : Math.min(position, length);
}

function fromText(text: string, encoding: Encoding = 'utf8'): Buffer {
  switch (encoding) {
    case 'latin1': {
      const bytes = new Buffer(text.length);
      native.writeLatin1(bytes, 0, text);
      return bytes;
    }
    case 'hex': {
      const bytes = new Buffer(text.length >>> 1);
      return bytes.subarray(0, native.writeHex(bytes, 0, text));
    }
    case 'base64':
      return fromBase64(text);
    case 'utf8':
    case 'utf-8':
      return new Buffer(native.fromUtf8(text));
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.subarray(at, at + 3);
    const group = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += digit(group >> 18) + digit(group >> 12);
    text += second === undefined ? '=' : digit(group >> 6);
    text += third === undefined ? '=' : digit(group);
  }
  return text;
}

function digit(value: number): string {
  return DIGITS.charAt(value & 63);
}

/** Both alphabets; as in Node, what is of neither is passed over. */
function fromBase64(text: string): Buffer {
  const digits = text.replace(/=.*/s, '').replace(/-/g, '+').replace(/_/g, '/');
  const values = Array.from(digits, (character) => DIGITS.indexOf(character)).filter((v) => v >= 0);
  const bytes = new Buffer((values.length * 3) >> 2);
  let group = 0;
  let bits = 0;
  let at = 0;
  for (const value of values) {
    group = ((group << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = group >> bits;
  }
  return bytes;
}
