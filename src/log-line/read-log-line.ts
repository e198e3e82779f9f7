// What one `function` or `extension` record says by itself. Total: whatever the record, there is a line;
// a record within its limits is not copied, only its members are looked at.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#telemetry-api-function
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { AnyValue, LogAttributes } from '@opentelemetry/api-logs';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { limitText, toJsonText } from './limited-value';
import { readLogObject } from './log-object';
import type { LogException } from './stack-text';
import { readTextHead } from './text-head';
import type { TextHead } from './text-head';
import { readTextException } from './text-exception';

export interface LogLimits {
  /** UTF-8 bytes of the body. */
  readonly maxBodyBytes: number;
  readonly maxAttributes: number;
  /** UTF-16 units of each text in an attribute; Infinity: none. */
  readonly maxAttributeValueLength: number;
  /** Levels of maps and lists within the body or an attribute; what lies deeper becomes JSON text. */
  readonly maxDepth: number;
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
  /** The record's own timestamp. */
  readonly time?: HrTime;
  readonly requestId?: string;
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

/** A name or the end; `{ a: 1 }` as Node.js prints objects is no JSON. */
const OBJECT_START = /^\{\s*["}]/;

/** What one record says by itself: no request state, no clock. Never throws, whatever the record. */
export function readLogLine(record: unknown, limits: LogLimits): LogLine {
  if (typeof record === 'string') return readText(record, limits);
  if (isObject(record)) return readLogObject(record, limits);
  return toTextLine(toJsonText(record), limits);
}

function readText(record: string, limits: LogLimits): LogLine {
  const text = withoutNewline(record);
  const object = parseObject(text);
  if (object !== undefined) return readLogObject(object, limits);
  const head = readTextHead(text);
  if (head === undefined) return toTextLine(text, limits);
  const payload = parseObject(head.messageStart === 0 ? '' : text.slice(head.messageStart));
  if (payload !== undefined) return readLogObject(payload, limits, head);
  return applyHead(toTextLine(text.slice(head.bodyStart), limits, head.severity?.number), head);
}

function applyHead(line: LineDraft, head: TextHead): LogLine {
  const { time, requestId, severity, attributes } = head;
  if (time !== undefined) line.time = time;
  if (requestId !== undefined) line.requestId = requestId;
  if (severity?.number !== undefined) line.severityNumber = severity.number;
  if (severity?.text !== undefined) line.severityText = severity.text;
  if (attributes !== undefined) line.attributes = attributes;
  return line;
}

function toTextLine(
  text: string | undefined,
  { maxBodyBytes }: LogLimits,
  level?: SeverityNumber,
): LineDraft {
  if (text === undefined) return createLine(undefined, false);
  const body = limitText(text, maxBodyBytes);
  const line = createLine(body, body.length < text.length);
  const exception = readTextException(body, level);
  if (exception !== undefined) {
    line.exception = exception;
    line.severityNumber = SeverityNumber.ERROR;
  }
  return line;
}

function createLine(body: string | undefined, truncated: boolean): LineDraft {
  return { body, attributes: {}, droppedAttributesCount: 0, truncated };
}

function withoutNewline(text: string): string {
  if (text.charCodeAt(text.length - 1) !== 0x0a) return text;
  return text.slice(0, text.charCodeAt(text.length - 2) === 0x0d ? -2 : -1);
}

/** The JSON object that the text is; undefined for any other text, of which few get as far as the parser. */
function parseObject(text: string): JsonObject | undefined {
  const first = text.charCodeAt(0);
  if (first !== 0x7b && first !== 0x20 && first !== 0x0a && first !== 0x0d) return undefined;
  const trimmed = text.trim();
  if (!trimmed.endsWith('}') || !OBJECT_START.test(trimmed)) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
