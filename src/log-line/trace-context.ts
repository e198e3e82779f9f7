// The trace context that a record names itself: ids of an OpenTelemetry SDK under the spellings of the
// loggers, a W3C traceparent, or an X-Ray header. Only valid ids are read.
// Source: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';

export interface RecordTraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId?: string;
  /** 16 lower-case hex digits, not all zero; only together with a trace id. */
  readonly spanId?: string;
  /** W3C trace flags, 0 to 255. */
  readonly traceFlags?: number;
}

type Draft = { -readonly [Member in keyof RecordTraceContext]: RecordTraceContext[Member] };

const TRACE_IDS = [
  'trace_id',
  'traceId',
  'traceID',
  'TraceId',
  'otelTraceID',
  'trace.id',
  '@tr',
] as const;
const SPAN_IDS = ['span_id', 'spanId', 'spanID', 'SpanId', 'otelSpanID', 'span.id', '@sp'] as const;
const FLAGS = ['trace_flags', 'traceFlags', 'TraceFlags', 'otelTraceSampled'] as const;
const X_RAY = [
  'xray_trace_id',
  'xrayTraceId',
  'XrayTraceId',
  'xRayTraceId',
  'x_ray_trace_id',
  'AWS-XRAY-TRACE-ID',
  'X-Amzn-Trace-Id',
  'x-amzn-trace-id',
] as const;

/** .NET's runtime writes the X-Ray header as `traceId`. */
const X_RAY_OR_TRACE_IDS: readonly string[] = [...X_RAY, ...TRACE_IDS];

export const TRACE_CONTEXT_KEYS: readonly string[] = [...TRACE_IDS, 'trace', 'traceparent'];
export const X_RAY_KEYS: readonly string[] = [...X_RAY, 'span', 'spans'];

const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/i;
/** With or without `Root=`; the X-Ray SDK for Java appends `@segment`. */
const X_RAY_ROOT = /(?:^|Root=)1-([0-9a-f]{8})-([0-9a-f]{24})(?=$|[;@\s])/i;
const ALL_ZERO = /^0+$/;
const MAX_HEADER_LENGTH = 512;

/** Adds the context of a record of which at least one member has a name of TRACE_CONTEXT_KEYS. */
export function addTraceContext(record: JsonObject, line: Draft): void {
  const traceId = readTraceId(record);
  if (traceId === undefined) {
    Object.assign(line, readTraceparent(record['traceparent']));
    return;
  }
  line.traceId = traceId;
  const spanId = readSpanId(record);
  if (spanId !== undefined) line.spanId = spanId;
  const traceFlags = readTraceFlags(record);
  if (traceFlags !== undefined) line.traceFlags = traceFlags;
}

function readTraceId(record: JsonObject): string | undefined {
  for (const name of TRACE_IDS) {
    const found = toId(record[name], TRACE_ID);
    if (found !== undefined) return found;
  }
  const trace = record['trace'];
  return isObject(trace) ? toId(trace['id'], TRACE_ID) : undefined;
}

function readSpanId(record: JsonObject): string | undefined {
  for (const name of SPAN_IDS) {
    const found = toId(record[name], SPAN_ID);
    if (found !== undefined) return found;
  }
  const span = record['span'];
  return isObject(span) ? toId(span['id'], SPAN_ID) : undefined;
}

/** Two hex digits as in W3C's header, a number, or Python's `otelTraceSampled`. */
function readTraceFlags(record: JsonObject): number | undefined {
  for (const name of FLAGS) {
    const value = record[name];
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) {
      return value;
    }
    if (typeof value === 'string' && /^[0-9a-f]{2}$/i.test(value))
      return Number.parseInt(value, 16);
  }
  return undefined;
}

function readTraceparent(value: unknown): RecordTraceContext | undefined {
  if (typeof value !== 'string' || value.length > MAX_HEADER_LENGTH) return undefined;
  const match = TRACEPARENT.exec(value);
  const traceId = toId(match?.[1], TRACE_ID);
  const spanId = toId(match?.[2], SPAN_ID);
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(match?.[3] ?? '0', 16) };
}

/**
 * Adds the trace id of an X-Ray header. Its Parent is not read: it is the invocation's own segment, which
 * the invocation's event names better. Rust's runtime writes the header into its span's members.
 */
export function addXRayTraceId(record: JsonObject, line: Draft): void {
  for (const name of X_RAY_OR_TRACE_IDS) {
    const traceId = toXRayTraceId(record[name]);
    if (traceId !== undefined) {
      line.traceId = traceId;
      return;
    }
  }
  const { span, spans } = record;
  const nested = isObject(span) ? span : Array.isArray(spans) ? (spans as unknown[])[0] : undefined;
  const traceId = isObject(nested) ? toXRayTraceId(nested['xrayTraceId']) : undefined;
  if (traceId !== undefined) line.traceId = traceId;
}

function toXRayTraceId(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_HEADER_LENGTH) return undefined;
  const match = X_RAY_ROOT.exec(value);
  return match === null ? undefined : toId(`${match[1] ?? ''}${match[2] ?? ''}`, TRACE_ID);
}

function toId(value: unknown, form: RegExp): string | undefined {
  if (typeof value !== 'string' || !form.test(value) || ALL_ZERO.test(value)) return undefined;
  return value.toLowerCase();
}
