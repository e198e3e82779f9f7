// Writes protobuf into memory of its own that grows: fields, nested messages of unknown length, UTF-8.
// Source: protobuf.dev, "Encoding"

const MAX_VARINT_BYTES = 10;
const SHORT_TEXT = 64;
const INITIAL_BYTES = 256;

export class MessageWriter {
  private bytes: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private readonly encoder = new TextEncoder();
  position = 0;

  constructor(capacityBytes = INITIAL_BYTES) {
    this.bytes = new Uint8Array(Math.max(capacityBytes, INITIAL_BYTES));
    this.view = new DataView(this.bytes.buffer);
  }

  /** What was written; shares memory with the writer. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** A whole number of 32 bits or fewer, or a negative one, which takes 64. */
  varint(value: number): void {
    if (value < 0 || value > 0xffffffff) {
      this.bigVarint(BigInt(value));
      return;
    }
    this.reserve(MAX_VARINT_BYTES);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[this.position++] = (rest & 0x7f) | 0x80;
    this.bytes[this.position++] = rest;
  }

  /** 64 bits; negative ones in two's complement. */
  bigVarint(value: bigint): void {
    this.reserve(MAX_VARINT_BYTES);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.bytes[this.position++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.position++] = Number(rest);
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.position, value, true);
    this.position += 4;
  }

  /** Signed or unsigned; higher bits are lost. */
  fixed64(value: bigint): void {
    this.reserve(8);
    this.view.setBigUint64(this.position, value, true);
    this.position += 8;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** Writes the length and the UTF-8 bytes. */
  text(text: string): void {
    const { length } = text;
    this.reserve(length * 3 + MAX_VARINT_BYTES);
    if (length <= SHORT_TEXT && this.shortAscii(text)) return;
    const start = this.begin();
    const target = this.bytes.subarray(this.position);
    this.position += this.encoder.encodeInto(text, target).written;
    this.end(start);
  }

  private shortAscii(text: string): boolean {
    const { bytes, position } = this;
    const { length } = text;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[position + 1 + index] = code;
    }
    bytes[position] = length;
    this.position = position + 1 + length;
    return true;
  }

  /** Begins a nested message behind its tag; give the answer to `end`. */
  begin(): number {
    this.reserve(1);
    this.position += 1;
    return this.position;
  }

  /** Puts the length before the message that began at `start`. */
  end(start: number): void {
    const length = this.position - start;
    if (length > 0x7f) {
      const size = varintBytes(length);
      this.reserve(size);
      this.bytes.copyWithin(start + size - 1, start, this.position);
    }
    this.position = start - 1;
    this.varint(length);
    this.position += length;
  }

  private reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    // All of it is copied: a length goes before a message that is written already.
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

function varintBytes(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) size += 1;
  return size;
}
