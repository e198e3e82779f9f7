// Log events → lines as the tracker carries them. Each is read on its own when it arrives; a stack trace that was
// printed line by line is joined into one line.
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { TrackedLine } from '../invocation/fact';
import type { LogLimits, LogLine } from '../log-line/log-line';
import { LineReader } from '../log-line/read-log-line';
import { findTraces, isTracePart } from '../log-line/trace-lines';
import type { LogEvent } from '../telemetry/event';
import { isOutOfMemoryType } from '../invocation/result';

export interface ReadLine extends TrackedLine {
  /** The event's own record, kept until it is known whether the line is part of a stack trace. */
  readonly record: unknown;
  readonly content: LogLine;
  /** When the listener received it. */
  readonly observed: HrTime;
}

/** Reads the lines of one environment. */
export class LogEventReader {
  private readonly reader: LineReader;

  constructor(limits: LogLimits) {
    this.reader = new LineReader(limits);
  }

  read({ record, type: stream, time }: LogEvent, observed: HrTime): ReadLine {
    const content = this.reader.read(record, time);
    return {
      record,
      time,
      stream,
      content,
      observed,
      requestId: content.requestId,
      possibleRequestId: content.possibleRequestId,
      isTracePart: typeof record === 'string' && isTracePart(record),
      exception: toRequestException(content, time),
      saysOutOfMemory: readOutOfMemory(content),
    };
  }

  /**
   * What replaces each of a request's lines, in order; undefined for lines that were joined to the trace before them.
   */
  joinTraces(lines: readonly ReadLine[]): readonly (ReadLine | undefined)[] {
    const texts = lines.map(({ record }) => (typeof record === 'string' ? record : undefined));
    const joined: (ReadLine | undefined)[] = [...lines];
    for (const { start, end } of findTraces(texts)) {
      const first = lines[start];
      if (first === undefined) continue;
      const { time, stream: type, observed } = first;
      const record = texts.slice(start, end).map(withoutNewline).join('\n');
      joined.fill(undefined, start, end);
      joined[start] = this.read({ type, time, record }, observed);
    }
    return joined;
  }
}

/** An error logged below ERROR was handled, so it is on the log record but not on the request. */
function toRequestException(
  { exception, severityNumber, time }: LogLine,
  eventTime: HrTime,
): ReadLine['exception'] {
  if (exception === undefined) return undefined;
  const isError = severityNumber !== undefined && severityNumber >= SeverityNumber.ERROR;
  return isError ? { time: time ?? eventTime, ...exception } : undefined;
}

function withoutNewline(text = ''): string {
  return text.replace(/\r?\n$/, '');
}

// Tells whether a line reports, in the runtime's own words, that memory ran out: V8's fatal error, the last line of the
// JVM, .NET, Go, Rust, C++, PHP or Ruby, or an exception whose type means it.

const V8_WORDS = 'heap out of memory';
const LAST_WORDS = new RegExp(
  `^(?:${[
    String.raw`Out of memory\.\s*$`,
    String.raw`(?:Exception in thread "[^"]{0,200}" |(?:Terminating|Aborting) due to |Unhandled exception\. )(?:java\.lang|System)\.OutOfMemoryE`,
    'fatal error: runtime: (?:out of memory|cannot allocate memory)',
    String.raw`memory allocation of \d{1,20} bytes failed`,
    "terminate called after throwing an instance of 'std::bad_alloc'",
    String.raw`PHP Fatal error: {1,2}(?:Allowed memory size of \d{1,20} bytes exhausted|Out of memory \()`,
    String.raw`\[FATAL\] failed to allocate memory`,
  ].join('|')})`,
);

function readOutOfMemory({ body, exception, severityNumber }: LogLine): boolean {
  if (exception !== undefined && isOutOfMemoryType(exception.type)) return true;
  // A runtime's last line has either no level or the highest one.
  if (severityNumber !== undefined && severityNumber < SeverityNumber.ERROR) return false;
  return typeof body === 'string' && (LAST_WORDS.test(body) || body.includes(V8_WORDS));
}
