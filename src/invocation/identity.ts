// Trace and span ids, derived from the events alone: the same event delivered twice, or exported twice,
// gives the same ids, so back ends deduplicate. Ids are never zero (a SHA-256 prefix is not, in practice;
// the guard is for the hash that a caller brings).
import type { HrTime } from '@opentelemetry/api';
import type { StartEvent, TraceContext } from '../telemetry/event';
import { toNanosText } from '../telemetry/timestamp';

/** SHA-256 of UTF-8 text as 64 lower-case hex digits. */
export type Sha256Hex = (text: string) => string;

/** Where a span stands. */
export interface SpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** The parent is a span of another process (X-Ray's caller). */
  readonly parentIsRemote?: boolean;
  /** What X-Ray decided, for `parentbased_*` samplers; undefined when it left it open. */
  readonly sampled?: boolean | undefined;
  /** Set for an init in a SnapStart snapshot, which every environment restored from it reports again. */
  readonly fromSnapshot?: true | undefined;
}

/** What is known about a request when its ids are made. */
export interface IdentitySource {
  readonly requestId: string;
  readonly startTime: HrTime;
  /** `tracing` of platform.start. */
  readonly tracing?: StartEvent['tracing'] | undefined;
  /** Header value of the INVOKE event, where platform.start has none (Sampled=0). */
  readonly invokeTracingValue?: string | undefined;
}

const HEX_32 = /^[0-9a-f]{32}$/;

/** The invocation span's place: X-Ray's trace and span ids where they exist, else hashes. */
export function toInvocationIdentity(source: IdentitySource, sha256: Sha256Hex): SpanIdentity {
  const header = parseXRayHeader(source.tracing?.value ?? source.invokeTracingValue);
  const traceId = header.traceId ?? toTraceId(source.requestId, sha256);
  const ownSpanId = toSpanId(source.tracing?.spanId);
  // With Sampled=0 nobody exports the Parent segment, and the function's own spans hang below its id.
  const unsampledParent = header.sampled === false ? header.parentSpanId : undefined;
  const spanId = ownSpanId ?? unsampledParent ?? hashInvocation(source, sha256);
  const parentSpanId = header.sampled === true ? header.parentSpanId : undefined;
  const hasParent = parentSpanId !== undefined && parentSpanId !== spanId;
  return {
    traceId,
    spanId,
    ...(hasParent && { parentSpanId, parentIsRemote: true }),
    sampled: header.sampled,
  };
}

/** The same place under a different id, for an invocation whose header another one had, too. */
export function toDistinctIdentity(
  identity: SpanIdentity,
  source: IdentitySource,
  sha256: Sha256Hex,
): SpanIdentity {
  return { ...identity, spanId: hashInvocation(source, sha256) };
}

/** The start time is in it because an asynchronous retry reuses its requestId. */
function hashInvocation({ requestId, startTime }: IdentitySource, sha256: Sha256Hex): string {
  return hashToSpanId([requestId, toNanosText(startTime), 'invocation'], sha256);
}

/** A requestId is a UUID: without dashes one can paste it into Jaeger. */
function toTraceId(requestId: string, sha256: Sha256Hex): string {
  const hex = requestId.replaceAll('-', '').toLowerCase();
  if (HEX_32.test(hex) && !/^0+$/.test(hex)) return hex;
  return nonZero(sha256(requestId).slice(0, 32));
}

/** A child of `parent`, told apart from its siblings by name and ordinal. */
export function toChildIdentity(
  parent: SpanIdentity,
  child: { readonly name: string; readonly ordinal: number },
  sha256: Sha256Hex,
): SpanIdentity {
  const parts = [parent.traceId, parent.spanId, child.name, String(child.ordinal)];
  return placeBelow(parent, hashToSpanId(parts, sha256));
}

/** The same span as a child of another one. */
export function toMovedIdentity({ spanId }: SpanIdentity, parent: SpanIdentity): SpanIdentity {
  return placeBelow(parent, spanId);
}

function placeBelow(parent: SpanIdentity, spanId: string): SpanIdentity {
  const { traceId, spanId: parentSpanId, sampled, fromSnapshot } = parent;
  return { traceId, spanId, parentSpanId, sampled, fromSnapshot };
}

/** A root span in a trace of its own: an initialization that belongs to no request. */
export function toRootIdentity(
  name: string,
  { instanceId, startTime }: { readonly instanceId: string; readonly startTime: HrTime },
  sha256: Sha256Hex,
): SpanIdentity {
  const traceId = nonZero(
    sha256([instanceId, toNanosText(startTime), name].join('\n')).slice(0, 32),
  );
  return { traceId, spanId: hashToSpanId([traceId, name], sha256) };
}

/**
 * The `runtime` span between the invocation span and the function's own SDK spans: present when
 * runtimeDone names another span id whose Parent is the invocation span.
 */
export function toRuntimeIdentity(
  invocation: SpanIdentity,
  tracing: TraceContext | undefined,
): SpanIdentity | undefined {
  const spanId = toSpanId(tracing?.spanId);
  if (spanId === undefined || spanId === invocation.spanId) return undefined;
  const { parentSpanId } = parseXRayHeader(tracing?.value);
  if (parentSpanId !== invocation.spanId) return undefined;
  return placeBelow(invocation, spanId);
}

function hashToSpanId(parts: readonly string[], sha256: Sha256Hex): string {
  return nonZero(sha256(parts.join('\n')).slice(0, 16));
}

function nonZero(hex: string): string {
  return /^0+$/.test(hex) ? `${hex.slice(0, -1)}1` : hex;
}

interface XRayHeader {
  /** 32 lower-case hex digits: Root without its version and dashes. */
  readonly traceId?: string | undefined;
  /** 16 lower-case hex digits. */
  readonly parentSpanId?: string | undefined;
  /** True for Sampled=1, false for Sampled=0, undefined otherwise. */
  readonly sampled?: boolean | undefined;
}

const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const ALL_ZERO = /^0+$/;

/**
 * The X-Amzn-Trace-Id header: `Root=1-8hex-24hex;Parent=16hex;Sampled=0|1|?;Lineage=…;Self=…`, keys in any order, each
 * of them possibly missing or malformed. Reads what is valid; an unreadable header is an empty one.
 * Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function parseXRayHeader(value: string | undefined): XRayHeader {
  if (value === undefined) return {};
  let traceId: string | undefined;
  let parentSpanId: string | undefined;
  let sampled: boolean | undefined;
  for (const part of value.split(';')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).trim().toLowerCase();
    const text = part.slice(equals + 1).trim();
    if (key === 'root') traceId = toTraceIdOfRoot(text) ?? traceId;
    else if (key === 'parent') parentSpanId = toSpanId(text) ?? parentSpanId;
    else if (key === 'sampled' && (text === '0' || text === '1')) sampled = text === '1';
  }
  return { traceId, parentSpanId, sampled };
}

function toTraceIdOfRoot(root: string): string | undefined {
  if (!ROOT.test(root)) return undefined;
  const traceId = root.slice(2).replace('-', '').toLowerCase();
  return ALL_ZERO.test(traceId) ? undefined : traceId;
}

/** The id in lower case when it is 16 hex digits and not all zero. */
export function toSpanId(text: string | undefined): string | undefined {
  if (text === undefined || !SPAN_ID.test(text) || ALL_ZERO.test(text)) return undefined;
  return text.toLowerCase();
}
