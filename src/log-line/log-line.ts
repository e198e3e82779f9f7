// What one `function` or `extension` record says by itself, and the limits it is read under.
import type { HrTime } from '@opentelemetry/api';
import type { AnyValue, LogAttributes, SeverityNumber } from '@opentelemetry/api-logs';
import type { Severity } from './severity';

export interface LogLimits {
  /** UTF-8 bytes of the body. */
  readonly maxBodyBytes: number;
  readonly maxAttributes: number;
  /** UTF-16 units of each text in an attribute; Infinity: none. */
  readonly maxAttributeValueLength: number;
  /** Levels of maps and lists within the body or an attribute; what lies deeper becomes JSON text. */
  readonly maxDepth: number;
}

/** Has a type or a message (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/). */
export interface LogException {
  readonly type?: string;
  readonly message?: string;
  readonly stacktrace?: string;
  /** The runtime reported it, uncaught; otherwise the function's own code logged it. */
  readonly isRuntimeReport?: true;
}

export interface LogLine {
  /** Undefined only for a record that is no JSON value at all. */
  readonly body: AnyValue;
  /** Made for this line alone: the caller may add to it. */
  readonly attributes: LogAttributes;
  /** Attributes beyond the limit, and those without a name. */
  readonly droppedAttributesCount: number;
  readonly severityNumber?: SeverityNumber;
  /** The source's own word. */
  readonly severityText?: string;
  /** The line's own time, where it can be true and is more exact than the event's. */
  readonly time?: HrTime;
  /** Lambda's own id, from a place that only the runtime fills or under a name that only Lambda has. */
  readonly requestId?: string;
  /** Where there is no such id: one that is Lambda's only if it names a request of this environment. */
  readonly possibleRequestId?: string;
  /** Lower-case hex, not all zero. */
  readonly traceId?: string;
  /** Lower-case hex, not all zero; only together with a trace id. */
  readonly spanId?: string;
  readonly traceFlags?: number;
  readonly exception?: LogException;
  /** Something of the body or of an attribute was cut away. */
  readonly truncated: boolean;
}

/** Filled member by member: a spread for each that may be missing takes longer than all the reading. */
export type LineDraft = { -readonly [Member in keyof LogLine]: LogLine[Member] };

export function createLine(body: AnyValue, truncated: boolean): LineDraft {
  return { body, attributes: {}, droppedAttributesCount: 0, truncated };
}

/** What the beginning of a text line says. */
export interface TextHead {
  /** Where the body begins: behind the head, or 0 where the line stays whole. */
  readonly bodyStart: number;
  /** Where the logger's own message begins; it may be a JSON object. */
  readonly messageStart: number;
  readonly time?: HrTime | undefined;
  /** Lambda's own, from the runtime's place for it. */
  readonly requestId?: string | undefined;
  /** Of anybody: Lambda's only if it is a request of this environment. */
  readonly possibleRequestId?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly attributes?: LogAttributes | undefined;
  /** The message in front of an object that has none (Bref). */
  readonly message?: string | undefined;
  /** The part of the line in which Spring Boot's bracketed trace ids may be. */
  readonly traceHead?: string | undefined;
}

/** Filled member by member as a line is: heads of one hidden class are read several times faster than spread ones. */
export type HeadDraft = { -readonly [Member in keyof TextHead]: TextHead[Member] };

/** A head without a body of its own: the line stays whole. */
export function createHead(): HeadDraft {
  return {
    bodyStart: 0,
    messageStart: 0,
    time: undefined,
    requestId: undefined,
    possibleRequestId: undefined,
    severity: undefined,
    attributes: undefined,
    message: undefined,
    traceHead: undefined,
  };
}
