// Writes protobuf fields into one growing buffer. It is made for messages of mostly ASCII text: text is written by a
// single native call, and lengths are written in place, so that little is moved or measured twice.
// Source: https://protobuf.dev/programming-guides/encoding/

const TWO_BYTE_LENGTH = 0x80;
const THREE_BYTE_LENGTH = 0x4000;
/** Shorter texts are copied faster in JavaScript than by native code. */
const SHORT_TEXT = 20;
const MAX_VARINT_BYTES = 10;
/**
 * A block holds one or many items. It is small because it is freed only with the last of them, and because one that
 * takes long to fill reaches V8's old generation, where it stays after its last item has left.
 */
const BLOCK_BYTES = 16_384;
const MIN_FREE_BYTES = 2048;
/** A text of this length is measured first, since three bytes for each character would be far too many. */
const LONG_TEXT = 1024;

function varintSize(value: number): number {
  if (value < TWO_BYTE_LENGTH) return 1;
  return value < THREE_BYTE_LENGTH ? 2 : varintSize(value / TWO_BYTE_LENGTH) + 1;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

export class ProtobufWriter {
  position = 0;
  private bytes: Buffer;
  /** Of `bytes`: an interpreter writes a number by one call, and not byte by byte. */
  private view: DataView;

  constructor(capacityBytes = BLOCK_BYTES) {
    // Not from Node's pool: an item that is kept would keep the pool's shared memory alive.
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
    this.view = viewOf(this.bytes);
  }

  /** The block that is being written; bytes already written to it are never overwritten. */
  get block(): Buffer {
    return this.bytes;
  }

  /** Begins a new block if this one is almost full. */
  makeRoom(): void {
    if (this.bytes.length - this.position < MIN_FREE_BYTES) this.beginBlock();
  }

  private beginBlock(): void {
    this.use(Buffer.allocUnsafeSlow(BLOCK_BYTES));
    this.position = 0;
  }

  private use(bytes: Buffer): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /**
   * If an item has grown the block beyond its size, it gets memory of its own, so that it keeps no other items alive.
   */
  detachLarge(start: number): Buffer | undefined {
    if (this.bytes.length <= BLOCK_BYTES) return undefined;
    const detached = Buffer.allocUnsafeSlow(this.position - start);
    this.bytes.copy(detached, 0, start, this.position);
    this.beginBlock();
    return detached;
  }

  /** Returns a copy of what was written since `start`. */
  copyFrom(start: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, start, this.position);
  }

  private reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    // Copies everything, since the length of an unfinished message will be written before it.
    this.bytes.copy(grown);
    this.use(grown);
  }

  /** `write` writes into the buffer and returns the number of bytes, or minus the number that it needs. */
  protected fill(write: (target: Buffer, at: number) => number): void {
    let length = write(this.bytes, this.position);
    if (length < 0) {
      this.reserve(-length);
      length = write(this.bytes, this.position);
    }
    this.position += length;
  }

  /** Writes a field's tag, or any other byte. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** Writes the bytes of a hexadecimal text. */
  hex(digits: string): void {
    this.reserve(digits.length >>> 1);
    this.position += this.bytes.write(digits, this.position, 'hex');
  }

  /** Writes an int64 or uint32 as a varint; negative values in two's complement. */
  varint(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    if (value < 0 || value > 0x7fffffff) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 0x7fn; rest >>= 7n) {
        this.bytes[this.position++] = Number(rest & 0x7fn) | 0x80;
      }
      this.bytes[this.position++] = Number(rest);
      return;
    }
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[this.position++] = (rest & 0x7f) | 0x80;
    this.bytes[this.position++] = rest;
  }

  /** Writes a fixed64 from two 32-bit words. */
  fixed64(low: number, high: number): void {
    this.reserve(8);
    const { view, position } = this;
    view.setUint32(position, low, true);
    view.setUint32(position + 4, high, true);
    this.position = position + 8;
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.position, value, true);
    this.position += 4;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Writes the length and the UTF-8 bytes of `text`. */
  text(text: string): void {
    const { length } = text;
    this.reserve((length < LONG_TEXT ? length * 3 : Buffer.byteLength(text, 'utf8')) + 5);
    const start = this.position;
    if (length <= SHORT_TEXT && this.shortAscii(text, start)) return;
    const guess = varintSize(length);
    const written = this.bytes.write(text, start + guess, 'utf8');
    const size = varintSize(written);
    // Only text that is not ASCII can be longer than was guessed.
    if (size > guess) this.bytes.copyWithin(start + size, start + guess, start + guess + written);
    this.varint(written);
    this.position = start + size + written;
  }

  private shortAscii(text: string, start: number): boolean {
    const { length } = text;
    const { bytes } = this;
    let at = start + 1;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    bytes[start] = length;
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
    const size = varintSize(length);
    const moved = size - lengthBytes;
    if (moved !== 0) {
      this.reserve(size);
      this.bytes.copyWithin(start + moved, start, this.position);
    }
    this.position = start - lengthBytes;
    this.varint(length);
    this.position += length;
    return length;
  }
}
