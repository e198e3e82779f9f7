// A body as it arrives: one block of memory that doubles when it grows, however the bytes are split, so that it costs
// at most twice its size.

const NOTHING: Buffer = Buffer.alloc(0);
/** If more of the memory is unused, a complete body is copied to free it. */
const MAX_UNUSED_SHARE = 1 / 8;

export class RequestBody {
  length = 0;
  private bytes = NOTHING;
  private isOwn = false;

  /** `maxBytes`: what the request announced, or else the limit. */
  constructor(private readonly maxBytes: number) {}

  /** Bytes of memory in use, including the unused part. */
  get heldBytes(): number {
    return this.bytes.length;
  }

  /** `chunk` must never be overwritten later. */
  add(chunk: Buffer): void {
    if (this.length === 0) this.bytes = chunk;
    else this.append(chunk);
    this.length += chunk.length;
  }

  /** Returns the whole body. */
  complete(): Buffer {
    const body = this.bytes.subarray(0, this.length);
    // A chunk may be part of a larger memory block, which counts as unused too.
    const unused = this.bytes.buffer.byteLength - this.length;
    return unused > this.length * MAX_UNUSED_SHARE ? copyOf(body, this.length) : body;
  }

  private append(chunk: Buffer): void {
    const { bytes, length, maxBytes } = this;
    const needed = length + chunk.length;
    if (!this.isOwn || needed > bytes.length) {
      const size = Math.max(needed, Math.min(2 * bytes.length, maxBytes));
      this.bytes = copyOf(bytes.subarray(0, length), size);
      this.isOwn = true;
    }
    chunk.copy(this.bytes, length);
  }
}

/** Allocates memory of its own: a slice of Node's shared pool would keep the whole pool block alive. */
function copyOf(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(size);
  bytes.copy(copy);
  return copy;
}
