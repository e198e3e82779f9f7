// Parents that late spans may name, and that have left under other ids or not at all: where such a span goes instead.
import type { SpanEdit } from '../relay/edit-span';
import type { ReceivedSpan } from '../relay/received-span';
import { forgetOldest } from '../telemetry/recent-keys';
import { groupBy } from './group-by';
import type { SpanIdentity } from './identity';
import type { Joined, SettlingRequest } from './joined';
import { toParentEdit } from './joined';
import type { SeenSpan } from './span-forest';

/** The trace and the parent that a span gets instead of the parent that it names. */
interface Place {
  /** The trace of the parent that it names. */
  readonly fromTraceId: string;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly isRemote: boolean;
}

/** A span that leaves, and what it says. */
export interface LeavingSpan {
  readonly span: ReceivedSpan;
  readonly seen: SeenSpan | undefined;
}

type Places = Map<LeavingSpan, SpanEdit>;

export class Relocations {
  /** By the span ids of the parents. */
  private readonly places = new Map<string, Place>();

  /** `most`: the number of parents that are remembered. */
  constructor(private readonly most: number) {}

  /** The span goes to another trace: what comes late and names it follows. */
  follow({ traceId, spanId }: ReceivedSpan, to: string): void {
    if (traceId === undefined || spanId === undefined) return;
    this.add({ traceId, spanId }, { traceId: to, parentSpanId: spanId, isRemote: false });
  }

  /** What names our span under the ids that it would have had gets the span in its place, or the caller. */
  replaceOurs({ identity, runtimeSpanId }: SettlingRequest, joined: Joined): void {
    const { traceId, spanId, parentSpanId } = identity;
    const isSameTrace = joined.identity.traceId === traceId;
    if (isSameTrace && joined.identity.spanId === spanId) return;
    const { parentSpanId: above, parentIsRemote } = joined.identity;
    // Otherwise, a span that is still to come may be above the SERVER span. Not every SDK says where its parent is.
    const isOutermost = above === undefined || parentIsRemote === true;
    const place =
      isSameTrace && isOutermost
        ? { traceId, parentSpanId: joined.identity.spanId, isRemote: false }
        : { traceId, parentSpanId, isRemote: true };
    this.add({ traceId, spanId }, place);
    if (runtimeSpanId !== undefined) this.add({ traceId, spanId: runtimeSpanId }, place);
  }

  private add({ traceId, spanId }: SpanIdentity, place: Omit<Place, 'fromTraceId'>): void {
    this.places.set(spanId, { fromTraceId: traceId, ...place });
    forgetOldest(this.places, this.most);
  }

  /** Where late spans go. What is below one that goes to another trace follows it, whichever stands first. */
  find(late: readonly LeavingSpan[]): ReadonlyMap<LeavingSpan, SpanEdit> {
    const found: Places = new Map();
    if (this.places.size === 0) return found;
    // All are looked up first, since what follows may make earlier places forgotten.
    const tops = late.flatMap((one) => {
      const place = this.placeOf(one);
      return place === undefined ? [] : { one, place };
    });
    let children: Map<string, readonly LeavingSpan[]> | undefined;
    for (const { one, place } of tops) {
      if (found.has(one)) continue;
      found.set(one, toPlaceEdit(one, place));
      if (place.traceId === place.fromTraceId) continue;
      children ??= groupBy(late, parentKeyOf);
      this.moveBelow(one, place.traceId, { children, found });
    }
    return found;
  }

  private placeOf({ seen }: LeavingSpan): Place | undefined {
    if (seen?.parentSpanId === undefined) return undefined;
    const place = this.places.get(seen.parentSpanId);
    const isIts = place?.fromTraceId === seen.traceId && place.parentSpanId !== seen.spanId;
    return isIts ? place : undefined;
  }

  /** Takes each span from `children` once, since a chain of thousands may come, the innermost first. */
  private moveBelow(
    top: LeavingSpan,
    traceId: string,
    {
      children,
      found,
    }: { readonly children: Map<string, readonly LeavingSpan[]>; readonly found: Places },
  ): void {
    const moved = [top];
    for (const { span, seen } of moved) {
      if (seen === undefined) continue;
      this.follow(span, traceId);
      const key = seen.traceId + seen.spanId;
      const below = children.get(key) ?? [];
      children.delete(key);
      const place = { traceId, parentSpanId: seen.spanId, isRemote: false };
      for (const child of below) {
        if (found.has(child)) continue;
        found.set(child, toPlaceEdit(child, { fromTraceId: seen.traceId, ...place }));
        moved.push(child);
      }
    }
  }
}

function toPlaceEdit({ span }: LeavingSpan, place: Place): SpanEdit {
  const edit = toParentEdit(span, place.parentSpanId, place.isRemote);
  return place.traceId === place.fromTraceId ? edit : { traceId: place.traceId, ...edit };
}

function parentKeyOf({ seen }: LeavingSpan): string | undefined {
  return seen?.parentSpanId === undefined ? undefined : seen.traceId + seen.parentSpanId;
}
