// The spans of the function's SDK that were seen, and which is below which. A span that came twice, because a POST was
// sent again, is one.
import type { ReceivedSpan } from '../relay/received-span';
import { groupBy } from './group-by';

/** What a received span says; also kept for spans that have left already. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isParentRemote: boolean | undefined;
  readonly isServer: boolean;
  readonly invocationId: string | undefined;
  readonly startMs: number;
  /** The span itself as long as it is held, and can be changed. */
  readonly held: ReceivedSpan | undefined;
}

export interface ForestSpan extends Omit<SeenSpan, 'held'> {
  /** Its copies that are held, and can be changed. */
  readonly held: readonly ReceivedSpan[];
  /** A copy of it has left as it was. */
  readonly hasLeft: boolean;
}

type Ids = Pick<SeenSpan, 'traceId' | 'spanId'>;

/** The spans that joining can know of. */
export interface KnownSpans {
  /** Those that are held, and those that have left since a request has been open. */
  readonly seen: readonly SeenSpan[];
  /** Of those that started later, all that have left since then are among them. Unix milliseconds. */
  readonly completeSinceMs: number;
  /** The traces of spans that had left before, and are forgotten. */
  readonly earlierTraces: ReadonlySet<string>;
}

type Copies = ForestSpan & { held: readonly ReceivedSpan[]; hasLeft: boolean };

export class SpanForest {
  readonly spans: readonly ForestSpan[];
  /** By trace id and span id; a key of both would have to be made for each span. */
  private readonly byId = new Map<string, Map<string, Copies>>();
  private children: ReadonlyMap<ForestSpan, readonly ForestSpan[]> | undefined;
  private readonly tops = new Map<ForestSpan, ForestSpan>();

  constructor(private readonly known: KnownSpans) {
    const spans: ForestSpan[] = [];
    for (const seen of known.seen) {
      const { held } = seen;
      const ofTrace = this.traceOf(seen.traceId);
      const known = ofTrace.get(seen.spanId);
      if (known === undefined) {
        const one = toForestSpan(seen);
        ofTrace.set(one.spanId, one);
        spans.push(one);
      } else if (held === undefined) known.hasLeft = true;
      else known.held = known.held.concat(held);
    }
    this.spans = spans;
  }

  private traceOf(traceId: string): Map<string, Copies> {
    let ofTrace = this.byId.get(traceId);
    if (ofTrace === undefined) {
      ofTrace = new Map();
      this.byId.set(traceId, ofTrace);
    }
    return ofTrace;
  }

  /** Spans of this trace that started after `sinceMs` may have left and be forgotten. */
  mayBeForgotten(traceId: string, sinceMs: number): boolean {
    return sinceMs <= this.known.completeSinceMs || this.known.earlierTraces.has(traceId);
  }

  /** Other spans of its trace have come, or may have. */
  hasCompany({ traceId, spanId, startMs }: Ids & Pick<SeenSpan, 'startMs'>): boolean {
    const ofTrace = this.byId.get(traceId);
    const others = ofTrace === undefined ? 0 : ofTrace.size - (ofTrace.has(spanId) ? 1 : 0);
    return this.mayBeForgotten(traceId, startMs) || others > 0;
  }

  /**
   * These spans can change to another trace without leaving behind what is below them. `isBelowUnseen`: a span's parent
   * is still to come, and may be below them.
   */
  canMove(
    spans: readonly ForestSpan[],
    traceId: string,
    isBelowUnseen: (span: ForestSpan) => boolean,
  ): boolean {
    const moving = new Set(spans);
    const traces = [...new Set(spans.map((span) => span.traceId))];
    // What is below them started later.
    if (spans.some(({ startMs }) => startMs <= this.known.completeSinceMs)) return false;
    if (spans.some((span) => span.hasLeft || this.byId.get(traceId)?.has(span.spanId) === true))
      return false;
    const others = traces.flatMap((from) => [...(this.byId.get(from)?.values() ?? [])]);
    return others.every((span) => moving.has(span) || !isBelowUnseen(span));
  }

  parentOf({ traceId, parentSpanId }: ForestSpan): ForestSpan | undefined {
    return parentSpanId === undefined ? undefined : this.byId.get(traceId)?.get(parentSpanId);
  }

  /** The spans that it is below, the outermost last. */
  above(span: ForestSpan): readonly ForestSpan[] {
    const above = new Set<ForestSpan>();
    let parent = this.parentOf(span);
    // Parents may go round in a circle.
    while (parent !== undefined && parent !== span && !above.has(parent)) {
      above.add(parent);
      parent = this.parentOf(parent);
    }
    return [...above];
  }

  /** The outermost that it is below, or itself. One of a circle, if it is in one or below it. */
  topOf(span: ForestSpan): ForestSpan {
    const path = new Set<ForestSpan>();
    let top = span;
    for (
      let at: ForestSpan | undefined = span;
      at !== undefined && !path.has(at);
      at = this.parentOf(at)
    ) {
      path.add(at);
      const known = this.tops.get(at);
      top = known ?? at;
      if (known !== undefined) break;
    }
    // Remembered, since there may be a chain of thousands, and each of them is asked for.
    for (const one of path) this.tops.set(one, top);
    return top;
  }

  /** A span is below it. */
  isParent(span: ForestSpan): boolean {
    return (
      this.toChildren()
        .get(span)
        ?.some((child) => child !== span) === true
    );
  }

  /** All that is below one of them. */
  below(tops: readonly ForestSpan[]): ReadonlySet<ForestSpan> {
    const children = this.toChildren();
    const below = new Set(tops.flatMap((top) => children.get(top) ?? []));
    for (const span of below) for (const child of children.get(span) ?? []) below.add(child);
    return below;
  }

  private toChildren(): ReadonlyMap<ForestSpan, readonly ForestSpan[]> {
    return (this.children ??= groupBy(this.spans, (span) => this.parentOf(span)));
  }
}

/** Member by member, because there may be thousands of spans, and a spread is slow. */
function toForestSpan(seen: SeenSpan): Copies {
  const { held } = seen;
  return {
    traceId: seen.traceId,
    spanId: seen.spanId,
    parentSpanId: seen.parentSpanId,
    isParentRemote: seen.isParentRemote,
    isServer: seen.isServer,
    invocationId: seen.invocationId,
    startMs: seen.startMs,
    held: held === undefined ? [] : [held],
    hasLeft: held === undefined,
  };
}
