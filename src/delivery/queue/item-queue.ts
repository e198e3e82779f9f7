// The waiting items of one signal, oldest first. Taking from the front and putting back to the front cost no more
// than the items moved.

const COMPACTION_THRESHOLD = 1024;

export class ItemQueue<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest items as long as `accept` says so of each. */
  take(accept: (item: T) => boolean): readonly T[] {
    const { items, head } = this;
    let end = head;
    while (end < items.length && accept(items[end] as T)) end += 1;
    return end === head ? [] : this.cut(end);
  }

  /** Returns items to the front: they stay the oldest. */
  putBack(items: readonly T[]): void {
    this.items = [...items, ...this.items.slice(this.head)];
    this.head = 0;
  }

  private cut(end: number): readonly T[] {
    const taken = this.items.slice(this.head, end) as T[];
    const { length } = this.items;
    // An empty queue begins a new list, too: the old one would grow to the threshold, and grow old.
    if (end === length || (end > COMPACTION_THRESHOLD && end * 2 > length)) {
      this.items = this.items.slice(end);
      this.head = 0;
    } else {
      this.items.fill(undefined, this.head, end);
      this.head = end;
    }
    return taken;
  }
}
