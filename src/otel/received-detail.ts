// Holds spans and log records that the function's SDK handed over until their request is known, usually at the next
// settling. Bounded: beyond that, the oldest pass as belonging to no request, because such items are never dropped.
import type { ReceivedLogRecord } from '../relay/scan-request';
import type { ReceivedSpan } from '../relay/received-span';
import type { Surroundings } from '../invocation/requests';
import type { Attribution, Whereabouts } from './attribution';
import type { HeldSignal } from './hold';

export type ReceivedItem =
  | { readonly signal: 'traces'; readonly received: ReceivedSpan }
  | { readonly signal: 'logs'; readonly received: ReceivedLogRecord };

export interface Owned {
  readonly item: ReceivedItem;
  /** Undefined: it belongs to no request. */
  readonly requestId: string | undefined;
}

interface Waiting {
  readonly item: ReceivedItem;
  readonly waits: number;
  /** The request that was awaited when it came. */
  readonly awaited?: string | undefined;
}

/** For how many settlings an item waits for the events of its request, which may be late or never come. */
const MAX_WAITS = 2;
/** For the objects of an item and its own memory. */
const OVERHEAD_BYTES = 256;

export function heldBytesOf({ received: { start, end } }: ReceivedItem): number {
  return end - start + OVERHEAD_BYTES;
}

export function whereaboutsOf({ signal, received }: ReceivedItem): Whereabouts {
  const { traceId } = received;
  if (signal === 'logs') return { traceId, timeMs: received.timeMs };
  return { invocationId: received.invocationId, traceId, timeMs: received.startMs };
}

export class ReceivedDetail {
  private waiting: Waiting[] = [];
  private bytes = 0;

  constructor(
    private readonly attribution: Attribution,
    private readonly maxBytes: number,
  ) {}

  /** So much waits that a settling would help. */
  get isCrowded(): boolean {
    return this.bytes > this.maxBytes / 2;
  }

  add(signal: HeldSignal, received: ReceivedSpan | ReceivedLogRecord): void {
    const item = { signal, received } as ReceivedItem;
    this.waiting.push({ item, waits: 0 });
    this.bytes += heldBytesOf(item);
  }

  /** Takes the items whose request is known, and those that have none. */
  take(
    isKnown: (requestId: string) => boolean,
    around: Surroundings & { readonly isEnding: boolean },
  ): readonly Owned[] {
    const owned: Owned[] = [];
    const still: Waiting[] = [];
    for (const waiting of this.waiting) {
      const { item } = waiting;
      const whereabouts = whereaboutsOf(item);
      const requestId = this.attribution.find(whereabouts, around);
      const isOwned = requestId !== undefined && isKnown(requestId);
      if (isOwned || around.isEnding || !this.mayBeOwned(waiting, whereabouts, around)) {
        owned.push({ item, requestId: isOwned ? requestId : undefined });
      } else {
        item.received.detach();
        const { awaited = around.awaited } = waiting;
        still.push({ item, waits: waiting.waits + 1, awaited });
      }
    }
    this.bytes = still.reduce((bytes, { item }) => bytes + heldBytesOf(item), 0);
    const excess = still.findIndex(({ item }) => {
      if (this.bytes <= this.maxBytes) return true;
      this.bytes -= heldBytesOf(item);
      return false;
    });
    this.waiting = excess < 0 ? [] : still.slice(excess);
    const passing = excess < 0 ? still : still.slice(0, excess);
    return [...owned, ...passing.map(({ item }) => ({ item, requestId: undefined }))];
  }

  private mayBeOwned(
    waiting: Waiting,
    whereabouts: Whereabouts,
    { isConcurrent, awaited }: Surroundings,
  ): boolean {
    const isAwaited = awaited !== undefined && (waiting.awaited ?? awaited) === awaited;
    if (isAwaited || this.attribution.hasOpen(whereabouts)) return true;
    const isNamed = whereabouts.invocationId !== undefined;
    const hasReason = isConcurrent || isNamed || waiting.awaited !== undefined;
    return hasReason && waiting.waits < MAX_WAITS;
  }
}
