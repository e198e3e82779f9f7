// What one `function` or `extension` record says by itself. Every record yields a line, whatever it holds, and one
// within its limits is not copied.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#telemetry-api-function
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { isObject } from '../telemetry/fields';
import { limitText, readJsonObject, toJsonText } from './limited-value';
import { createLine } from './log-line';
import type { LineDraft, LogLimits, LogLine, TextHead } from './log-line';
import { readLogObject } from './log-object';
import type { Wrapper } from './log-object';
import type { Severity } from './severity';
import { readTextException } from './text-exception';
import { createKnownHead, readTextHead } from './text-head';
import { addBracketedTraceContext, addTextTraceContext } from './trace-context';

/** Reads the lines of one environment, each by itself, without request state or a clock. Never throws. */
export class LineReader {
  private readonly knownHead = createKnownHead();

  constructor(private readonly limits: LogLimits) {}

  /** `eventTime`: when the platform received the record; the line's own time is checked against it. */
  read(record: unknown, eventTime: HrTime): LogLine {
    const { limits, knownHead } = this;
    if (typeof record === 'string') return this.readText(withoutEnds(record), eventTime);
    const { times } = knownHead;
    if (isObject(record)) return readLogObject(record, { limits, eventTime, times });
    const text = toJsonText(record);
    return text === undefined ? createLine(undefined, false) : toTextLine(text, limits, undefined);
  }

  private readText(text: string, eventTime: HrTime): LogLine {
    const { limits, knownHead } = this;
    const { times } = knownHead;
    const object = readJsonObject(text);
    if (object !== undefined) return readLogObject(object, { limits, eventTime, times });
    const head = readTextHead(text, eventTime, knownHead);
    if (head === undefined) return toTextLine(text, limits, undefined);
    const payload = head.messageStart === 0 ? undefined : readJsonObject(text, head.messageStart);
    if (payload !== undefined) {
      return readLogObject(payload, { limits, eventTime, times, wrapper: toWrapper(head) });
    }
    return applyHead(toTextLine(text.slice(head.bodyStart), limits, head.severity), head);
  }
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

/** The text without a byte order mark and one trailing newline. */
function withoutEnds(text: string): string {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const hasNewline = text.charCodeAt(text.length - 1) === 0x0a;
  if (start === 0 && !hasNewline) return text;
  const newline = text.charCodeAt(text.length - 2) === 0x0d ? 2 : 1;
  return text.slice(start, hasNewline ? -newline : undefined);
}
