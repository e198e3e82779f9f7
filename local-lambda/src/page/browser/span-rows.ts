// The spans of a trace as rows of a waterfall: the tree in the order of starts, and where each bar lies.
import type { PageSpan } from '../page-data';

export interface SpanRow {
  readonly span: PageSpan;
  readonly depth: number;
  /** Shares of the axis: where the bar begins, and how long it is. */
  readonly left: number;
  readonly width: number;
}

export interface Waterfall {
  readonly startMs: number;
  readonly durationMs: number;
  readonly rows: readonly SpanRow[];
  /** Round times after the start, in milliseconds. */
  readonly ticksMs: readonly number[];
}

/** Total: a missing parent makes a root, a cycle is cut. */
function toTree(spans: readonly PageSpan[]): readonly (readonly [PageSpan, number])[] {
  const sorted = [...spans].sort((a, b) => a.startMs - b.startMs);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const placed = new Set<string>();
  const place = (span: PageSpan, depth: number): (readonly [PageSpan, number])[] => {
    if (placed.has(span.spanId)) return [];
    placed.add(span.spanId);
    const children = sorted.filter(({ parentSpanId }) => parentSpanId === span.spanId);
    return [[span, depth], ...children.flatMap((child) => place(child, depth + 1))];
  };
  const roots = sorted.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  return [...roots, ...sorted].flatMap((span) => place(span, 0));
}

function toTicks(durationMs: number, most: number): readonly number[] {
  if (!(durationMs > 0)) return [0];
  const rough = durationMs / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.floor(durationMs / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** `mostTicks`: how many labels have room. */
export function toWaterfall(spans: readonly PageSpan[], mostTicks = 6): Waterfall {
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.startMs + span.durationMs));
  const durationMs = spans.length === 0 ? 0 : endMs - startMs;
  const share = (ms: number): number => (durationMs > 0 ? ms / durationMs : 0);
  const rows = toTree(spans).map(([span, depth]) => ({
    span,
    depth,
    left: share(span.startMs - startMs),
    width: share(span.durationMs),
  }));
  return { startMs, durationMs, rows, ticksMs: toTicks(durationMs, mostTicks) };
}
