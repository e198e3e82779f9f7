// OTLP requests in their OTLP/JSON shape (OTLP spec 1.11, "JSON Protobuf Encoding"): ids in hex,
// 64-bit integers as decimal strings, enums as numbers. Scalars that proto3 leaves out when zero and
// repeated fields are always present here; what may be absent is absent only if it was not sent.

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  /** NaN and infinities are the JavaScript numbers; OTLP/JSON spells them as strings. */
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
  /** Base64. */
  readonly bytesValue?: string;
  readonly stringValueStrindex?: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
  readonly keyStrindex: number;
}

interface Attributed {
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
}

export interface InstrumentationScope extends Attributed {
  readonly name: string;
  readonly version: string;
}

export interface EntityRef {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

export interface Resource extends Attributed {
  readonly entityRefs: readonly EntityRef[];
}

export interface SpanEvent extends Attributed {
  readonly timeUnixNano: string;
  readonly name: string;
}

interface SpanLink extends Attributed {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly flags: number;
}

export interface Span extends Attributed {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
  readonly status?: { readonly message: string; readonly code: number };
}

export interface Exemplar {
  readonly filteredAttributes: readonly KeyValue[];
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly spanId: string;
  readonly traceId: string;
}

interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly flags: number;
}

export interface NumberDataPoint extends DataPoint {
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly exemplars: readonly Exemplar[];
}

interface Distribution extends DataPoint {
  readonly count: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly exemplars: readonly Exemplar[];
}

export interface HistogramDataPoint extends Distribution {
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly string[];
}

export interface ExponentialHistogramDataPoint extends Distribution {
  readonly scale: number;
  readonly zeroCount: string;
  readonly zeroThreshold: number;
  readonly positive?: Buckets;
  readonly negative?: Buckets;
}

export interface SummaryDataPoint extends DataPoint {
  readonly count: string;
  readonly sum: number;
  readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[];
}

interface Aggregated<Point> {
  readonly dataPoints: readonly Point[];
  readonly aggregationTemporality: number;
}

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metadata: readonly KeyValue[];
  readonly gauge?: { readonly dataPoints: readonly NumberDataPoint[] };
  readonly sum?: Aggregated<NumberDataPoint> & { readonly isMonotonic: boolean };
  readonly histogram?: Aggregated<HistogramDataPoint>;
  readonly exponentialHistogram?: Aggregated<ExponentialHistogramDataPoint>;
  readonly summary?: { readonly dataPoints: readonly SummaryDataPoint[] };
}

export interface LogRecord extends Attributed {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body?: AnyValue;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

interface OfResource {
  readonly resource?: Resource;
  readonly schemaUrl: string;
}

interface OfScope {
  readonly scope?: InstrumentationScope;
  readonly schemaUrl: string;
}

export interface TraceRequest {
  readonly resourceSpans: readonly (OfResource & {
    readonly scopeSpans: readonly (OfScope & { readonly spans: readonly Span[] })[];
  })[];
}

export interface MetricsRequest {
  readonly resourceMetrics: readonly (OfResource & {
    readonly scopeMetrics: readonly (OfScope & { readonly metrics: readonly Metric[] })[];
  })[];
}

export interface LogsRequest {
  readonly resourceLogs: readonly (OfResource & {
    readonly scopeLogs: readonly (OfScope & { readonly logRecords: readonly LogRecord[] })[];
  })[];
}

export interface OtlpRequests {
  readonly traces: TraceRequest;
  readonly metrics: MetricsRequest;
  readonly logs: LogsRequest;
}

/** Enum values by their proto names without the common prefix. */
export const SPAN_KIND = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
} as const;
export const STATUS_CODE = { unset: 0, ok: 1, error: 2 } as const;
export const AGGREGATION_TEMPORALITY = { unspecified: 0, delta: 1, cumulative: 2 } as const;
