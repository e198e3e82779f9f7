// Keeps what the function's SDK delivered until its request is known, usually at the next settling. Signs that a
// request should be kept are noted at once; spans and log records wait. When the limit is reached, the oldest ones are
// released as belonging to no request, since such items are never dropped.
import type { Fact } from '../invocation/fact';
import type { Surroundings } from '../invocation/requests';
import type { ReceivedSpan } from '../relay/received-span';
import type { ReceivedLogRecord } from '../relay/scan-request';
import type { Whereabouts } from './attribution';
import { Attribution } from './attribution';
import type { DecisionOptions, Decisions } from './decisions';
import type { HoldOptions } from './hold';
import { isErrorRecord, readSpanSigns } from './received-marks';

export type ReceivedItem =
  | { readonly signal: 'traces'; readonly received: ReceivedSpan }
  | { readonly signal: 'logs'; readonly received: ReceivedLogRecord };

export interface IntakeOptions extends DecisionOptions {
  readonly hold: HoldOptions;
}

export interface TakingContext extends Surroundings {
  /** The environment ends, so nothing is held back. */
  readonly isEnding: boolean;
  /** Spans of the function's SDK that joining releases; called once all facts are known. */
  readonly takeJoined: () => readonly ReceivedSpan[];
}

interface Owned {
  readonly item: ReceivedItem;
  /** Undefined if it belongs to no request. */
  readonly requestId: string | undefined;
}

interface Wait {
  readonly waits: number;
  /** The request whose events were awaited when the item arrived. */
  readonly awaited?: string | undefined;
}

interface Waiting extends Wait {
  readonly item: ReceivedItem;
}

interface WaitingError extends Wait {
  readonly whereabouts: Whereabouts;
}

/** Limits the error records whose request is not known yet; one of a trace and a millisecond is enough. */
const MAX_ERRORS = 2048;
/** The number of settlings for which an item waits for its request's events, which may be late or never come. */
const MAX_WAITS = 2;
/** Memory that the objects of an item take up in addition to its bytes. */
const OVERHEAD_BYTES = 256;

export function heldBytesOf({ received: { start, end } }: ReceivedItem): number {
  return end - start + OVERHEAD_BYTES;
}

function whereaboutsOf({ signal, received }: ReceivedItem): Whereabouts {
  const { traceId } = received;
  if (signal === 'logs') return { traceId, timeMs: received.timeMs };
  return { invocationId: received.invocationId, traceId, timeMs: received.startMs };
}

export class ReceivedIntake {
  /** Spans and log records wait here for the decision about their request. */
  readonly isSelective: boolean;
  private readonly decides: boolean;
  private readonly attribution = new Attribution();
  private readonly maxBytes: number;
  private waiting: Waiting[] = [];
  private bytes = 0;
  private readonly errors = new Map<string, WaitingError>();

  constructor(
    private readonly decisions: Decisions,
    private readonly options: IntakeOptions,
  ) {
    const { others, sampler, hold } = options;
    this.isSelective = others !== 'all';
    this.decides = this.isSelective || sampler !== undefined;
    this.maxBytes = hold.maxRequestBytes;
  }

  /** True if so much is waiting that a settling would help. */
  get isCrowded(): boolean {
    return this.bytes > this.maxBytes / 2;
  }

  /** Notes the signs of an item as it arrived, before filters and redaction. */
  note(item: ReceivedItem): void {
    if (!this.decides) return;
    const { errors, http5xx, errorLogs } = this.options.rules;
    if (item.signal === 'logs') {
      if (errorLogs && isErrorRecord(item.received)) this.noteError(whereaboutsOf(item));
      return;
    }
    const { invocationId, traceId, isServer } = item.received;
    if (traceId !== undefined) this.decisions.sawTrace(traceId);
    if (!isServer) return;
    if (invocationId !== undefined && traceId !== undefined) {
      this.attribution.own(invocationId, traceId);
    }
    if (!errors && !http5xx) return;
    const signs = readSpanSigns(item.received);
    if (invocationId !== undefined) this.decisions.note(invocationId, signs);
    else this.decisions.noteSpan(item.received.spanId, signs);
  }

  add(item: ReceivedItem): void {
    this.waiting.push({ item, waits: 0 });
    this.bytes += heldBytesOf(item);
  }

  /** Must be called with all facts of a settling before anything is decided. */
  observe(facts: readonly Fact<unknown>[], around: Surroundings): void {
    if (!this.decides) return;
    this.attribution.learn(facts);
    for (const [key, error] of this.errors) {
      const { whereabouts, waits, awaited = around.awaited } = error;
      const requestId = this.attribution.find(whereabouts, around);
      if (requestId !== undefined) this.decisions.note(requestId, { hasErrorLog: true });
      const isWaiting = requestId === undefined && this.mayBeOwned(error, whereabouts, around);
      if (isWaiting) this.errors.set(key, { whereabouts, waits: waits + 1, awaited });
      else this.errors.delete(key);
    }
  }

  private noteError(whereabouts: Whereabouts): void {
    const key = `${whereabouts.traceId ?? ''} ${Math.floor(whereabouts.timeMs)}`;
    if (this.errors.size < MAX_ERRORS) this.errors.set(key, { whereabouts, waits: 0 });
  }

  /**
   * Removes and returns what joining now releases, and of what waited the items whose request is known or that have
   * none.
   */
  take(context: TakingContext): readonly Owned[] {
    for (const received of context.takeJoined()) this.add({ signal: 'traces', received });
    const owned: Owned[] = [];
    const still: Waiting[] = [];
    for (const waiting of this.waiting) {
      const { item } = waiting;
      const whereabouts = whereaboutsOf(item);
      const requestId = this.attribution.find(whereabouts, context);
      const isOwned = requestId !== undefined && this.decisions.isKnown(requestId);
      if (isOwned || context.isEnding || !this.mayBeOwned(waiting, whereabouts, context)) {
        owned.push({ item, requestId: isOwned ? requestId : undefined });
      } else {
        item.received.detach();
        const { awaited = context.awaited } = waiting;
        still.push({ item, waits: waiting.waits + 1, awaited });
      }
    }
    return [...owned, ...this.keep(still).map(({ item }) => ({ item, requestId: undefined }))];
  }

  /** Bounds what waits: returns the oldest items, for which there is no more room. */
  private keep(still: readonly Waiting[]): readonly Waiting[] {
    this.bytes = still.reduce((bytes, { item }) => bytes + heldBytesOf(item), 0);
    let excess = 0;
    for (const { item } of still) {
      if (this.bytes <= this.maxBytes) break;
      this.bytes -= heldBytesOf(item);
      excess += 1;
    }
    this.waiting = still.slice(excess);
    return still.slice(0, excess);
  }

  private mayBeOwned(
    waiting: Wait,
    whereabouts: Whereabouts,
    { isConcurrent, awaited }: Surroundings,
  ): boolean {
    const isAwaited = awaited !== undefined && (waiting.awaited ?? awaited) === awaited;
    if (isAwaited || this.attribution.hasOpen(whereabouts)) return true;
    const isNamed = whereabouts.invocationId !== undefined;
    const hasReason = isConcurrent || isNamed || waiting.awaited !== undefined;
    return hasReason && waiting.waits < MAX_WAITS;
  }

  isServer(requestId: string | undefined, item: ReceivedItem): boolean {
    if (requestId === undefined || item.signal !== 'traces') return false;
    return this.attribution.isServer(requestId, item.received.spanId);
  }
}
