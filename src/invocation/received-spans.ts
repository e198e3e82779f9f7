// Spans of the function's SDK wait here for the next settling, which may change them; those that an open request may
// need wait for its end. The waiting is bounded: beyond it, spans leave as they are. Enough is remembered of spans that
// have left to recognize a parent that never came, and the request of a late SERVER span.
import type { SpanEdit } from '../relay/edit-span';
import { editSpan } from '../relay/edit-span';
import { bytesOf, wholeOf } from '../relay/item';
import { ReceivedSpan } from '../relay/received-span';
import { forgetOldest } from '../telemetry/recent-keys';
import type { SpanIdentity } from './identity';
import { join, toInnerEdit } from './join';
import type { Joined, SeenSpan, SettlingRequest } from './join';
import type { OpenRequests } from './requests';

/** The bound of spans that wait for the next settling. */
const MAX_WAITING_BYTES = 1_048_576;
/** The bound of spans that wait for the end of their request. */
const MAX_HELD = 64;
const MAX_HELD_BYTES = 262_144;
const MAX_REMEMBERED = 1_024;
const MAX_CLOSED = 256;
/** Settlings that a SERVER span waits for the first event of its request. */
const MAX_WAITS = 2;

export interface ClosedRequest {
  /** Our span's ids, or those of the SERVER span in its place. */
  readonly identity: SpanIdentity;
  readonly isServed: boolean;
  /** Unix milliseconds. */
  readonly endMs: number;
}

export class ReceivedSpans {
  /** A SERVER span came after ours had left: from then on ours wait for one settling more. */
  isServerLate = false;
  private waiting: ReceivedSpan[] = [];
  private waitingBytes = 0;
  private left: ReceivedSpan[] = [];
  private remembered: SeenSpan[] = [];
  private seen: readonly SeenSpan[] | undefined;
  /** The latest settled invocation of each request. */
  private readonly closed = new Map<string, ClosedRequest>();
  private readonly edits = new Map<ReceivedSpan, SpanEdit>();
  /** The SERVER spans of requests whose span is not emitted yet. */
  private readonly serving = new Set<ReceivedSpan>();
  private readonly waits = new WeakMap<ReceivedSpan, number>();
  /** Everything that left while the open request has been running is remembered. */
  private isComplete = true;

  add(span: ReceivedSpan): void {
    this.seen = undefined;
    this.waiting.push(span);
    this.waitingBytes += bytesHeldBy(span);
    if (this.waitingBytes > MAX_WAITING_BYTES) this.letGo(() => false);
  }

  /** Spans that had to leave before a settling. */
  takeExcess(): readonly ReceivedSpan[] {
    const { left } = this;
    this.left = [];
    return left;
  }

  /** Nothing waits. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Decides once for a request that settles. What is decided about other spans is applied when they leave. */
  join(request: SettlingRequest): Joined | undefined {
    // A parent that was forgotten may have come.
    const isDead = request.isDead && this.isComplete;
    const joined = join({ ...request, isDead }, this.seenSpans);
    for (const [span, edit] of joined?.edits ?? []) {
      this.edits.set(span, { ...this.edits.get(span), ...edit });
    }
    if (joined?.servedBy !== undefined) this.serving.add(joined.servedBy);
    return joined;
  }

  /** Our span has left, or the SERVER span in its place. */
  close(requestId: string, closed: ClosedRequest): void {
    this.closed.delete(requestId);
    this.closed.set(requestId, closed);
    forgetOldest(this.closed, MAX_CLOSED);
  }

  /** The SERVER span leaves with what else is to be appended to it. */
  complete(server: ReceivedSpan, edit: SpanEdit): void {
    if (!this.serving.has(server)) return;
    const attributes = { ...this.edits.get(server)?.attributes, ...edit.attributes };
    this.edits.set(server, { ...this.edits.get(server), ...edit, attributes });
    this.serving.delete(server);
  }

  /** What leaves now: everything but what a request that is still open may need. Only then are these looked up. */
  take(findOpen: () => OpenRequests): readonly ReceivedSpan[] {
    const isUntouched = this.isEmpty && this.remembered.length === 0 && this.isComplete;
    if (isUntouched) return this.takeExcess();
    const open = findOpen();
    let [held, heldBytes] = [0, 0];
    this.letGo((span) => {
      if (!this.isNeeded(span, open)) return false;
      held += 1;
      heldBytes += bytesHeldBy(span);
      return held <= MAX_HELD && heldBytes <= MAX_HELD_BYTES;
    });
    if (open.sinceMs === undefined) {
      this.remembered = [];
      this.isComplete = true;
    }
    return this.takeExcess();
  }

  /** The end: nothing waits for anything any more. */
  takeAll(): readonly ReceivedSpan[] {
    this.letGo(() => false);
    return this.takeExcess();
  }

  private isNeeded(span: ReceivedSpan, { sinceMs, isOpen, isExpected }: OpenRequests): boolean {
    if (this.serving.has(span)) return true;
    const { invocationId } = span;
    if (invocationId !== undefined) {
      if (this.findClosed(span) !== undefined) return false;
      return isOpen(invocationId) || (isExpected(invocationId) && this.hasPatience(span));
    }
    if (sinceMs === undefined || this.edits.has(span) || span.startMs < sinceMs) return false;
    return span.parentSpanId === undefined || span.isParentRemote === true;
  }

  /** Lambda's events are late, or never come. */
  private hasPatience(span: ReceivedSpan): boolean {
    const waits = (this.waits.get(span) ?? 0) + 1;
    this.waits.set(span, waits);
    return waits <= MAX_WAITS;
  }

  private letGo(isHeld: (span: ReceivedSpan) => boolean): void {
    const kept: ReceivedSpan[] = [];
    this.waitingBytes = 0;
    for (const span of this.waiting) {
      if (isHeld(span)) {
        span.detach();
        kept.push(span);
        this.waitingBytes += bytesHeldBy(span);
      } else {
        this.leave(span);
      }
    }
    this.waiting = kept;
    this.seen = undefined;
  }

  private leave(span: ReceivedSpan): void {
    const edit = this.edits.get(span) ?? this.toLateEdit(span);
    this.edits.delete(span);
    this.serving.delete(span);
    this.left.push(edit === undefined ? span : toEdited(span, edit));
    if (this.remembered.length >= MAX_REMEMBERED) {
      this.isComplete = false;
      return;
    }
    const seen = toSeen(span, undefined);
    if (seen !== undefined) this.remembered.push(seen);
  }

  /** It came late. If our span has left, both stay, with a link; else it becomes a step inside of the one that left. */
  private toLateEdit(span: ReceivedSpan): SpanEdit | undefined {
    const closed = this.findClosed(span);
    if (closed === undefined || closed.identity.spanId === span.spanId) return undefined;
    const { identity, isServed } = closed;
    if (isServed) return toInnerEdit(span, identity, this.seenSpans);
    this.isServerLate = true;
    return { links: [identity] };
  }

  /** A retried request has the same id: what began after the end belongs to the next try. */
  private findClosed({ invocationId, startMs }: ReceivedSpan): ClosedRequest | undefined {
    const closed = invocationId === undefined ? undefined : this.closed.get(invocationId);
    return closed === undefined || startMs > closed.endMs ? undefined : closed;
  }

  private get seenSpans(): readonly SeenSpan[] {
    this.seen ??= [...this.remembered, ...this.waiting.flatMap((span) => toSeen(span, span) ?? [])];
    return this.seen;
  }
}

/** With its object and its places in lists. */
function bytesHeldBy({ start, end }: ReceivedSpan): number {
  return end - start + 96;
}

function toEdited(span: ReceivedSpan, edit: SpanEdit): ReceivedSpan {
  return new ReceivedSpan(wholeOf(editSpan(bytesOf(span), edit)), span);
}

/** Nothing without ids: such a span is passed on and joins nothing. */
function toSeen(span: ReceivedSpan, held: ReceivedSpan | undefined): SeenSpan | undefined {
  const { traceId, spanId, parentSpanId, isParentRemote, isServer, invocationId, startMs } = span;
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, parentSpanId, isParentRemote, isServer, invocationId, startMs, held };
}
