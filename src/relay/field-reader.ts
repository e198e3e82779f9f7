// Walks the fields of one protobuf message by their length prefixes and copies nothing. Total: bytes that are
// not a message end the walk and set `isMalformed`; nothing throws, and every step moves forward.
// Source: protobuf.dev, "Encoding"

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

export const MAX_VARINT_BYTES = 10;

/** One reader serves any number of messages of the same bytes, one after the other. */
export class FieldReader {
  field = 0;
  wireType = 0;
  /** Where the value begins, and the offset after it, in the bytes given to the constructor. */
  start = 0;
  end = 0;
  /** The value of a varint; above 2⁵³ with a double's precision. */
  value = 0;
  isMalformed = false;
  private position = 0;
  private limit = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Begins with the message between two offsets; `next` moves to its first field. */
  enter(start: number, end: number): void {
    this.position = start;
    this.limit = end;
    this.isMalformed = false;
  }

  /** Moves to the next field; false after the last one, or if the bytes are not a message. */
  next(): boolean {
    if (this.position >= this.limit) return false;
    const tag = this.readVarint();
    // A tag has 32 bits; field 0 does not exist.
    if (tag > 0xffffffff || tag < 8) return this.refuse();
    const wireType = tag & 7;
    this.field = tag >>> 3;
    this.wireType = wireType;
    this.start = this.position;
    if (wireType === LENGTH_DELIMITED) {
      const length = this.readVarint();
      this.start = this.position;
      this.position += length;
    } else if (wireType === VARINT) this.value = this.readVarint();
    else if (wireType === FIXED64) this.position += 8;
    else if (wireType === FIXED32) this.position += 4;
    else {
      // Groups (3 and 4) were removed in proto3; 6 and 7 were never defined.
      return this.refuse();
    }
    this.end = this.position;
    return this.position <= this.limit || this.refuse();
  }

  /** True if this is the field and it has the wire type of its declaration. */
  is(field: number, wireType: number): boolean {
    return this.field === field && this.wireType === wireType;
  }

  private refuse(): false {
    this.isMalformed = true;
    this.position = this.limit;
    return false;
  }

  private readVarint(): number {
    const { position } = this;
    const byte = this.bytes[position] ?? 0;
    // Nearly every tag and length is one byte: this part is small enough for V8 to inline it into its callers.
    if (byte >= 0x80 || position >= this.limit) return this.readLongVarint();
    this.position = position + 1;
    return byte;
  }

  private readLongVarint(): number {
    let value = 0;
    let factor = 1;
    const last = Math.min(this.limit, this.position + MAX_VARINT_BYTES);
    while (this.position < last) {
      const byte = this.bytes[this.position++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    // Cut off, or longer than 64 bits: a value that ends after the limit is refused.
    this.position = this.limit + 1;
    return 0;
  }
}

/** True if the message is well-formed, not looking into nested ones. Uses no reader, because the sender is waiting. */
export function isWellFramed(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    let tag = bytes[at++] ?? 0;
    if (tag >= 0x80) {
      const more = bytes[at++] ?? 0;
      if (more >= 0x80) return readsWell(bytes, start, end);
      tag = (tag & 0x7f) | (more << 7);
    }
    if (tag < 8) return false;
    const wireType = tag & 7;
    if (wireType === LENGTH_DELIMITED) {
      let length = bytes[at++] ?? 0;
      if (length >= 0x80) {
        const more = bytes[at++] ?? 0;
        if (more >= 0x80) return readsWell(bytes, start, end);
        length = (length & 0x7f) | (more << 7);
      }
      at += length;
    } else if (wireType === VARINT) {
      const last = at + MAX_VARINT_BYTES;
      while ((bytes[at++] ?? 0) >= 0x80) if (at === last) return false;
    } else if (wireType === FIXED64) at += 8;
    else if (wireType === FIXED32) at += 4;
    else return false;
  }
  return at === end;
}

/** The same for tags and lengths of any size. */
function readsWell(bytes: Uint8Array, start: number, end: number): boolean {
  const reader = new FieldReader(bytes);
  reader.enter(start, end);
  while (reader.next());
  return !reader.isMalformed;
}
