// What one `function` or `extension` record says by itself. Total: whatever the record, there is a line;
// a record within its limits is not copied, only its members are looked at.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#telemetry-api-function
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { isObject } from '../telemetry/fields';
import { parseObject } from './json-text';
import { limitText, toJsonText } from './limited-value';
import { createLine } from './log-line';
import type { LineDraft, LogLimits, LogLine, TextHead } from './log-line';
import { readLogObject } from './log-object';
import type { Wrapper } from './log-object';
import type { Severity } from './severity';
import { readTextException } from './text-exception';
import { readTextHead } from './text-head';
import { addBracketedTraceContext, addTextTraceContext } from './trace-context';

/**
 * What one record says by itself: no request state, no clock. Never throws, whatever the record.
 * `eventTime`: when the platform got it, against which the line's own time is judged.
 */
export function readLogLine(record: unknown, limits: LogLimits, eventTime: HrTime): LogLine {
  if (typeof record === 'string') return readText(record, limits, eventTime);
  if (isObject(record)) return readLogObject(record, { limits, eventTime });
  const text = toJsonText(record);
  return text === undefined ? createLine(undefined, false) : toTextLine(text, limits, undefined);
}

function readText(record: string, limits: LogLimits, eventTime: HrTime): LogLine {
  const text = withoutNewline(record);
  const object = parseObject(text);
  if (object !== undefined) return readLogObject(object, { limits, eventTime });
  const head = readTextHead(text, eventTime);
  if (head === undefined) return toTextLine(text, limits, undefined);
  const payload = parseObject(head.messageStart === 0 ? '' : text.slice(head.messageStart));
  if (payload !== undefined) {
    return readLogObject(payload, { limits, eventTime, wrapper: toWrapper(head) });
  }
  return applyHead(toTextLine(text.slice(head.bodyStart), limits, head.severity), head);
}

function toWrapper({ time, requestId, severity, attributes, message }: TextHead): Wrapper {
  return { time, requestId, severity, members: attributes, message };
}

function applyHead(line: LineDraft, head: TextHead): LogLine {
  const { time, requestId, possibleRequestId, severity, attributes, traceHead } = head;
  if (time !== undefined) line.time = time;
  if (requestId !== undefined) line.requestId = requestId;
  else if (possibleRequestId !== undefined) line.possibleRequestId = possibleRequestId;
  if (severity?.number !== undefined) line.severityNumber = severity.number;
  if (severity?.text !== undefined) line.severityText = severity.text;
  if (attributes !== undefined) line.attributes = attributes;
  if (traceHead !== undefined && line.traceId === undefined) {
    addBracketedTraceContext(traceHead, line);
  }
  return line;
}

function toTextLine(
  text: string,
  { maxBodyBytes }: LogLimits,
  level: Severity | undefined,
): LineDraft {
  const body = limitText(text, maxBodyBytes);
  const line = createLine(body, body.length < text.length);
  const exception = readTextException(body, level);
  if (exception !== undefined) {
    line.exception = exception;
    line.severityNumber = SeverityNumber.ERROR;
  }
  addTextTraceContext(body, line);
  return line;
}

function withoutNewline(text: string): string {
  if (text.charCodeAt(text.length - 1) !== 0x0a) return text;
  return text.slice(0, text.charCodeAt(text.length - 2) === 0x0d ? -2 : -1);
}
