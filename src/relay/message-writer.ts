// Writes protobuf into memory of its own that grows: fields, nested messages of unknown length, UTF-8.
// Source: https://protobuf.dev/programming-guides/encoding/
import { LENGTH_DELIMITED, MAX_VARINT_BYTES } from './field-reader';

const TWO_BYTE_LENGTH = 0x80;
const THREE_BYTE_LENGTH = 0x4000;
/** Shorter texts are copied faster in JavaScript than by native code. */
const SHORT_TEXT = 64;
const INITIAL_BYTES = 256;
const UTF8 = new TextEncoder();

export class MessageWriter {
  position = 0;
  protected bytes: Uint8Array;
  /** Of `bytes`: an interpreter writes a number by one call, and not byte by byte. */
  private view: DataView;

  constructor(capacityBytes = INITIAL_BYTES) {
    this.bytes = this.allocate(Math.max(capacityBytes, INITIAL_BYTES));
    this.view = viewOf(this.bytes);
  }

  protected allocate(bytes: number): Uint8Array {
    return new Uint8Array(bytes);
  }

  /** Continues in other memory. */
  protected use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  protected reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const grown = this.allocate(Math.max(needed, this.bytes.length * 2));
    // Copies everything, since the length of an unfinished message will be written before it.
    grown.set(this.bytes);
    this.use(grown);
  }

  /** What was written; shares memory with the writer. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.position);
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

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** Writes the tag and the length of a field whose content follows. */
  head(field: number, contentBytes: number): void {
    this.tag(field, LENGTH_DELIMITED);
    this.varint(contentBytes);
  }

  /** Writes a whole field of bytes, text in UTF-8 or an encoded message. */
  bytesField(field: number, content: Uint8Array): void {
    this.head(field, content.length);
    this.raw(content);
  }

  /** Negative values are written in two's complement. */
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

  /** 64 bits; negative values in two's complement. */
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

  /** Writes a fixed64 from two 32-bit words. */
  words(low: number, high: number): void {
    this.reserve(8);
    const { view, position } = this;
    view.setUint32(position, low, true);
    view.setUint32(position + 4, high, true);
    this.position = position + 8;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Writes the length and the UTF-8 bytes of `text`. */
  text(text: string): void {
    const { length } = text;
    this.reserve(length * 3 + MAX_VARINT_BYTES);
    if (length <= SHORT_TEXT && this.shortAscii(text)) return;
    const start = this.begin();
    this.position += UTF8.encodeInto(text, this.bytes.subarray(start)).written;
    this.end(start);
  }

  /** `text` has at most 127 characters, and there is room for them. False, and nothing written, if it is not ASCII. */
  protected shortAscii(text: string): boolean {
    const { bytes, position } = this;
    const { length } = text;
    let at = position + 1;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    bytes[position] = length;
    this.position = at;
    return true;
  }

  /** Begins a nested message whose length will probably take `lengthBytes`; pass the result to `end`. */
  begin(lengthBytes: 1 | 2 = 1): number {
    this.reserve(lengthBytes);
    this.position += lengthBytes;
    return this.position;
  }

  /** Writes the length of the message that began at `start` and returns it. */
  end(start: number, lengthBytes: 1 | 2 = 1): number {
    const length = this.position - start;
    const moved = varintBytes(length) - lengthBytes;
    if (moved !== 0) {
      this.reserve(MAX_VARINT_BYTES);
      this.bytes.copyWithin(start + moved, start, this.position);
    }
    this.position = start - lengthBytes;
    this.varint(length);
    this.position += length;
    return length;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** How many bytes a number takes as a varint. */
export function varintBytes(value: number): number {
  if (value < TWO_BYTE_LENGTH) return 1;
  return value < THREE_BYTE_LENGTH ? 2 : varintBytes(value / TWO_BYTE_LENGTH) + 1;
}
