// A body as it comes in: one block of memory that doubles, whatever the chunks, so that it costs at most
// twice its bytes.

const NOTHING: Buffer = Buffer.alloc(0);
/** Beyond it, unused memory behind a complete body is worth a copy. */
const MAX_UNUSED_SHARE = 1 / 8;

export class RequestBody {
  length = 0;
  private bytes = NOTHING;
  private isOwn = false;

  /** `maxBytes`: what the request announced, else what it may have. */
  constructor(private readonly maxBytes: number) {}

  /** Bytes of memory that it holds. */
  get heldBytes(): number {
    return this.bytes.length;
  }

  /** `chunk`: nothing else will be written to it. */
  add(chunk: Buffer): void {
    if (this.length === 0) this.bytes = chunk;
    else this.append(chunk);
    this.length += chunk.length;
  }

  /** All of it. */
  complete(): Buffer {
    const body = this.bytes.subarray(0, this.length);
    const unused = this.bytes.length - this.length;
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

/** In memory of its own: a part of Node's shared blocks would keep all of its block. */
function copyOf(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(size);
  bytes.copy(copy);
  return copy;
}
