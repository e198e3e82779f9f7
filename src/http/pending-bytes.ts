// What came over a connection and is not read yet. Whatever the chunks, each byte is copied twice at the
// most: what is kept grows in memory that doubles. Bytes that were handed out are never written to.

const NOTHING: Buffer = Buffer.alloc(0);
const CR = 13;
const LF = 10;

export class PendingBytes {
  /** Those from `from` on are still to be read. */
  private bytes = NOTHING;
  private from = 0;
  /** Whose beginning `bytes` is, once chunks had to be joined. */
  private store = NOTHING;

  get length(): number {
    return this.bytes.length - this.from;
  }

  push(chunk: Buffer): void {
    if (this.length === 0) this.replace(chunk);
    else this.append(chunk);
  }

  /** Keeps nothing. */
  clear(): void {
    this.replace(NOTHING);
  }

  /** The byte at this place; undefined behind the last one. */
  at(index: number): number | undefined {
    return this.bytes[this.from + index];
  }

  /** At most so many characters of ISO-8859-1, which stay. */
  peek(atMost: number): string {
    return this.bytes.toString('latin1', this.from, this.from + atMost);
  }

  /** Where `text` begins, at `start` at the earliest; -1: nowhere. */
  indexOf(text: string, start: number): number {
    const index = this.bytes.indexOf(text, this.from + start, 'latin1');
    return index < 0 ? -1 : index - this.from;
  }

  skip(bytes: number): void {
    this.from += bytes;
  }

  /** At most so many bytes. */
  take(atMost: number): Buffer {
    const { bytes, from } = this;
    this.from = Math.min(from + atMost, bytes.length);
    return from === 0 && this.from === bytes.length ? bytes : bytes.subarray(from, this.from);
  }

  /** A line without its end; undefined: it does not end within so many bytes. Lines are short: a loop beats a search. */
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
