// Log events → lines as the tracker carries them, each read on its own when it comes. A stack trace that was printed
// line by line becomes one line again.
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { TrackedLine } from '../invocation/fact';
import type { LogLimits, LogLine } from '../log-line/log-line';
import { LineReader } from '../log-line/read-log-line';
import { findTraces, isTracePart } from '../log-line/trace-lines';
import type { LogEvent } from '../telemetry/event';
import { isOutOfMemoryType } from '../invocation/result';

export interface ReadLine extends TrackedLine {
  /** The event's own, until it is known whether the line is a part of a trace. */
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

  /** For each of a request's lines, in order, what takes its place; undefined: it was joined to the trace before it. */
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

/** An error that was logged below ERROR was handled: it is on the record, not on the request. */
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

// Whether a line says, in the runtime's own words, that memory ran out: V8's fatal error, the last words of the JVM,
// .NET, Go, Rust, C++, PHP and Ruby, or an exception of a type that means it.

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
  // A runtime's last words have no level, or the highest.
  if (severityNumber !== undefined && severityNumber < SeverityNumber.ERROR) return false;
  return typeof body === 'string' && (LAST_WORDS.test(body) || body.includes(V8_WORDS));
}
