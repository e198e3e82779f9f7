// What the page's server sends to the browser: OTLP in the few words that the page shows, as JSON.
import { toFlatLogRecords, toFlatSpans, toPlainAttributes, toPlainValue } from '../otlp/flatten';
import type { FlatLogRecord, FlatSpan, PlainAttributes, PlainValue } from '../otlp/flatten';
import type { LogsRequest, TraceRequest } from '../otlp/model';
import { STATUS_CODE } from '../otlp/model';
import type { MetricSeries } from '../render/metric-series';
import { estimateQuantile } from '../render/quantile';

/** Values as text, apart from numbers and booleans. */
export type PageAttributes = Readonly<Record<string, string | number | boolean>>;

export interface PageEvent {
  readonly name: string;
  /** Epoch milliseconds with a fraction, like every time here. */
  readonly atMs: number;
  readonly attributes: PageAttributes;
}

export interface PageSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** SpanKind: 2 is SERVER. */
  readonly kind: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  /** The status's description. */
  readonly message: string;
  readonly attributes: PageAttributes;
  readonly events: readonly PageEvent[];
  readonly linkedTraceIds: readonly string[];
  readonly scope: string;
  readonly resource: PageAttributes;
}

export interface PageLog {
  readonly atMs: number;
  /** SeverityNumber; 0: unspecified. */
  readonly severity: number;
  readonly body: string;
  readonly attributes: PageAttributes;
  readonly traceId: string;
  readonly scope: string;
}

export interface PageMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricSeries['kind'];
  readonly attributes: PageAttributes;
  readonly count: number | undefined;
  readonly sum: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly max: number | undefined;
  /** Shares of the fullest bucket, from the first to the last that is not empty. */
  readonly shape: readonly number[];
}

/** One message of the stream. `metrics` is always all of them. */
export interface PageBatch {
  /** What was there before is sent again: forget it. */
  readonly fresh?: boolean;
  readonly spans?: readonly PageSpan[];
  readonly logs?: readonly PageLog[];
  readonly metrics?: readonly PageMetric[];
  /** What to call a request, by trace id. */
  readonly titles?: Readonly<Record<string, string>>;
}

function toText(value: PlainValue): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? item.toString() : item,
  );
}

function toPageAttributes(attributes: PlainAttributes): PageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'boolean'
        ? value
        : toText(value),
    ]),
  );
}

function toMs(unixNano: string): number {
  const nanoseconds = BigInt(unixNano);
  return Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;
}

function toPageSpan({ span, scopeName, resource }: FlatSpan): PageSpan {
  const durationNano = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startMs: toMs(span.startTimeUnixNano),
    durationMs: Math.max(0, Number(durationNano) / 1e6),
    failed: span.status?.code === STATUS_CODE.error,
    message: span.status?.message ?? '',
    attributes: toPageAttributes(toPlainAttributes(span.attributes)),
    events: span.events.map(({ name, timeUnixNano, attributes }) => ({
      name,
      atMs: toMs(timeUnixNano),
      attributes: toPageAttributes(toPlainAttributes(attributes)),
    })),
    linkedTraceIds: span.links.map(({ traceId }) => traceId),
    scope: scopeName,
    resource: toPageAttributes(resource),
  };
}

function toPageLog({ logRecord, scopeName }: FlatLogRecord): PageLog {
  const { timeUnixNano, observedTimeUnixNano, severityNumber, traceId } = logRecord;
  return {
    atMs: toMs(timeUnixNano === '0' ? observedTimeUnixNano : timeUnixNano),
    severity: severityNumber,
    body: toText(toPlainValue(logRecord.body)),
    attributes: toPageAttributes(toPlainAttributes(logRecord.attributes)),
    traceId,
    scope: scopeName,
  };
}

export function toPageSpans(request: TraceRequest): readonly PageSpan[] {
  return toFlatSpans([request]).map(toPageSpan);
}

export function toPageLogs(request: LogsRequest): readonly PageLog[] {
  return toFlatLogRecords([request]).map(toPageLog);
}

function toShape({ buckets }: MetricSeries): readonly number[] {
  const counts = buckets.map(({ count }) => count);
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  const most = Math.max(...counts, 1);
  return first < 0 ? [] : counts.slice(first, last + 1).map((count) => count / most);
}

export function toPageMetric(series: MetricSeries): PageMetric {
  const { name, unit, kind, attributes, count, sum, max } = series;
  return {
    ...{ name, unit, kind, count, sum, max },
    attributes: toPageAttributes(attributes),
    p50: estimateQuantile(series, 0.5),
    p95: estimateQuantile(series, 0.95),
    shape: toShape(series),
  };
}
