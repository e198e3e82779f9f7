// The spans of one trace as a tree by parent, in the order of their starts. Total: a missing parent
// makes a root, a cycle is cut, a span that came twice is one.
import type { FlatSpan } from '../otlp/flatten';

export interface SpanNode extends FlatSpan {
  readonly children: readonly SpanNode[];
}

export function toSpanTree(spans: readonly FlatSpan[]): readonly SpanNode[] {
  const byId = new Map(spans.map((flat) => [flat.span.spanId, flat]));
  const childrenOf = groupBy([...byId.values()].sort(byStart), ({ span }) =>
    byId.has(span.parentSpanId) ? span.parentSpanId : '',
  );
  const placed = new Set<string>();
  const toNode = (flat: FlatSpan): SpanNode => {
    placed.add(flat.span.spanId);
    const children = (childrenOf.get(flat.span.spanId) ?? []).filter(
      ({ span }) => !placed.has(span.spanId),
    );
    return { ...flat, children: children.map(toNode) };
  };
  const roots = (childrenOf.get('') ?? []).map(toNode);
  // What no root leads to hangs in a cycle of parents: its earliest span stands for a root.
  const inCycles = [...byId.values()]
    .sort(byStart)
    .flatMap((flat) => (placed.has(flat.span.spanId) ? [] : [toNode(flat)]));
  return [...roots, ...inCycles];
}

function byStart(a: FlatSpan, b: FlatSpan): number {
  const difference = BigInt(a.span.startTimeUnixNano) - BigInt(b.span.startTimeUnixNano);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** The traces of these spans, each in the order of its first span. */
export function groupByTrace(spans: readonly FlatSpan[]): ReadonlyMap<string, readonly FlatSpan[]> {
  return groupBy([...spans].sort(byStart), ({ span }) => span.traceId);
}

function groupBy(
  spans: readonly FlatSpan[],
  keyOf: (flat: FlatSpan) => string,
): ReadonlyMap<string, FlatSpan[]> {
  const groups = new Map<string, FlatSpan[]>();
  for (const flat of spans) {
    const group = groups.get(keyOf(flat));
    if (group === undefined) groups.set(keyOf(flat), [flat]);
    else group.push(flat);
  }
  return groups;
}
