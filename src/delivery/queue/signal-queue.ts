// The waiting items of one signal, oldest first, each with its estimated bytes. Taking from the
// front and putting back to the front cost no more than the items moved.

/** Items that left the queue together, to be sent in one request. */
export interface Batch<T> {
  readonly values: readonly T[];
  /** Estimated bytes of each value, same order. */
  readonly sizes: readonly number[];
}

export interface BatchLimits {
  readonly maxBytes: number;
  readonly maxValues: number;
}

const compactionThreshold = 1024;

export class SignalQueue<T> {
  private values: (T | undefined)[] = [];
  private sizes: number[] = [];
  private head = 0;

  get length(): number {
    return this.values.length - this.head;
  }

  push(value: T, bytes: number): void {
    this.values.push(value);
    this.sizes.push(bytes);
  }

  /** The oldest values within the limits; always at least one if there is one. */
  take({ maxBytes, maxValues }: BatchLimits): Batch<T> | undefined {
    if (this.length === 0) return undefined;
    const start = this.head;
    const last = Math.min(this.values.length, start + Math.max(maxValues, 1));
    let end = start;
    let bytes = 0;
    do {
      bytes += this.sizes[end] ?? 0;
      end += 1;
    } while (end < last && bytes + (this.sizes[end] ?? 0) <= maxBytes);
    return this.cut(end);
  }

  /** Returns a batch to the front: it stays the oldest. */
  putBack(batch: Batch<T>): void {
    this.values = [...batch.values, ...this.values.slice(this.head)];
    this.sizes = [...batch.sizes, ...this.sizes.slice(this.head)];
    this.head = 0;
  }

  private cut(end: number): Batch<T> {
    const values = this.values.slice(this.head, end) as T[];
    const sizes = this.sizes.slice(this.head, end);
    const { length } = this.values;
    // An empty queue begins new lists, too: the old ones would grow to the threshold, and grow old.
    if (end === length || (end > compactionThreshold && end * 2 > length)) {
      this.values = this.values.slice(end);
      this.sizes = this.sizes.slice(end);
      this.head = 0;
    } else {
      this.values.fill(undefined, this.head, end);
      this.head = end;
    }
    return { values, sizes };
  }
}
