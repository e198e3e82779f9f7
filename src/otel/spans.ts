// Facts → spans. Plain ReadableSpan objects: the exporters take them as they are, and event times are
// kept to the nanosecond, which a Tracer would replace by its own clock.
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
import { isFailed } from '../invocation/outcome';
import { defined } from '../telemetry/defined';
import { addMs, durationBetween } from '../telemetry/timestamp';
import { limitAttributes } from './attributes';
import type { AttributeLimits } from './attributes';
import { toResourceId } from './function-arn';
import {
  AWS_LAMBDA_INVOKED_ARN,
  CLOUD_RESOURCE_ID,
  ERROR_TYPE,
  EXCEPTION_MESSAGE,
  EXCEPTION_STACKTRACE,
  EXCEPTION_TYPE,
  FAAS_COLDSTART,
  FAAS_INVOCATION_ID,
  FAAS_INVOCATION_ID_1_44,
  FAAS_VERSION,
  LAMBDA_BILLED_DURATION_MS,
  LAMBDA_BILLED_RESTORE_DURATION_MS,
  LAMBDA_DURATION_MS,
  LAMBDA_INCOMPLETE,
  LAMBDA_INITIALIZATION_TYPE,
  LAMBDA_INIT_DURATION_MS,
  LAMBDA_INSTANCE_MAX_MEMORY,
  LAMBDA_MAX_MEMORY_USED_MB,
  LAMBDA_PHASE,
  LAMBDA_PRODUCED_BYTES,
  LAMBDA_RESTORE_DURATION_MS,
  LAMBDA_RUNTIME_VERSION,
  LAMBDA_RUNTIME_VERSION_ARN,
  LAMBDA_STATUS,
  LAMBDA_TENANT_ID,
} from './semconv';

/** What every span of this environment shares. */
export interface SpanContextFacts {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** Name of the invocation span. */
  readonly functionName: string;
  /** The version that the resource names already. */
  readonly functionVersion?: string;
  readonly limits: AttributeLimits;
}

/** The spans that one fact makes; none for facts of other signals. */
export function toSpans(fact: Fact<unknown>, facts: SpanContextFacts): ReadableSpan[] {
  switch (fact.kind) {
    case 'invocation':
      return toInvocationSpans(fact, facts);
    case 'initialization':
      return [toInitializationSpan(fact, facts)];
    case 'childSpans':
      return toChildSpans(fact, facts);
    default:
      return [];
  }
}

function toInvocationSpans(fact: InvocationFact, facts: SpanContextFacts): ReadableSpan[] {
  const invocation = createSpan(facts, {
    name: facts.functionName,
    kind: SpanKind.SERVER,
    identity: fact.identity,
    start: fact.start,
    end: fact.end,
    attributes: toInvocationAttributes(fact, facts),
    status: toStatus(fact, describeError(fact)),
    exceptions: fact.exceptions,
    droppedExceptions: fact.droppedExceptions,
    links: fact.links,
  });
  if (fact.runtimeIdentity === undefined) return [invocation];
  const runtime = createSpan(facts, {
    name: 'runtime',
    kind: SpanKind.INTERNAL,
    identity: fact.runtimeIdentity,
    start: fact.start,
    end: fact.end,
    attributes: {},
  });
  return [invocation, runtime];
}

function toInvocationAttributes(fact: InvocationFact, facts: SpanContextFacts): Attributes {
  const { functionArn, version, runtimeDoneMetrics, reportMetrics } = fact;
  return defined({
    [FAAS_INVOCATION_ID_1_44]: fact.requestId,
    [FAAS_INVOCATION_ID]: fact.requestId,
    [FAAS_COLDSTART]: fact.coldStart,
    [CLOUD_RESOURCE_ID]: functionArn === undefined ? undefined : toResourceId(functionArn, version),
    [AWS_LAMBDA_INVOKED_ARN]: functionArn,
    [FAAS_VERSION]: version === facts.functionVersion ? undefined : version,
    [LAMBDA_STATUS]: fact.status,
    [ERROR_TYPE]: fact.errorType,
    [LAMBDA_TENANT_ID]: fact.tenantId,
    [LAMBDA_INCOMPLETE]: fact.incomplete ? true : undefined,
    [LAMBDA_PRODUCED_BYTES]: runtimeDoneMetrics?.producedBytes,
    [LAMBDA_DURATION_MS]: reportMetrics?.durationMs ?? runtimeDoneMetrics?.durationMs,
    [LAMBDA_BILLED_DURATION_MS]: reportMetrics?.billedDurationMs,
    [LAMBDA_MAX_MEMORY_USED_MB]: reportMetrics?.maxMemoryUsedMB,
    [LAMBDA_INIT_DURATION_MS]: reportMetrics?.initDurationMs,
    [LAMBDA_RESTORE_DURATION_MS]: reportMetrics?.restoreDurationMs,
    [LAMBDA_BILLED_RESTORE_DURATION_MS]: reportMetrics?.billedRestoreDurationMs,
  });
}

function toInitializationSpan(fact: InitializationFact, facts: SpanContextFacts): ReadableSpan {
  return createSpan(facts, {
    name: fact.name,
    kind: SpanKind.INTERNAL,
    identity: fact.identity,
    start: fact.start,
    end: fact.end,
    status: toStatus(fact),
    attributes: defined({
      [FAAS_COLDSTART]: fact.coldStart,
      [LAMBDA_INITIALIZATION_TYPE]: fact.initializationType,
      [LAMBDA_PHASE]: fact.phase,
      [LAMBDA_RUNTIME_VERSION]: fact.runtimeVersion,
      [LAMBDA_RUNTIME_VERSION_ARN]: fact.runtimeVersionArn,
      [LAMBDA_INSTANCE_MAX_MEMORY]: fact.instanceMaxMemory,
      [LAMBDA_STATUS]: fact.status,
      [ERROR_TYPE]: fact.errorType,
      [LAMBDA_INCOMPLETE]: fact.incomplete ? true : undefined,
    }),
  });
}

function toChildSpans({ children }: ChildSpansFact, facts: SpanContextFacts): ReadableSpan[] {
  return children.map(({ identity, span }) =>
    createSpan(facts, {
      name: span.name,
      kind: SpanKind.INTERNAL,
      identity,
      start: span.start,
      end: addMs(span.start, span.durationMs),
      attributes: {},
    }),
  );
}

/** The message of the exception that the error is named after; another one was handled. */
function describeError({ exceptions, errorType }: InvocationFact): string | undefined {
  const named = exceptions.findLast(
    ({ type }) => type !== undefined && errorType?.endsWith(type) === true,
  );
  return named?.message ?? errorType;
}

/** UNSET on success: only the application may say Ok (OTel API, SetStatus). */
function toStatus(
  fact: { readonly status?: string; readonly errorType?: string },
  message = fact.errorType,
): SpanStatus {
  if (!isFailed(fact)) return { code: SpanStatusCode.UNSET };
  return { code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) };
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

function createSpan(facts: SpanContextFacts, parts: SpanParts): ReadableSpan {
  const { identity, start, end } = parts;
  const spanContext = toSpanContext(identity);
  const { attributes, dropped } = limitAttributes(parts.attributes, facts.limits);
  return {
    name: parts.name,
    kind: parts.kind,
    spanContext: () => spanContext,
    ...toParent(identity),
    startTime: start,
    endTime: end,
    duration: durationBetween(start, end),
    ended: true,
    status: parts.status ?? { code: SpanStatusCode.UNSET },
    attributes,
    links: (parts.links ?? []).map((link): Link => ({ context: toSpanContext(link) })),
    events: (parts.exceptions ?? []).map((exception) => toExceptionEvent(exception, facts.limits)),
    resource: facts.resource,
    instrumentationScope: facts.scope,
    droppedAttributesCount: dropped,
    droppedEventsCount: parts.droppedExceptions ?? 0,
    droppedLinksCount: 0,
  };
}

function toSpanContext({ traceId, spanId }: SpanIdentity): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function toParent({ traceId, parentSpanId, parentIsRemote }: SpanIdentity) {
  if (parentSpanId === undefined) return {};
  const isRemote = parentIsRemote === true;
  return {
    parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED, isRemote },
  };
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/ */
function toExceptionEvent(exception: ExceptionFact, limits: AttributeLimits) {
  const { attributes, dropped } = limitAttributes(
    defined({
      [EXCEPTION_TYPE]: exception.type,
      [EXCEPTION_MESSAGE]: exception.message,
      [EXCEPTION_STACKTRACE]: exception.stacktrace,
    }),
    limits,
  );
  return { name: 'exception', time: exception.time, attributes, droppedAttributesCount: dropped };
}
