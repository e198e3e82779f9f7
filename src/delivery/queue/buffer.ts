// Everything handed over and not yet settled, bounded in bytes and items over all signals. When the
// bound is passed the oldest logs go first, then metrics, then spans; every loss is reported.
// Items of a request under way count as held and are not evicted: their fate is being decided.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { DropReason, Signal } from '../delivery';
import type { Batch, BatchLimits } from './signal-queue';
import { SignalQueue } from './signal-queue';
import { splitWindow } from '../codec/split-window';
import {
  countDataPoints,
  estimateLogRecordBytes,
  estimateMetricsBytes,
  estimateSpanBytes,
} from '../codec/size-estimate';

/** What one queued value of each signal is. A metric window counts its data points as items. */
export interface SignalValues {
  readonly traces: ReadableSpan;
  readonly metrics: ResourceMetrics;
  readonly logs: ReadableLogRecord;
}

export interface BufferBounds {
  readonly capacityBytes: number;
  readonly maxItems: number;
}

type Queues = { readonly [S in Signal]: SignalQueue<SignalValues[S]> };
type DropListener = (signal: Signal, items: number, reason: DropReason) => void;

/** Heap of a queued value beyond its text: objects, ids, hidden classes (measured about 250–350 bytes). */
const heldOverheadBytes = 256;
const evictionOrder: readonly Signal[] = ['logs', 'metrics', 'traces'];
const evictionStep = 64;

const estimates: { readonly [S in Signal]: (value: SignalValues[S]) => number } = {
  traces: estimateSpanBytes,
  metrics: estimateMetricsBytes,
  logs: estimateLogRecordBytes,
};

/** Items of some values as the observer counts them: spans, log records, metric data points. */
export function countItems<S extends Signal>(
  signal: S,
  values: readonly SignalValues[S][],
): number {
  if (signal !== 'metrics') return values.length;
  let points = 0;
  for (const window of values as readonly ResourceMetrics[]) points += countDataPoints(window);
  return points;
}

export class Buffer {
  private readonly bounds: BufferBounds;
  private readonly onDropped: DropListener;
  private readonly onWindowLost: (window: ResourceMetrics) => void;
  private readonly queues: Queues = {
    traces: new SignalQueue(),
    metrics: new SignalQueue(),
    logs: new SignalQueue(),
  };
  private readonly heldItems: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };
  private heldBytes = 0;

  constructor(
    bounds: BufferBounds,
    onDropped: DropListener,
    onWindowLost: (window: ResourceMetrics) => void = () => undefined,
  ) {
    this.bounds = bounds;
    this.onDropped = onDropped;
    this.onWindowLost = onWindowLost;
  }

  /** Estimated bytes held, requests under way included. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Items held by signal, requests under way included. */
  get items(): Readonly<Record<Signal, number>> {
    return { ...this.heldItems };
  }

  /** Values of a signal that wait, requests under way not included. */
  waiting(signal: Signal): number {
    return this.queues[signal].length;
  }

  add<S extends Signal>(signal: S, values: readonly SignalValues[S][]): void {
    const queue: SignalQueue<SignalValues[S]> = this.queues[signal];
    for (const value of values) queue.push(value, this.admit(signal, value));
    this.evict();
  }

  /** Moves the oldest waiting values out to be sent; they stay held until settled. */
  take<S extends Signal>(signal: S, limits: BatchLimits): Batch<SignalValues[S]> | undefined {
    const queue: SignalQueue<SignalValues[S]> = this.queues[signal];
    return queue.take(limits);
  }

  /** The batch was not delivered and waits again, as the oldest. */
  putBack<S extends Signal>(signal: S, batch: Batch<SignalValues[S]>): void {
    const queue: SignalQueue<SignalValues[S]> = this.queues[signal];
    queue.putBack(batch);
    this.evict();
  }

  /** Puts the second half of a batch back and returns the first; undefined when it cannot be halved. */
  halve<S extends Signal>(
    signal: S,
    batch: Batch<SignalValues[S]>,
  ): Batch<SignalValues[S]> | undefined {
    const queue: SignalQueue<SignalValues[S]> = this.queues[signal];
    const middle = Math.ceil(batch.values.length / 2);
    if (batch.values.length > 1) {
      queue.putBack({ values: batch.values.slice(middle), sizes: batch.sizes.slice(middle) });
      return { values: batch.values.slice(0, middle), sizes: batch.sizes.slice(0, middle) };
    }
    const [value] = batch.values;
    if (value === undefined || signal !== 'metrics') return undefined;
    const halves = splitWindow(value as ResourceMetrics) as SignalValues[S][] | undefined;
    if (halves === undefined) return undefined;
    this.release(signal, batch);
    queue.putBack({ values: halves, sizes: halves.map((half) => this.admit(signal, half)) });
    return queue.take({ maxBytes: 0, maxValues: 1 });
  }

  /** The batch was delivered or given up: it is held no longer. */
  release<S extends Signal>(signal: S, batch: Batch<SignalValues[S]>): void {
    this.heldItems[signal] -= countItems(signal, batch.values);
    for (const bytes of batch.sizes) this.heldBytes -= bytes + heldOverheadBytes;
  }

  /** Gives up everything that waits of a signal. */
  drop(signal: Signal, reason: DropReason): void {
    const everything = { maxBytes: Infinity, maxValues: Infinity };
    const batch = this.take(signal, everything);
    if (batch !== undefined) this.discard(signal, batch, reason);
  }

  /** Accounts for a value; returns its estimated bytes. */
  private admit<S extends Signal>(signal: S, value: SignalValues[S]): number {
    const bytes = estimates[signal](value);
    this.heldBytes += bytes + heldOverheadBytes;
    this.heldItems[signal] += signal === 'metrics' ? countDataPoints(value as ResourceMetrics) : 1;
    return bytes;
  }

  private evict(): void {
    for (const signal of evictionOrder) {
      while (this.isOverfull()) {
        const batch = this.take(signal, { maxBytes: this.excessBytes(), maxValues: evictionStep });
        if (batch === undefined) break;
        this.discard(signal, batch, 'queue_full');
      }
    }
  }

  private isOverfull(): boolean {
    const items = this.heldItems.traces + this.heldItems.metrics + this.heldItems.logs;
    return this.heldBytes > this.bounds.capacityBytes || items > this.bounds.maxItems;
  }

  private excessBytes(): number {
    return this.heldBytes - this.bounds.capacityBytes;
  }

  private discard<S extends Signal>(
    signal: S,
    batch: Batch<SignalValues[S]>,
    reason: DropReason,
  ): void {
    this.release(signal, batch);
    const items = countItems(signal, batch.values);
    if (items > 0) this.onDropped(signal, items, reason);
    if (signal !== 'metrics') return;
    for (const window of batch.values as readonly ResourceMetrics[]) this.onWindowLost(window);
  }
}
