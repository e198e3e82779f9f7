// Spans of the function's SDK wait here for the next settling, which may change them; those that an open request may
// need wait for its end. Their number is limited: further spans are exported as they are. Enough is remembered of
// exported spans to recognize a parent that never came, and the request of a late SERVER span.
import type { SpanEdit } from '../relay/edit-span';
import { editSpan } from '../relay/edit-span';
import { bytesOf, wholeOf } from '../relay/item';
import { ReceivedSpan } from '../relay/received-span';
import { forgetOldest } from '../telemetry/recent-keys';
import type { SpanIdentity } from './identity';
import { join, toInnerEdit } from './join';
import type { Joined, SettlingRequest } from './joined';
import { TOLERANCE_MS } from './joined';
import { Relocations } from './relocations';
import type { LeavingSpan } from './relocations';
import { SpanForest } from './span-forest';
import type { SeenSpan } from './span-forest';
import type { OpenRequests } from './requests';

/** The most spans that wait for the next settling. */
const MAX_WAITING_BYTES = 1_048_576;
/** The most spans that wait for the end of their request. */
const MAX_HELD = 64;
const MAX_HELD_BYTES = 262_144;
const MAX_REMEMBERED = 1_024;
const MAX_CLOSED = 256;
const MAX_TRACES = 256;
/** Our span and X-Ray's segment below it, of each closed request. */
const MAX_RELOCATED = 2 * MAX_CLOSED;
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
  /** How many of these have waited during one settling for the start of their request. */
  private aged = 0;
  /** Everything that is remembered and that waits. */
  private forest: SpanForest | undefined;
  /** The latest settled invocation of each request. */
  private readonly closed = new Map<string, ClosedRequest>();
  private readonly edits = new Map<ReceivedSpan, SpanEdit>();
  /** The SERVER spans of requests whose span is not emitted yet. */
  private readonly serving = new Set<ReceivedSpan>();
  private readonly waits = new WeakMap<ReceivedSpan, number>();
  /** What started later, and has left since a request has been open, is remembered. Unix milliseconds. */
  private completeSinceMs = -Infinity;
  /** The traces of spans that have left and are no longer remembered. */
  private readonly earlierTraces = new Set<string>();
  private readonly relocations = new Relocations(MAX_RELOCATED);
  /** The latest end of a request that has settled, Unix milliseconds. */
  private latestEndMs = 0;

  add(span: ReceivedSpan): void {
    this.forest = undefined;
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

  /** True if nothing waits. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Decides once for a request that settles. What is decided about other spans is applied when they leave. */
  join(request: SettlingRequest): Joined | undefined {
    const joined = join(request, this.known);
    if (joined === undefined) return undefined;
    for (const [span, edit] of joined.edits) {
      this.edits.set(span, { ...this.edits.get(span), ...edit });
      if (edit.traceId !== undefined) this.relocations.follow(span, edit.traceId);
    }
    this.relocations.replaceOurs(request, joined);
    if (joined.servedBy !== undefined) this.serving.add(joined.servedBy);
    return joined;
  }

  /** Called when our span, or the SERVER span in its place, is exported. */
  close(requestId: string, closed: ClosedRequest): void {
    this.closed.delete(requestId);
    this.closed.set(requestId, closed);
    forgetOldest(this.closed, MAX_CLOSED);
    this.latestEndMs = Math.max(this.latestEndMs, closed.endMs);
  }

  /** The SERVER span leaves with what else is to be appended to it. */
  complete(server: ReceivedSpan, edit: SpanEdit): void {
    if (!this.serving.has(server)) return;
    const attributes = { ...this.edits.get(server)?.attributes, ...edit.attributes };
    this.edits.set(server, { ...this.edits.get(server), ...edit, attributes });
    this.serving.delete(server);
  }

  /** What is exported now: everything but what an open request may need. Open requests are looked up only if needed. */
  take(findOpen: () => OpenRequests): readonly ReceivedSpan[] {
    if (this.isEmpty && this.remembered.length === 0) return this.takeExcess();
    const open = findOpen();
    let [held, heldBytes] = [0, 0];
    this.letGo((span) => {
      if (!this.isNeeded(span, open)) return false;
      held += 1;
      heldBytes += bytesHeldBy(span);
      return held <= MAX_HELD && heldBytes <= MAX_HELD_BYTES;
    });
    if (open.sinceMs === undefined) this.forget();
    return this.takeExcess();
  }

  /** No request is open. What began after the latest end may be of a request whose start comes with the next events. */
  private forget(): void {
    const kept = this.remembered
      .slice(this.aged)
      .filter(({ startMs }) => startMs > this.latestEndMs);
    const isKept = new Set(kept);
    const gone = this.remembered.filter((span) => !isKept.has(span));
    for (const traceId of new Set(gone.map((span) => span.traceId))) this.noteEarlier(traceId);
    this.remembered = kept;
    this.aged = kept.length;
    this.completeSinceMs = -Infinity;
    this.forest = undefined;
  }

  /** On a Managed Instance, a request may always be open: the oldest make room. */
  private limitRemembered(): void {
    const excess = this.remembered.length - MAX_REMEMBERED;
    if (excess <= 0) return;
    for (const { traceId, startMs } of this.remembered.splice(0, excess)) {
      this.noteEarlier(traceId);
      this.completeSinceMs = Math.max(this.completeSinceMs, startMs);
    }
    this.aged = Math.max(0, this.aged - excess);
  }

  private noteEarlier(traceId: string): void {
    this.earlierTraces.delete(traceId);
    this.earlierTraces.add(traceId);
    forgetOldest(this.earlierTraces, MAX_TRACES);
  }

  /** At the end, nothing waits any longer. */
  takeAll(): readonly ReceivedSpan[] {
    this.letGo(() => false);
    return this.takeExcess();
  }

  private isNeeded(span: ReceivedSpan, open: OpenRequests): boolean {
    if (this.serving.has(span)) return true;
    const { sinceMs, isOpen, isExpected, hasSpan } = open;
    const { invocationId, parentSpanId } = span;
    if (invocationId !== undefined) {
      if (this.findClosed(span) !== undefined) return false;
      return isOpen(invocationId) || (isExpected(invocationId) && this.hasPatience(span));
    }
    if (sinceMs === undefined || this.edits.has(span)) return false;
    if (span.startMs < sinceMs - TOLERANCE_MS) return false;
    if (parentSpanId === undefined || span.isParentRemote === true) return true;
    // Not every SDK says that the parent is remote.
    return hasSpan(span.traceId, parentSpanId);
  }

  /** Lambda's events are late, or never come. */
  private hasPatience(span: ReceivedSpan): boolean {
    const waits = (this.waits.get(span) ?? 0) + 1;
    this.waits.set(span, waits);
    return waits <= MAX_WAITS;
  }

  private letGo(isHeld: (span: ReceivedSpan) => boolean): void {
    const kept: ReceivedSpan[] = [];
    const leaving: LeavingSpan[] = [];
    this.waitingBytes = 0;
    for (const span of this.waiting) {
      if (isHeld(span)) {
        span.detach();
        kept.push(span);
        this.waitingBytes += bytesHeldBy(span);
      } else {
        leaving.push({ span, seen: toSeen(span, undefined) });
      }
    }
    const late = leaving.filter(({ span }) => this.edits.get(span)?.parentSpanId === undefined);
    const places = this.relocations.find(late);
    for (const one of leaving) this.leave(one, places.get(one));
    this.limitRemembered();
    this.waiting = kept;
    this.forest = undefined;
  }

  private leave({ span, seen }: LeavingSpan, place: SpanEdit | undefined): void {
    const decided = this.edits.get(span) ?? this.toLateEdit(span);
    const edit = place === undefined ? decided : { ...place, ...decided };
    this.edits.delete(span);
    this.serving.delete(span);
    this.left.push(edit === undefined ? span : toEdited(span, edit));
    if (seen !== undefined) this.remembered.push(seen);
  }

  /** It came late. If our span has left, both stay, with a link; else it becomes a step inside of the one that left. */
  private toLateEdit(span: ReceivedSpan): SpanEdit | undefined {
    const closed = this.findClosed(span);
    if (closed === undefined || closed.identity.spanId === span.spanId) return undefined;
    const { identity, isServed } = closed;
    if (isServed) {
      const edit = toInnerEdit(span, identity, this.known);
      if (edit.traceId !== undefined) this.relocations.follow(span, edit.traceId);
      return edit;
    }
    this.isServerLate = true;
    return { links: [identity] };
  }

  /** A retried request has the same id: what began after the end belongs to the next try. */
  private findClosed({ invocationId, startMs }: ReceivedSpan): ClosedRequest | undefined {
    const closed = invocationId === undefined ? undefined : this.closed.get(invocationId);
    return closed === undefined || startMs > closed.endMs ? undefined : closed;
  }

  private get known(): SpanForest {
    const { remembered, waiting, completeSinceMs, earlierTraces } = this;
    this.forest ??= new SpanForest({
      seen: [...remembered, ...waiting.flatMap((span) => toSeen(span, span) ?? [])],
      completeSinceMs,
      earlierTraces,
    });
    return this.forest;
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
