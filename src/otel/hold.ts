// Holds the detail of requests that are not decided yet, up to a limit. When it is full, the least severe items are
// dropped first, the oldest of them before the others, and each is counted. Spans are dropped last.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

export type HeldSignal = 'traces' | 'logs';

export interface Holdable {
  readonly signal: HeldSignal;
  /** OpenTelemetry's severity number of a log record; spans rank above all of them. */
  readonly severity: number;
  /** Approximate size in memory. */
  readonly bytes: number;
}

export interface HoldOptions {
  readonly maxRequestBytes: number;
  readonly maxBytes: number;
}

export const SPAN_SEVERITY = 25;
/** The approximate size of one of our spans in memory. */
export const SPAN_BYTES = 1024;
const RECORD_BYTES = 512;

interface Placed<T> {
  readonly order: number;
  readonly item: T;
}

/** The items of one severity; the oldest is at `head`. */
interface Shelf<T> {
  placed: Placed<T>[];
  head: number;
}

interface RequestHold<T> {
  readonly shelves: Map<number, Shelf<T>>;
  bytes: number;
}

export class Hold<T extends Holdable> {
  private readonly requests = new Map<string, RequestHold<T>>();
  private bytes = 0;
  private order = 0;

  /** `evicted` is called with each dropped item. */
  constructor(
    private readonly options: HoldOptions,
    private readonly evicted: (requestId: string, item: T) => void,
  ) {}

  get requestIds(): readonly string[] {
    return [...this.requests.keys()];
  }

  add(requestId: string, item: T): void {
    const { maxRequestBytes, maxBytes } = this.options;
    let hold = this.requests.get(requestId);
    if (hold === undefined) {
      hold = { shelves: new Map(), bytes: 0 };
      this.requests.set(requestId, hold);
    }
    this.place(hold, item);
    while (hold.bytes > maxRequestBytes) this.evictFrom(requestId, hold);
    while (this.bytes > maxBytes) this.evictFrom(...this.largest(requestId, hold));
  }

  /** Removes and returns everything held for the request, in order of arrival. */
  take(requestId: string): T[] {
    const hold = this.requests.get(requestId);
    if (hold === undefined) return [];
    this.requests.delete(requestId);
    this.bytes -= hold.bytes;
    return [...hold.shelves.values()]
      .flatMap(({ placed, head }) => placed.slice(head))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }

  private place(hold: RequestHold<T>, item: T): void {
    let shelf = hold.shelves.get(item.severity);
    if (shelf === undefined) {
      shelf = { placed: [], head: 0 };
      hold.shelves.set(item.severity, shelf);
    }
    shelf.placed.push({ order: this.order, item });
    this.order += 1;
    hold.bytes += item.bytes;
    this.bytes += item.bytes;
  }

  private evictFrom(requestId: string, hold: RequestHold<T>): void {
    let severity = Number.POSITIVE_INFINITY;
    for (const known of hold.shelves.keys()) if (known < severity) severity = known;
    const shelf = hold.shelves.get(severity);
    const oldest = shelf?.placed[shelf.head];
    if (shelf === undefined || oldest === undefined) return;
    shelf.head += 1;
    if (shelf.head === shelf.placed.length) hold.shelves.delete(severity);
    else if (shelf.head > shelf.placed.length / 2) {
      shelf.placed = shelf.placed.slice(shelf.head);
      shelf.head = 0;
    }
    hold.bytes -= oldest.item.bytes;
    this.bytes -= oldest.item.bytes;
    this.evicted(requestId, oldest.item);
  }

  private largest(requestId: string, hold: RequestHold<T>): [string, RequestHold<T>] {
    let found: [string, RequestHold<T>] = [requestId, hold];
    for (const candidate of this.requests)
      if (candidate[1].bytes > found[1].bytes) found = candidate;
    return found;
  }
}

/** The approximate size of the record in memory. */
export function sizeOfRecord({ body, attributes }: ReadableLogRecord): number {
  let size = RECORD_BYTES + (typeof body === 'string' ? 2 * body.length : 0);
  if (typeof body === 'object' && body !== null) size += 2 * JSON.stringify(body).length;
  for (const name in attributes) {
    const value = attributes[name];
    size += 2 * name.length + (typeof value === 'string' ? 2 * value.length : 64);
    if (typeof value === 'object' && value !== null) size += 2 * JSON.stringify(value).length;
  }
  return size;
}
