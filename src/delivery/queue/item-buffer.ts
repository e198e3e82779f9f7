// Everything handed over and not yet settled, bounded in bytes and items over all signals. When the bound is
// passed the oldest logs go first, then metrics, then spans; every loss is reported. Items of a request under
// way count as held and are not evicted: their fate is being decided.
import type { RawItem, RawItems, RawMetric, Signal } from '../../relay/item';
import { splitMetric } from '../codec/write-metric';
import type { DropReason } from '../delivery';

export interface BufferBounds {
  readonly capacityBytes: number;
  readonly maxItems: number;
}

type DropListener = (signal: Signal, items: readonly RawItem[], reason: DropReason) => void;

/** Heap of a queued item beside its bytes: the object and its places in lists. */
export const HELD_OVERHEAD_BYTES = 96;
const NOTHING: readonly RawItem[] = [];
const EVICTION_ORDER: readonly Signal[] = ['logs', 'metrics', 'traces'];

/** What an item counts for: a metric for its data points, a span or a log record for one. */
export function weigh(signal: Signal, item: RawItem): number {
  return signal === 'metrics' ? (item as RawMetric).points : 1;
}

/** Items as the observer counts them: spans, log records, metric data points. */
export function countItems(signal: Signal, items: readonly RawItem[]): number {
  if (signal !== 'metrics') return items.length;
  return items.reduce((points, item) => points + weigh(signal, item), 0);
}

function heldBytesOf({ start, end }: RawItem): number {
  return end - start + HELD_OVERHEAD_BYTES;
}

export class ItemBuffer {
  private readonly queues: Readonly<Record<Signal, ItemQueue<RawItem>>> = {
    traces: new ItemQueue(),
    metrics: new ItemQueue(),
    logs: new ItemQueue(),
  };
  private readonly heldItems: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };
  private heldBytes = 0;

  constructor(
    private readonly bounds: BufferBounds,
    private readonly onDropped: DropListener,
  ) {}

  /** Bytes held, requests under way included. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** True when an item of the signal waits, requests under way not included. */
  isWaiting(signal: Signal): boolean {
    return this.queues[signal].length > 0;
  }

  /** `bytes`: as they are held; `count`: what the items count for. */
  hasRoom(bytes: number, count: number): boolean {
    const { capacityBytes, maxItems } = this.bounds;
    const { traces, metrics, logs } = this.heldItems;
    return this.heldBytes + bytes <= capacityBytes && traces + metrics + logs + count <= maxItems;
  }

  /** Answers which of the signal had to go for want of room, oldest first. */
  add<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[] {
    const queue = this.queues[signal];
    for (const item of items) queue.push(item);
    this.hold(signal, items);
    return this.evict()[signal] ?? NOTHING;
  }

  /** Moves the oldest items that wait out to be sent, as long as `accept` says so; they stay held until settled. */
  take(signal: Signal, accept: (item: RawItem) => boolean): readonly RawItem[] {
    return this.queues[signal].take(accept);
  }

  /** The items were not delivered and wait again, as the oldest. */
  putBack(signal: Signal, items: readonly RawItem[]): void {
    this.queues[signal].putBack(items);
    this.evict();
  }

  /** The items were not delivered and wait again, behind all others. */
  putLast(signal: Signal, items: readonly RawItem[]): void {
    for (const item of items) this.queues[signal].push(item);
    this.evict();
  }

  /** Puts items back in two halves, of a single metric by its points; returns the first; undefined: they are one. */
  halve(signal: Signal, items: readonly RawItem[]): readonly RawItem[] | undefined {
    const middle = Math.ceil(items.length / 2);
    const [only] = items;
    if (items.length > 1) {
      this.queues[signal].putBack(items.slice(middle));
      return items.slice(0, middle);
    }
    const halves =
      signal === 'metrics' && only !== undefined ? splitMetric(only as RawMetric) : undefined;
    if (halves === undefined) return undefined;
    const [first, second] = halves;
    this.release(signal, items);
    this.hold(signal, halves);
    this.queues[signal].putBack([second]);
    return [first];
  }

  /** The items were delivered: they are held no longer. */
  release(signal: Signal, items: readonly RawItem[]): void {
    this.heldItems[signal] -= countItems(signal, items);
    for (const item of items) this.heldBytes -= heldBytesOf(item);
  }

  /** Items that were taken are given up. */
  discard(signal: Signal, items: readonly RawItem[], reason: DropReason): void {
    this.release(signal, items);
    this.onDropped(signal, items, reason);
  }

  /** Gives up everything that waits of a signal. */
  drop(signal: Signal, reason: DropReason): void {
    const items = this.take(signal, () => true);
    if (items.length > 0) this.discard(signal, items, reason);
  }

  private hold(signal: Signal, items: readonly RawItem[]): void {
    this.heldItems[signal] += countItems(signal, items);
    for (const item of items) this.heldBytes += heldBytesOf(item);
  }

  private evict(): Readonly<Partial<Record<Signal, readonly RawItem[]>>> {
    const all: Partial<Record<Signal, readonly RawItem[]>> = {};
    for (const signal of EVICTION_ORDER) {
      const { capacityBytes, maxItems } = this.bounds;
      const { traces, metrics, logs } = this.heldItems;
      let excessBytes = this.heldBytes - capacityBytes;
      let excessItems = traces + metrics + logs - maxItems;
      if (excessBytes <= 0 && excessItems <= 0) return all;
      const evicted = this.take(signal, (item) => {
        if (excessBytes <= 0 && excessItems <= 0) return false;
        excessBytes -= heldBytesOf(item);
        excessItems -= weigh(signal, item);
        return true;
      });
      if (evicted.length > 0) this.discard(signal, evicted, 'queue_full');
      all[signal] = evicted;
    }
    return all;
  }
}

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
