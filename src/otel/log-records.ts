// Facts → log records: lines of the function and of extensions, and platform events as lines. Builds plain
// ReadableLogRecord objects, which the exporters take as they are.
import { TraceFlags } from '@opentelemetry/api';
import type { HrTime, SpanContext } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { LogAttributes, LogBody } from '@opentelemetry/api-logs';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Fact, LineFact, PlatformLogFact } from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import { limitValue } from '../log-line/limited-value';
import type { LogLimits, LogLine } from '../log-line/log-line';
import type { ReadLine } from './read-lines';
import {
  toEventName,
  toPlatformAttributes,
  toPlatformLine,
  toPlatformSeverity,
} from './platform-log';
import { Attribute } from './semconv';

/** What every log record of this environment shares. */
export interface LogOrigin {
  readonly resource: Resource;
  readonly scopes: Readonly<Record<'function' | 'extension' | 'platform', InstrumentationScope>>;
  /** The least severity of exported platform events; undefined if none is exported. */
  readonly platformSeverity: SeverityNumber | undefined;
  readonly tieBreaker: TieBreaker;
  /** The observed time of platform records: approximately when they were delivered. */
  readonly observed: HrTime;
  readonly limits: LogLimits;
  readonly contexts: SpanContexts;
}

/** The span contexts that log records refer to: the lines of one invocation share one object. */
export class SpanContexts {
  private last: SpanContext = { traceId: '', spanId: '', traceFlags: TraceFlags.NONE };

  constructor(private readonly isSampled: (identity: SpanIdentity) => boolean) {}

  of(identity: SpanIdentity | undefined): SpanContext | undefined {
    if (identity === undefined) return undefined;
    const { traceId, spanId } = identity;
    const traceFlags: number = this.isSampled(identity) ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const { last } = this;
    if (last.spanId !== spanId || last.traceId !== traceId || last.traceFlags !== traceFlags) {
      this.last = { traceId, spanId, traceFlags };
    }
    return this.last;
  }
}

/** Undefined for facts of other signals and for platform events below the threshold. */
export function toLogRecord(
  fact: Fact<ReadLine>,
  origin: LogOrigin,
): ReadableLogRecord | undefined {
  switch (fact.kind) {
    case 'line':
      return toLineRecord(fact, origin);
    case 'platformLog':
      return toPlatformRecord(fact, origin);
    default:
      return undefined;
  }
}

function toLineRecord(
  { line, requestId, identity }: LineFact<ReadLine>,
  origin: LogOrigin,
): ReadableLogRecord {
  const { content, stream } = line;
  // Always sets all members: records of one hidden class are several times faster to build and to encode.
  const record: { readonly [K in keyof ReadableLogRecord]-?: ReadableLogRecord[K] | undefined } = {
    hrTime: origin.tieBreaker.separate(content.time ?? line.time, stream),
    hrTimeObserved: line.observed,
    spanContext: toOwnContext(content, identity) ?? origin.contexts.of(identity),
    severityText: content.severityText,
    severityNumber: content.severityNumber,
    body: content.body,
    eventName: undefined,
    resource: origin.resource,
    instrumentationScope: origin.scopes[stream],
    attributes: toLineAttributes(content, requestId, identity),
    droppedAttributesCount: content.droppedAttributesCount,
  };
  return record as ReadableLogRecord;
}

/** The line's own trace context, written by the function's SDK, wins over the invocation's. */
function toOwnContext(
  { traceId, spanId = '', traceFlags }: LogLine,
  identity: SpanIdentity | undefined,
): SpanContext | undefined {
  // A line with a trace id but no span id (`xray_trace_id`) gets the invocation's span if the traces are the same.
  if (traceId === undefined || (spanId === '' && identity?.traceId === traceId)) return undefined;
  return { traceId, spanId, traceFlags: traceFlags ?? TraceFlags.SAMPLED };
}

/** Adds to the line's own attributes, which were created for this record alone. */
function toLineAttributes(
  content: LogLine,
  requestId: string | undefined,
  identity: SpanIdentity | undefined,
): LogAttributes {
  const { attributes, exception, truncated } = content;
  if (identity?.fromSnapshot === true) attributes[Attribute.LAMBDA_FROM_SNAPSHOT] = true;
  if (requestId !== undefined) {
    attributes[Attribute.FAAS_INVOCATION_ID_1_44] = requestId;
    attributes[Attribute.FAAS_INVOCATION_ID] = requestId;
  }
  if (exception !== undefined) {
    if (exception.type !== undefined) attributes[Attribute.EXCEPTION_TYPE] = exception.type;
    if (exception.message !== undefined)
      attributes[Attribute.EXCEPTION_MESSAGE] = exception.message;
    if (exception.stacktrace !== undefined)
      attributes[Attribute.EXCEPTION_STACKTRACE] = exception.stacktrace;
  }
  if (truncated) attributes[Attribute.LAMBDA_TRUNCATED] = true;
  return attributes;
}

function toPlatformRecord(fact: PlatformLogFact, origin: LogOrigin): ReadableLogRecord | undefined {
  const { event, requestId, identity } = fact;
  const severityNumber = toPlatformSeverity(fact);
  if (origin.platformSeverity === undefined || severityNumber < origin.platformSeverity) {
    return undefined;
  }
  const attributes: LogAttributes = toPlatformAttributes(fact);
  if (requestId !== undefined) {
    attributes[Attribute.FAAS_INVOCATION_ID_1_44] = requestId;
    attributes[Attribute.FAAS_INVOCATION_ID] = requestId;
  }
  if (identity?.fromSnapshot === true) attributes[Attribute.LAMBDA_FROM_SNAPSHOT] = true;
  const spanContext = origin.contexts.of(identity);
  const { body, truncated } = toPlatformBody(event, origin.limits);
  if (truncated) attributes[Attribute.LAMBDA_TRUNCATED] = true;
  return {
    hrTime: event.time,
    hrTimeObserved: origin.observed,
    ...(spanContext !== undefined && { spanContext }),
    severityNumber,
    severityText: SeverityNumber[severityNumber],
    eventName: toEventName(event),
    body,
    resource: origin.resource,
    instrumentationScope: origin.scopes.platform,
    attributes,
    droppedAttributesCount: 0,
  };
}

/** The text of known events as in CloudWatch; for an unknown event the whole record. */
function toPlatformBody(
  event: PlatformLogFact['event'],
  limits: LogLimits,
): { readonly body: LogBody; readonly truncated: boolean } {
  if (event.type !== 'unknown') return { body: toPlatformLine(event), truncated: false };
  const { value, truncated } = limitValue(event.record ?? null, {
    maxBytes: limits.maxBodyBytes,
    maxTextLength: limits.maxAttributeValueLength,
    maxDepth: limits.maxDepth,
  });
  return { body: value, truncated };
}

// Lambda stamps log lines with milliseconds. Lines of one millisecond keep their order by nanoseconds that are added in
// order of arrival.

const NANOS_PER_MS = 1_000_000;

export class TieBreaker {
  private readonly last = new Map<string, { time: HrTime; ties: number }>();

  /** The same time, or slightly later if `stream` already had a line in that millisecond. */
  separate(time: HrTime, stream: string): HrTime {
    const previous = this.last.get(stream);
    if (previous?.time[0] !== time[0] || previous.time[1] !== time[1]) {
      this.last.set(stream, { time, ties: 0 });
      return time;
    }
    const isMilliseconds = time[1] % NANOS_PER_MS === 0;
    if (!isMilliseconds || previous.ties + 1 >= NANOS_PER_MS) return time;
    previous.ties += 1;
    return [time[0], time[1] + previous.ties];
  }
}
