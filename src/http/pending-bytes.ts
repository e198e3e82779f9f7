// The bytes of a connection that have arrived and are not read yet. However they are split, each byte is copied at most
// twice, because the memory doubles when it grows. Bytes that were handed out are never overwritten.

const NOTHING: Buffer = Buffer.alloc(0);
const [CR, LF] = [13, 10];

export class PendingBytes {
  /** The bytes before `from` have been read. */
  private bytes = NOTHING;
  private from = 0;
  /** The memory that `bytes` is the beginning of, once chunks had to be joined. */
  private store = NOTHING;

  get length(): number {
    return this.bytes.length - this.from;
  }

  push(chunk: Buffer): void {
    if (this.length === 0) this.replace(chunk);
    else this.append(chunk);
  }

  clear(): void {
    this.replace(NOTHING);
  }

  /** The byte at this index; undefined beyond the last one. */
  at(index: number): number | undefined {
    return this.bytes[this.from + index];
  }

  /** Up to `atMost` characters in ISO-8859-1, without consuming them. */
  peek(atMost: number): string {
    return this.bytes.toString('latin1', this.from, this.from + atMost);
  }

  /** The index of `text` at or after `start`; -1 if there is none. */
  indexOf(text: string, start: number): number {
    const index = this.bytes.indexOf(text, this.from + start, 'latin1');
    return index < 0 ? -1 : index - this.from;
  }

  skip(bytes: number): void {
    this.from += bytes;
  }

  take(atMost: number): Buffer {
    const { bytes, from } = this;
    this.from = Math.min(from + atMost, bytes.length);
    return from === 0 && this.from === bytes.length ? bytes : bytes.subarray(from, this.from);
  }

  /**
   * Consumes a line and returns it without its end; undefined if it does not end within `atMost` bytes. Lines are
   * short, so a loop is faster than a search.
   */
  takeLine(atMost: number): string | undefined {
    const { bytes, from } = this;
    const last = Math.min(bytes.length, from + atMost) - 1;
    for (let at = from; at < last; at += 1) {
      if (bytes[at] !== CR || bytes[at + 1] !== LF) continue;
      this.from = at + 2;
      return bytes.toString('latin1', from, at);
    }
    return undefined;
  }

  private replace(bytes: Buffer): void {
    this.bytes = bytes;
    this.from = 0;
    this.store = NOTHING;
  }

  private append(chunk: Buffer): void {
    if (this.bytes.length + chunk.length > this.store.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.length + chunk.length));
      const held = this.bytes.copy(larger, 0, this.from);
      this.replace(larger.subarray(0, held));
      this.store = larger;
    }
    const end = this.bytes.length;
    chunk.copy(this.store, end);
    this.bytes = this.store.subarray(0, end + chunk.length);
  }
}
