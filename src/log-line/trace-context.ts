// The trace context that a line itself names: ids of an OpenTelemetry SDK in the spellings of various loggers, a W3C
// traceparent, or an X-Ray header. Invalid ids are ignored.
// Source: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId?: string;
  /** 16 lower-case hex digits, not all zero; only together with a trace id. */
  readonly spanId?: string;
  /** W3C trace flags, 0 to 255. */
  readonly traceFlags?: number;
}

type Draft = { -readonly [Member in keyof TraceContext]: TraceContext[Member] };

const TRACE_IDS = [
  'trace_id',
  'traceId',
  'traceID',
  'TraceId',
  'TraceID',
  'otelTraceID',
  'otelTraceId',
  'trace.id',
  'trace.trace_id',
  'X-B3-TraceId',
  '@tr',
  'logging.googleapis.com/trace',
] as const;
const SPAN_IDS = [
  'span_id',
  'spanId',
  'spanID',
  'SpanId',
  'SpanID',
  'otelSpanID',
  'otelSpanId',
  'span.id',
  'trace.span_id',
  'X-B3-SpanId',
  '@sp',
  'logging.googleapis.com/spanId',
] as const;
const FLAGS = [
  'trace_flags',
  'traceFlags',
  'TraceFlags',
  'otelTraceSampled',
  'trace_sampled',
  'logging.googleapis.com/trace_sampled',
  'sampled',
] as const;
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
/** Members that hold the context of a thread or a scope: a map, or a list of them. */
const PARENTS = [
  'mdc',
  'contextMap',
  'Scopes',
  'context',
  'fields',
  'span',
  'trace',
  'extra',
  'record',
  'attributes',
  'otel',
  'Properties',
  'labels',
] as const;
const MAX_SCOPES = 16;

/** .NET's runtime writes the X-Ray header under `traceId`. */
const X_RAY_OR_TRACE_IDS: readonly string[] = [...X_RAY, ...TRACE_IDS];

export const TRACE_CONTEXT_KEYS: readonly string[] = [...TRACE_IDS, 'trace', 'traceparent'];
export const TRACE_PARENT_KEYS: readonly string[] = PARENTS;
export const X_RAY_KEYS: readonly string[] = [...X_RAY, 'span', 'spans'];

/** The console exporters of Python and Java put `0x` before an id; Google's format puts a project there. */
const TRACE_ID = /^(?:0x|projects\/[\w.:-]{1,64}\/traces\/)?([0-9a-f]{32})$/i;
const SPAN_ID = /^(?:0x)?([0-9a-f]{16})$/i;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/i;
/** With or without `Root=`; the X-Ray SDK for Java appends `@segment`. */
const X_RAY_ROOT = /(?:^|Root=)1-([0-9a-f]{8})-([0-9a-f]{24})(?=$|[;@\s])/i;
const ALL_ZERO = /^0+$/;
const MAX_HEADER_LENGTH = 512;

/** How far into a text ids are searched for. */
const MAX_TEXT_LENGTH = 4096;
const TEXT_TRACE_ID =
  /(?<!\w|dd\.)(?:otel)?trace[_.]?id["']?\s?[=:]\s?["']?(?:0x)?([0-9a-f]{32})(?![\w])/i;
const TEXT_SPAN_ID =
  /(?<!\w|dd\.)(?:otel)?span[_.]?id["']?\s?[=:]\s?["']?(?:0x)?([0-9a-f]{16})(?![\w])/i;
const TEXT_FLAGS =
  /(?<!\w|dd\.)(?:trace[_.]?flags["']?\s?[=:]\s?["']?([0-9a-f]{2})|(?:trace[_.]?)?sampled["']?\s?[=:]\s?["']?(true|false))(?![\w])/i;
const TEXT_TRACEPARENT = /traceparent["']?\s?[=:]\s?["']?([0-9a-f]{2}-[0-9a-f-]{48,52})/i;
/** X-Ray's id under a name of a trace id, but not the header of another request. */
const TEXT_X_RAY =
  /(?<![\w.-])(?:aws[-_])?(?:x[-_]?ray[-_]?)?trace[-_]?id["']?\s?[=:]\s?["']?((?:Root=)?1-[0-9a-f]{8}-[0-9a-f]{24})(?![\w-])/i;
/** Spring Boot's `[32 hex-16 hex]` and Sleuth's `[app,32 hex,16 hex]`. */
const BRACKETED = /[[,]([0-9a-f]{32})[-,]([0-9a-f]{16})(?:,(true|false))?\]/i;

/** Adds the context of a record that has at least one of TRACE_CONTEXT_KEYS. */
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

/** Adds the context from the first of the TRACE_PARENT_KEYS members that has a trace id. */
export function addNestedTraceContext(record: JsonObject, line: Draft): void {
  for (const name of PARENTS) {
    const parent = record[name];
    const scopes: readonly unknown[] = Array.isArray(parent)
      ? parent.slice(0, MAX_SCOPES)
      : [parent];
    for (const scope of scopes) {
      if (!isObject(scope)) continue;
      addTraceContext(scope, line);
      const { extra } = scope;
      if (line.traceId === undefined && isObject(extra)) addTraceContext(extra, line);
      if (line.traceId !== undefined) return;
    }
  }
}

/** Adds the context that a line of text names, as in `trace_id=… span_id=…`. */
export function addTextTraceContext(text: string, line: Draft): void {
  const shown = text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
  // Every name that the forms below look for is one of a trace.
  if (!shown.includes('race') && !shown.includes('RACE')) return;
  const traceId = toId(TEXT_TRACE_ID.exec(shown)?.[1], TRACE_ID);
  if (traceId === undefined) {
    Object.assign(line, readTraceparent(TEXT_TRACEPARENT.exec(shown)?.[1]));
    const xRayId = line.traceId ?? toXRayTraceId(TEXT_X_RAY.exec(shown)?.[1]);
    if (xRayId !== undefined) line.traceId = xRayId;
    return;
  }
  line.traceId = traceId;
  const spanId = toId(TEXT_SPAN_ID.exec(shown)?.[1], SPAN_ID);
  if (spanId !== undefined) line.spanId = spanId;
  const flags = TEXT_FLAGS.exec(shown);
  const traceFlags = toFlags(flags?.[1] ?? flags?.[2]?.toLowerCase());
  if (traceFlags !== undefined) line.traceFlags = traceFlags;
}

/** Adds the ids that Spring Boot prints in brackets in the head of a line. */
export function addBracketedTraceContext(head: string, line: Draft): void {
  const match = BRACKETED.exec(head);
  const traceId = toId(match?.[1], TRACE_ID);
  const spanId = toId(match?.[2], SPAN_ID);
  if (traceId === undefined || spanId === undefined) return;
  line.traceId = traceId;
  line.spanId = spanId;
}

function readTraceId(record: JsonObject): string | undefined {
  for (const name of TRACE_IDS) {
    const found = toId(record[name], TRACE_ID);
    if (found !== undefined) return found;
  }
  const trace = record['trace'];
  if (isObject(trace)) return toId(trace['id'], TRACE_ID);
  // Google Cloud's path; anything else of that name may be a stack trace.
  return typeof trace === 'string' && trace.startsWith('projects/')
    ? toId(trace, TRACE_ID)
    : undefined;
}

function readSpanId(record: JsonObject): string | undefined {
  for (const name of SPAN_IDS) {
    const found = toId(record[name], SPAN_ID);
    if (found !== undefined) return found;
  }
  const span = record['span'];
  return isObject(span) ? toId(span['id'], SPAN_ID) : undefined;
}

/** Two hex digits as in the W3C header, a number, or a boolean as in Python's `otelTraceSampled`. */
function readTraceFlags(record: JsonObject): number | undefined {
  for (const name of FLAGS) {
    const flags = toFlags(record[name]);
    if (flags !== undefined) return flags;
  }
  return undefined;
}

function toFlags(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === 'true' || value === 'True') return 1;
  if (value === 'false' || value === 'False') return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) {
    return value;
  }
  const isHex = typeof value === 'string' && /^[0-9a-f]{2}$/i.test(value);
  return isHex ? Number.parseInt(value, 16) : undefined;
}

function readTraceparent(value: unknown): TraceContext | undefined {
  if (typeof value !== 'string' || value.length > MAX_HEADER_LENGTH) return undefined;
  const match = TRACEPARENT.exec(value);
  const traceId = toId(match?.[1], TRACE_ID);
  const spanId = toId(match?.[2], SPAN_ID);
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(match?.[3] ?? '0', 16) };
}

/**
 * Adds the trace id of an X-Ray header. Its Parent is not used: it is the invocation's own segment, and the
 * invocation's event gives that more reliably. Rust's runtime writes the header into the members of its span.
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
  if (typeof value !== 'string') return undefined;
  const id = form.exec(value)?.[1];
  return id === undefined || ALL_ZERO.test(id) ? undefined : id.toLowerCase();
}
