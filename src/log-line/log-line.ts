// What one `function` or `extension` record says by itself, and the limits that apply when it is read.
import type { HrTime } from '@opentelemetry/api';
import type { AnyValue, LogAttributes, SeverityNumber } from '@opentelemetry/api-logs';
import type { Severity } from './severity';

export interface LogLimits {
  /** UTF-8 bytes of the body. */
  readonly maxBodyBytes: number;
  readonly maxAttributes: number;
  /** UTF-16 units of each text in an attribute; Infinity means no limit. */
  readonly maxAttributeValueLength: number;
  /** Levels of maps and lists within the body or an attribute; what lies deeper becomes JSON text. */
  readonly maxDepth: number;
}

/** Has at least a type or a message (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/). */
export interface LogException {
  readonly type?: string;
  readonly message?: string;
  readonly stacktrace?: string;
  /** The runtime reported it as uncaught; otherwise the function's own code logged it. */
  readonly isRuntimeReport?: true;
}

export interface LogLine {
  /** Undefined only for a record that is not a JSON value. */
  readonly body: AnyValue;
  /** Created for this line alone, so the caller may add to it. */
  readonly attributes: LogAttributes;
  /** Attributes beyond the limit, and those with an empty name. */
  readonly droppedAttributesCount: number;
  readonly severityNumber?: SeverityNumber;
  /** The level's name as the source wrote it. */
  readonly severityText?: string;
  /** The line's own time, if it is plausible and more exact than the event's. */
  readonly time?: HrTime;
  /**
   * Certainly Lambda's request id: it stands in a place that only the runtime fills or under a name that only Lambda
   * uses.
   */
  readonly requestId?: string;
  /** Set where there is no certain id; it is Lambda's only if it names a request of this environment. */
  readonly possibleRequestId?: string;
  /** Lower-case hex, not all zero. */
  readonly traceId?: string;
  /** Lower-case hex, not all zero; only together with a trace id. */
  readonly spanId?: string;
  readonly traceFlags?: number;
  readonly exception?: LogException;
  /** Part of the body or of an attribute was cut. */
  readonly truncated: boolean;
}

/** Filled member by member: a spread for every optional member would take longer than all the reading. */
export type LineDraft = { -readonly [Member in keyof LogLine]: LogLine[Member] };

export function createLine(body: AnyValue, truncated: boolean): LineDraft {
  return { body, attributes: {}, droppedAttributesCount: 0, truncated };
}

/** What the beginning of a text line says. */
export interface TextHead {
  /** Where the body begins: after the head, or 0 where the whole line is the body. */
  readonly bodyStart: number;
  /** Where the logger's own message begins; it may be a JSON object. */
  readonly messageStart: number;
  readonly time?: HrTime | undefined;
  /** Certainly Lambda's: it stands where the runtime puts it. */
  readonly requestId?: string | undefined;
  /** An id of unknown origin; it is Lambda's only if it names a request of this environment. */
  readonly possibleRequestId?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly attributes?: LogAttributes | undefined;
  /** The text in front of an object that has no message of its own (Bref). */
  readonly message?: string | undefined;
  /** The part of the line in which Spring Boot's bracketed trace ids may be. */
  readonly traceHead?: string | undefined;
}

/**
 * Filled member by member, as a line is: V8 reads heads of one hidden class several times faster than spread ones.
 */
export type HeadDraft = { -readonly [Member in keyof TextHead]: TextHead[Member] };

/** A head that cuts nothing off: the whole line is the body. */
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
