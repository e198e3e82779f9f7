// What the beginning of a text line says: time, request, severity. The first character decides which forms are tried,
// because most lines match none. The heads of Lambda's runtimes are cut off, since the record's fields hold what they
// say; the lines of loggers are kept whole.
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { TimestampReader } from '../telemetry/timestamp';
import { FIRST_SIGN, readLoggerHead } from './logger-head';
import { LINE_LEVELS, readSeverity } from './severity';
import { createHead } from './log-line';
import type { HeadDraft, TextHead } from './log-line';
import { chooseTime, readTimeText } from './record-time';
import { isUuid, toRequestId } from './request-id';
import type { Severity } from './severity';

const ERROR: Severity = { number: SeverityNumber.ERROR };
/** The level of Ruby's `logger.unknown`. */
const UNKNOWN: Severity = { text: 'ANY' };
/**
 * What a head may begin with besides letters, digits and `[`: a colour, an indentation, an empty line, syslog's `<`,
 * a path, Node.js's `(node:8)`, Erlang's `=`, librdkafka's `%`, the signs before a level, and any symbol from
 * FIRST_SIGN on.
 */
const OTHER_INITIALS: ReadonlySet<number> = new Set([
  ...[0x09, 0x0a, 0x1b, 0x20, 0x21, 0x23, 0x25, 0x28, 0x2a, 0x2d, 0x2f, 0x3c, 0x3d, 0x3e],
]);
const MAX_LEVEL_LENGTH = 12;
const MAX_ID_LENGTH = 128;
const MAX_SCAN_LENGTH = 256;
const UUID_LENGTH = 36;
/** The length of `2026-03-02T08:15:00Z`; a longer time has a fraction. */
const SECONDS_LENGTH = 20;
/** `START RequestId: `, `END RequestId: `, `REPORT RequestId: ` and the platform's error lines. */
const PLATFORM = /^(START |END |REPORT )?RequestId: ([^\s,]{1,128})(?:[\s,]|$)/;
const PLATFORM_INITIALS = 'SER';
const PLATFORM_FAILURE = /^(?:Error: |Process exited |Task timed out |Error )/;
const TASK_TIMED_OUT = /^(\S{19,32}) ([\w-]{36}) (?=Task timed out after )/;
/** Ruby's Logger in the format of Lambda's runtime: `I, [time #pid]  INFO requestId -- program: message`. */
const RUBY =
  /^[A-Z], \[(\S{19,32}) #(\d{1,10})\] +([A-Z]{3,7}) (?:(\S{1,128}) )?-- ((?:[^:\n]{0,128}): )?/;

/**
 * `⇥requestId⇥LEVEL⇥` of the last line that had both: most lines repeat it, so they can share one string for the id.
 */
export interface KnownHead {
  readonly times: TimestampReader;
  text: string;
  requestId: string | undefined;
  possibleRequestId: string | undefined;
  severity: Severity | undefined;
}

export function createKnownHead(): KnownHead {
  return {
    times: new TimestampReader(),
    text: '?',
    requestId: undefined,
    possibleRequestId: undefined,
    severity: undefined,
  };
}

/** Undefined for a line that is only a message. `eventTime`: when the platform received it. */
export function readTextHead(
  text: string,
  eventTime: HrTime,
  known: KnownHead,
): TextHead | undefined {
  const first = text.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    return (
      readTabbed(text, eventTime, known) ??
      readTimedOut(text, eventTime) ??
      readBref(text) ??
      readLoggerHead(text, eventTime)
    );
  }
  if (first === 0x5b) return readPython(text, eventTime, known) ?? readLoggerHead(text, eventTime);
  if ((first | 0x20) >= 0x61 && (first | 0x20) <= 0x7a) {
    return (
      readPlatform(text) ??
      readRuby(text, eventTime) ??
      readBref(text) ??
      readLoggerHead(text, eventTime)
    );
  }
  const mayBeHead = first >= FIRST_SIGN || OTHER_INITIALS.has(first);
  return mayBeHead ? readLoggerHead(text, eventTime) : undefined;
}

/**
 * Node.js and .NET: `time⇥requestId⇥LEVEL⇥message`. Compares with lastIndexOf because V8 turns startsWith into a loop
 * over single characters, which made reading a line a third slower.
 */
function readTabbed(text: string, eventTime: HrTime, known: KnownHead): TextHead | undefined {
  const timeEnd = text.indexOf('\t');
  if (timeEnd < 19 || timeEnd > 35) return undefined;
  const time = known.times.readUntil(text, timeEnd);
  if (time === undefined) return undefined;
  if (text.lastIndexOf(known.text, timeEnd) !== timeEnd && !learnHead(text, timeEnd, known)) {
    return undefined;
  }
  const bodyStart = timeEnd + known.text.length;
  return {
    bodyStart,
    messageStart: bodyStart,
    time: chooseTime(time, timeEnd > SECONDS_LENGTH, eventTime),
    requestId: known.requestId,
    possibleRequestId: known.possibleRequestId,
    severity: known.severity,
    attributes: undefined,
    message: undefined,
    traceHead: undefined,
  };
}

/** Remembers the head of this line; false if no runtime wrote the line. */
function learnHead(text: string, timeEnd: number, known: KnownHead): boolean {
  const idEnd = text.indexOf('\t', timeEnd + 1);
  if (idEnd === -1 || idEnd - timeEnd > MAX_ID_LENGTH + 1) return false;
  const levelEnd = text.indexOf('\t', idEnd + 1);
  const severity = levelEnd === -1 ? undefined : LINE_LEVELS.get(text.slice(idEnd + 1, levelEnd));
  const id = text.slice(timeEnd + 1, idEnd);
  // A logger's `time⇥LEVEL⇥caller⇥message` is another form.
  if (severity === undefined || LINE_LEVELS.has(id)) return false;
  known.text = text.slice(timeEnd, levelEnd + 1);
  known.requestId = isUuid(id) ? id : undefined;
  known.possibleRequestId = isUuid(id) ? undefined : toRequestId(id);
  known.severity = severity;
  return true;
}

/** Python: `[LEVEL]⇥time⇥requestId⇥message`. */
function readPython(text: string, eventTime: HrTime, known: KnownHead): TextHead | undefined {
  const close = text.indexOf(']');
  if (close < 4 || close > MAX_LEVEL_LENGTH || text.charCodeAt(close + 1) !== 0x09)
    return undefined;
  const timeEnd = text.indexOf('\t', close + 2);
  const idEnd = timeEnd === -1 ? -1 : text.indexOf('\t', timeEnd + 1);
  if (idEnd === -1 || idEnd - close > MAX_SCAN_LENGTH) return undefined;
  const timeText = text.slice(close + 2, timeEnd);
  const time = known.times.readUntil(timeText, timeText.length);
  if (time === undefined) return undefined;
  const head = createRuntimeHead(idEnd + 1, text.slice(timeEnd + 1, idEnd));
  head.time = chooseTime(time, timeText.length > SECONDS_LENGTH, eventTime);
  // A level that somebody added to Python's logging may have any name.
  const name = text.slice(1, close);
  head.severity = LINE_LEVELS.get(name) ?? readSeverity(name);
  return head;
}

/** Lambda's own text lines name their request; they are kept whole. */
function readPlatform(text: string): TextHead | undefined {
  const match = PLATFORM_INITIALS.includes(text.charAt(0)) ? PLATFORM.exec(text) : null;
  if (match === null) return undefined;
  const [whole, label, id] = match;
  const isFailure = label === undefined && PLATFORM_FAILURE.test(text.slice(whole.length));
  const head = createHead();
  head.requestId = toRequestId(id);
  if (isFailure) head.severity = ERROR;
  return head;
}

/** The platform's line `time requestId Task timed out after 3.01 seconds`. */
function readTimedOut(text: string, eventTime: HrTime): TextHead | undefined {
  const match = TASK_TIMED_OUT.exec(text);
  if (match === null) return undefined;
  const [{ length: bodyStart }, time = '', id = ''] = match;
  const head = createRuntimeHead(bodyStart, id);
  head.time = readTimeText(time, eventTime);
  head.severity = ERROR;
  return head;
}

function readRuby(text: string, eventTime: HrTime): TextHead | undefined {
  if (text.charCodeAt(1) !== 0x2c) return undefined;
  const match = RUBY.exec(text);
  const word = match?.[3] ?? '';
  const severity = word === 'ANY' ? UNKNOWN : LINE_LEVELS.get(word);
  if (match === null || severity === undefined) return undefined;
  const [{ length }, time = '', pid, , id = '', program = ''] = match;
  // Lambda's format prints the colon even when there is no program name.
  const bodyStart = length - (program.trim() === ':' ? 0 : program.length);
  const head = createRuntimeHead(bodyStart, id);
  head.time = readTimeText(time, eventTime);
  head.severity = severity;
  head.attributes = { 'process.pid': Number(pid) };
  return head;
}

/** PHP under Bref: `requestId⇥Invoke Error⇥{json}`. */
function readBref(text: string): TextHead | undefined {
  if (text.charCodeAt(UUID_LENGTH) !== 0x09) return undefined;
  const id = text.slice(0, UUID_LENGTH);
  if (!isUuid(id) || !text.startsWith('Invoke Error\t', UUID_LENGTH + 1)) return undefined;
  const head = createRuntimeHead(UUID_LENGTH + 1, id);
  head.severity = ERROR;
  return head;
}

/**
 * Even in the runtime's place only a UUID is certainly Lambda's id, since emulators pass on whatever they are given.
 */
function createRuntimeHead(bodyStart: number, id: string): HeadDraft {
  const head = createHead();
  head.bodyStart = bodyStart;
  head.messageStart = bodyStart;
  if (isUuid(id)) head.requestId = id;
  else head.possibleRequestId = toRequestId(id);
  return head;
}
