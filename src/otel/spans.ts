// Facts → spans. Builds plain ReadableSpan objects, which the exporters take as they are; event times stay exact to the
// nanosecond, where a Tracer would use its own clock.
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type {
  ChildSpansFact,
  ExceptionFact,
  Fact,
  InitializationFact,
  InvocationFact,
} from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import { defined } from '../telemetry/fields';
import { addMs, durationBetween, toMs } from '../telemetry/timestamp';
import { toResourceId } from './resource';
import { isErroneous } from './received-marks';
import type { RedactionFilter } from './redaction-filter';
import { Attribute } from './semconv';
import type { ReceivedSpans } from '../invocation/received-spans';
import { readAttributes } from '../relay/attributes';
import type { AttributeValue } from '../relay/attributes';
import type { SpanEdit } from '../relay/edit-span';
import { bytesOf } from '../relay/item';
import type { ReceivedSpan } from '../relay/received-span';

/** What every span of this environment shares. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** The name of the invocation span. */
  readonly functionName: string;
  /** Set if the resource already names this version. */
  readonly functionVersion?: string;
  readonly limits: AttributeLimits;
}

/** The spans that one fact makes; empty for facts of other signals. */
export function toSpans(fact: Fact<unknown>, origin: SpanOrigin): ReadableSpan[] {
  switch (fact.kind) {
    case 'invocation':
      return toInvocationSpans(fact, origin);
    case 'initialization':
      return [toInitializationSpan(fact, origin)];
    case 'childSpans':
      return toChildSpans(fact, origin);
    default:
      return [];
  }
}

function toInvocationSpans(fact: InvocationFact, origin: SpanOrigin): ReadableSpan[] {
  const invocation = createSpan(origin, {
    name: origin.functionName,
    kind: SpanKind.SERVER,
    identity: fact.identity,
    start: fact.start,
    end: fact.end,
    attributes: toInvocationAttributes(fact, origin),
    status: toStatus(fact),
    exceptions: fact.exceptions,
    droppedExceptions: fact.droppedExceptions,
    links: fact.links,
  });
  if (fact.runtimeIdentity === undefined) return [invocation];
  const runtime = createSpan(origin, {
    name: 'runtime',
    kind: SpanKind.INTERNAL,
    identity: fact.runtimeIdentity,
    start: fact.start,
    end: fact.end,
    attributes: {},
  });
  return [invocation, runtime];
}

function toInvocationAttributes(fact: InvocationFact, origin: SpanOrigin): Attributes {
  const { functionArn, version, runtimeDoneMetrics, reportMetrics } = fact;
  return defined({
    [Attribute.FAAS_INVOCATION_ID_1_44]: fact.requestId,
    [Attribute.FAAS_INVOCATION_ID]: fact.requestId,
    [Attribute.FAAS_COLDSTART]: fact.coldStart,
    [Attribute.CLOUD_RESOURCE_ID]:
      functionArn === undefined ? undefined : toResourceId(functionArn, version),
    [Attribute.AWS_LAMBDA_INVOKED_ARN]: functionArn,
    [Attribute.FAAS_VERSION]: version === origin.functionVersion ? undefined : version,
    [Attribute.LAMBDA_STATUS]: fact.status,
    [Attribute.LAMBDA_FUNCTION_ERROR]: fact.isFunctionError ? true : undefined,
    [Attribute.ERROR_TYPE]: fact.errorType,
    [Attribute.LAMBDA_TENANT_ID]: fact.tenantId,
    [Attribute.LAMBDA_INCOMPLETE]: fact.incomplete ? true : undefined,
    [Attribute.LAMBDA_PRODUCED_BYTES]: runtimeDoneMetrics?.producedBytes,
    [Attribute.LAMBDA_DURATION_MS]: reportMetrics?.durationMs ?? runtimeDoneMetrics?.durationMs,
    [Attribute.LAMBDA_BILLED_DURATION_MS]: reportMetrics?.billedDurationMs,
    [Attribute.LAMBDA_MAX_MEMORY_USED_MB]: reportMetrics?.maxMemoryUsedMB,
    [Attribute.LAMBDA_INIT_DURATION_MS]: reportMetrics?.initDurationMs,
    [Attribute.LAMBDA_RESTORE_DURATION_MS]: reportMetrics?.restoreDurationMs,
    [Attribute.LAMBDA_BILLED_RESTORE_DURATION_MS]: reportMetrics?.billedRestoreDurationMs,
  });
}

function toInitializationSpan(fact: InitializationFact, origin: SpanOrigin): ReadableSpan {
  return createSpan(origin, {
    name: fact.name,
    kind: SpanKind.INTERNAL,
    identity: fact.identity,
    start: fact.start,
    end: fact.end,
    status: toStatus(fact),
    attributes: defined({
      [Attribute.FAAS_COLDSTART]: fact.coldStart,
      [Attribute.LAMBDA_INITIALIZATION_TYPE]: fact.initializationType,
      [Attribute.LAMBDA_PHASE]: fact.phase,
      [Attribute.LAMBDA_RUNTIME_VERSION]: fact.runtimeVersion,
      [Attribute.LAMBDA_RUNTIME_VERSION_ARN]: fact.runtimeVersionArn,
      [Attribute.LAMBDA_INSTANCE_MAX_MEMORY]: fact.instanceMaxMemory,
      [Attribute.LAMBDA_STATUS]: fact.status,
      [Attribute.ERROR_TYPE]: fact.errorType,
      [Attribute.LAMBDA_INCOMPLETE]: fact.incomplete ? true : undefined,
      [Attribute.LAMBDA_FROM_SNAPSHOT]: fact.identity.fromSnapshot,
    }),
  });
}

function toChildSpans({ children }: ChildSpansFact, origin: SpanOrigin): ReadableSpan[] {
  return children.map(({ identity, span }) =>
    createSpan(origin, {
      name: span.name,
      kind: SpanKind.INTERNAL,
      identity,
      start: span.start,
      end: addMs(span.start, span.durationMs),
      attributes: identity.fromSnapshot ? { [Attribute.LAMBDA_FROM_SNAPSHOT]: true } : {},
    }),
  );
}

/** UNSET on success: only the application may set Ok (OTel API, SetStatus). */
function toStatus({
  isError,
  errorMessage: message,
}: {
  readonly isError: boolean;
  readonly errorMessage?: string | undefined;
}): SpanStatus {
  if (!isError) return { code: SpanStatusCode.UNSET };
  return { code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) };
}

interface SpanParts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly identity: SpanIdentity;
  readonly start: HrTime;
  readonly end: HrTime;
  readonly attributes: Attributes;
  readonly status?: SpanStatus;
  readonly exceptions?: readonly ExceptionFact[];
  readonly droppedExceptions?: number;
  readonly links?: readonly SpanIdentity[];
}

function createSpan(origin: SpanOrigin, parts: SpanParts): ReadableSpan {
  const { identity, start, end } = parts;
  const spanContext = toSpanContext(identity);
  const { attributes, dropped } = limitAttributes(parts.attributes, origin.limits);
  // Sets all members without a spread, so that every span has the same hidden class.
  const span: { readonly [K in keyof ReadableSpan]: ReadableSpan[K] | undefined } = {
    name: parts.name,
    kind: parts.kind,
    spanContext: () => spanContext,
    parentSpanContext: toParentContext(identity),
    startTime: start,
    endTime: end,
    duration: durationBetween(start, end),
    ended: true,
    status: parts.status ?? { code: SpanStatusCode.UNSET },
    attributes,
    links: parts.links?.map((link): Link => ({ context: toSpanContext(link) })) ?? [],
    events: parts.exceptions?.map((exception) => toExceptionEvent(exception, origin.limits)) ?? [],
    resource: origin.resource,
    instrumentationScope: origin.scope,
    droppedAttributesCount: dropped,
    droppedEventsCount: parts.droppedExceptions ?? 0,
    droppedLinksCount: 0,
  };
  return span as ReadableSpan;
}

function toSpanContext({ traceId, spanId }: SpanIdentity): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function toParentContext(identity: SpanIdentity): SpanContext | undefined {
  const { traceId, parentSpanId, parentIsRemote } = identity;
  if (parentSpanId === undefined) return undefined;
  const isRemote = parentIsRemote === true;
  return { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED, isRemote };
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/ */
function toExceptionEvent(exception: ExceptionFact, limits: AttributeLimits) {
  const { attributes, dropped } = limitAttributes(
    defined({
      [Attribute.EXCEPTION_TYPE]: exception.type,
      [Attribute.EXCEPTION_MESSAGE]: exception.message,
      [Attribute.EXCEPTION_STACKTRACE]: exception.stacktrace,
    }),
    limits,
  );
  return { name: 'exception', time: exception.time, attributes, droppedAttributesCount: dropped };
}

// Adds what only Lambda knows to the SERVER span that the function's own SDK made of an invocation. What the SDK says
// stays; an error that it did not see is added.

const ATTRIBUTES = 9;
/** OTLP numbers OK and ERROR as the API does. */
const ERROR = 2;

/** A span that names its request keeps the name it uses; one that was only matched to a request gets both names. */
const INVOCATION_IDS: readonly string[] = [
  Attribute.FAAS_INVOCATION_ID,
  Attribute.FAAS_INVOCATION_ID_1_44,
];
const ERROR_TYPE: string = Attribute.ERROR_TYPE;
const ADDED = /^(?:lambda\.|aws\.lambda\.)|^(?:faas\.coldstart|cloud\.resource_id)$/;

interface ServingParts {
  readonly received: ReceivedSpans;
  readonly filter: RedactionFilter | undefined;
}

/**
 * True if the SDK's span is exported instead of ours. In any case, the invocation is closed for spans that come late.
 */
export function completeServed(
  fact: Fact<unknown>,
  origin: SpanOrigin,
  { received, filter }: ServingParts,
): boolean {
  if (fact.kind !== 'invocation') return false;
  const { servedBy, requestId, identity, end } = fact;
  received.close(requestId, { identity, isServed: servedBy !== undefined, endMs: toMs(end) });
  if (servedBy === undefined) return false;
  const edit = toServedEdit(servedBy, fact, origin);
  received.complete(servedBy, filter === undefined ? edit : redact(edit, filter));
  return true;
}

function redact({ attributes = {}, status, ...edit }: SpanEdit, filter: RedactionFilter): SpanEdit {
  return {
    ...edit,
    attributes: filter.attributes(attributes, 'traces'),
    ...(status !== undefined && { status: filter.status(status) }),
  };
}

function toServedEdit(span: ReceivedSpan, fact: InvocationFact, origin: SpanOrigin): SpanEdit {
  const bytes = bytesOf(span);
  const known = readAttributes(bytes, ATTRIBUTES);
  const raisesError = fact.isError && !isErroneous(bytes);
  const namesRequest = span.invocationId !== undefined;
  const isAdded = (key: string): boolean => {
    if (known.has(key)) return false;
    if (INVOCATION_IDS.includes(key)) return !namesRequest;
    return ADDED.test(key) || (raisesError && key === ERROR_TYPE);
  };
  const attributes = Object.fromEntries(
    Object.entries(toInvocationAttributes(fact, origin)).filter(([key]) => isAdded(key)),
  ) as Record<string, AttributeValue>;
  if (!raisesError) return { attributes };
  const { errorMessage: message } = fact;
  const status = { code: ERROR as number, ...(message !== undefined && { message }) };
  return { attributes, status };
}

// The attribute limits of the OpenTelemetry SDK specification: count and length.
// Source: https://opentelemetry.io/docs/specs/otel/common/#attribute-limits

type PlainValue = NonNullable<Attributes[string]>;

export interface AttributeLimits {
  /** OTEL_ATTRIBUTE_COUNT_LIMIT, 128 by default. */
  readonly maxCount: number;
  /** OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT in characters; Infinity (no limit) by default. */
  readonly maxValueLength: number;
}

/** Cuts long strings; attributes beyond the count are left out and counted. */
export function limitAttributes(
  attributes: Attributes,
  { maxCount, maxValueLength }: AttributeLimits,
): { readonly attributes: Attributes; readonly dropped: number } {
  const names = Object.keys(attributes);
  if (names.length <= maxCount && maxValueLength === Number.POSITIVE_INFINITY) {
    return { attributes, dropped: 0 };
  }
  const kept: Attributes = {};
  for (const name of names.slice(0, maxCount)) {
    const value = attributes[name];
    if (value !== undefined) kept[name] = cut(value, maxValueLength);
  }
  return { attributes: kept, dropped: Math.max(0, names.length - maxCount) };
}

function cut(value: PlainValue, maxLength: number): PlainValue {
  if (typeof value === 'string') return value.slice(0, maxLength);
  if (!Array.isArray(value)) return value;
  const items: unknown[] = value;
  return items.map((item) =>
    typeof item === 'string' ? item.slice(0, maxLength) : item,
  ) as PlainValue;
}
