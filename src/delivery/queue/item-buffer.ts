// All items that were handed over and whose fate is open, limited in bytes and number for all signals together. When
// the limit is exceeded the oldest logs are dropped first, then metrics, then spans; every loss is reported. Items of a
// request under way count as held but are not dropped, since their fate is being decided.
import type { RawItem, RawItems, RawMetric, Signal } from '../../relay/item';
import { splitMetric } from '../codec/write-metric';
import type { DropReason } from '../delivery';

export interface BufferBounds {
  readonly capacityBytes: number;
  readonly maxItems: number;
}

type DropListener = (signal: Signal, items: readonly RawItem[], reason: DropReason) => void;

/** The heap that a queued item takes in addition to its bytes: the object and its places in lists. */
export const HELD_OVERHEAD_BYTES = 96;
const NOTHING: readonly RawItem[] = [];
const EVICTION_ORDER: readonly Signal[] = ['logs', 'metrics', 'traces'];

/** How much an item counts: a metric as the number of its data points, a span or log record as one. */
export function weigh(signal: Signal, item: RawItem): number {
  return signal === 'metrics' ? (item as RawMetric).points : 1;
}

/** The number of items as the observer counts them: spans, log records, metric data points. */
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

  /** Bytes held, including requests under way. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** True if an item of the signal waits, not counting requests under way. */
  isWaiting(signal: Signal): boolean {
    return this.queues[signal].length > 0;
  }

  /** `bytes`: as held in memory; `count`: what the items count for (see `weigh`). */
  hasRoom(bytes: number, count: number): boolean {
    const { capacityBytes, maxItems } = this.bounds;
    const { traces, metrics, logs } = this.heldItems;
    return this.heldBytes + bytes <= capacityBytes && traces + metrics + logs + count <= maxItems;
  }

  /** Returns the items of this signal that had to be dropped for lack of room, oldest first. */
  add<S extends Signal>(signal: S, items: readonly RawItems[S][]): readonly RawItem[] {
    const queue = this.queues[signal];
    for (const item of items) queue.push(item);
    this.hold(signal, items);
    return this.evict()[signal] ?? NOTHING;
  }

  /**
   * Takes the oldest waiting items for sending, as long as `accept` returns true; they stay held until released or
   * dropped.
   */
  take(signal: Signal, accept: (item: RawItem) => boolean): readonly RawItem[] {
    return this.queues[signal].take(accept);
  }

  /** Puts items back that were not delivered, in front of all others. */
  putBack(signal: Signal, items: readonly RawItem[]): void {
    this.queues[signal].putBack(items);
    this.evict();
  }

  /** Puts items back that were not delivered, behind all others. */
  putLast(signal: Signal, items: readonly RawItem[]): void {
    for (const item of items) this.queues[signal].push(item);
    this.evict();
  }

  /**
   * Puts items back in two halves (a single metric is split by its points) and returns the first; undefined if they
   * cannot be halved.
   */
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

  /** Items that were delivered are no longer held. */
  release(signal: Signal, items: readonly RawItem[]): void {
    this.heldItems[signal] -= countItems(signal, items);
    for (const item of items) this.heldBytes -= heldBytesOf(item);
  }

  /** Drops items that were taken. */
  discard(signal: Signal, items: readonly RawItem[], reason: DropReason): void {
    this.release(signal, items);
    this.onDropped(signal, items, reason);
  }

  /** Drops all waiting items of a signal. */
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

const COMPACTION_THRESHOLD = 1024;

/**
 * The waiting items of one signal, oldest first. Taking items from the front and putting them back takes time
 * proportional to the items moved.
 */
export class ItemQueue<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest items for as long as `accept` returns true. */
  take(accept: (item: T) => boolean): readonly T[] {
    const { items, head } = this;
    let end = head;
    while (end < items.length && accept(items[end] as T)) end += 1;
    return end === head ? [] : this.cut(end);
  }

  /** Returns items to the front, so that they stay the oldest. */
  putBack(items: readonly T[]): void {
    this.items = [...items, ...this.items.slice(this.head)];
    this.head = 0;
  }

  private cut(end: number): readonly T[] {
    const taken = this.items.slice(this.head, end) as T[];
    const { length } = this.items;
    // An empty queue also begins a new list: the old one would grow to the threshold and reach the old generation.
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
