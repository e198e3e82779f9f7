// What the beginning of a text line says: time, requestId, severity. First characters decide which
// forms are tried, because most lines have none. Formats of Lambda's runtimes lose their head, other
// lines keep theirs in the body.
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { LogAttributes } from '@opentelemetry/api-logs';
import { parseTimestamp, parseTimestampUntil } from '../telemetry/timestamp';
import { readPlatformHead } from './platform-head';
import { isUuid, toRequestId } from './request-id';
import { findSeverities, readSeverity } from './severity';
import type { Severity } from './severity';

export interface TextHead {
  /** Where the body begins: behind the head, or 0 where the line stays whole. */
  readonly bodyStart: number;
  /** Where the logger's own message begins; it may be a JSON object. */
  readonly messageStart: number;
  readonly time: HrTime | undefined;
  readonly requestId: string | undefined;
  readonly severity: Severity | undefined;
  readonly attributes: LogAttributes | undefined;
}

/** Levels that begin a line of text: any other severity name is too common a word. */
const LINE_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trce debug dbug info information warn warning error fail critical crit fatal severe notice',
);
const MAX_LEVEL_LENGTH = 12;
const MAX_REQUEST_ID_LENGTH = 128;
const MAX_WORDS = 7;
const MAX_SCAN_LENGTH = 256;
/** A date and time as ISO 8601 or most loggers write it; the zone, if any; what separates it from the rest. */
const DATE_TIME =
  /^\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d([.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?)\]?[\s|:-]*/;
const WORD_BREAK = /[\s|]+/;
const TASK_TIMED_OUT = 'Task timed out after ';
/** Ruby's Logger with the format of Lambda's runtime: `I, [time #pid]  INFO requestId -- program: message`. */
const RUBY =
  /^[A-Z], \[(\S{19,32}) #(\d{1,10})\] +([A-Z]{3,7}) (?:(\S{1,128}) )?-- ((?:[^:\n]{0,128}): )?/;
/** logfmt, as slog's text handler and logrus write it. */
const LOGFMT = /^(?:time|ts|level|lvl|severity|timestamp)=/;
const LOGFMT_LEVEL = /(?:^| )(?:level|lvl|severity)="?([\w+-]{1,12})/;
const LOGFMT_TIME = /(?:^| )(?:time|ts|timestamp)="?([^\s"]{19,40})/;
/** Rust's tracing and logfmt name the request inside the line. */
const NAMED_REQUEST_ID = /\b(?:requestId|request_id|AWSRequestId|aws_request_id)="?([\w-]{1,128})/;
const COLOUR = /\u001b\[[\d;]*m/g;

/** Undefined for a line that is nothing but its message. */
export function readTextHead(text: string): TextHead | undefined {
  const first = text.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) return readTabbed(text) ?? readTimed(text);
  if (first === 0x5b) return readBracketed(text);
  if ((first | 0x20) >= 0x61 && (first | 0x20) <= 0x7a) {
    return readPlatformHead(text) ?? readRuby(text) ?? readLogfmt(text) ?? readLevelled(text);
  }
  if (first === 0x1b || first === 0x20) return readOrnamented(text);
  return undefined;
}

/** Node.js and .NET: `time⇥requestId⇥LEVEL⇥message`; early .NET runtimes without the level. */
function readTabbed(text: string): TextHead | undefined {
  const timeEnd = text.indexOf('\t');
  if (timeEnd < 19 || timeEnd > 35) return undefined;
  const time = parseTimestampUntil(text, timeEnd);
  if (time === undefined) return undefined;
  if (text.lastIndexOf(known.text, timeEnd) === timeEnd) {
    const { requestId, severity } = known;
    const bodyStart = timeEnd + known.text.length;
    return toHead({ time, requestId, severity }, bodyStart, bodyStart);
  }
  return readTabbedWords(text, timeEnd, time);
}

/**
 * `⇥requestId⇥LEVEL⇥` of the last line that had both: most lines repeat them. Compared by lastIndexOf: V8
 * makes a loop over single characters of startsWith, with which lines took a third longer to read.
 */
let known: { text: string; requestId: string | undefined; severity: Severity } = {
  text: '?',
  requestId: undefined,
  severity: {},
};

function readTabbedWords(text: string, timeEnd: number, time: HrTime): TextHead | undefined {
  const idEnd = text.indexOf('\t', timeEnd + 1);
  if (idEnd === -1 || idEnd - timeEnd > MAX_REQUEST_ID_LENGTH + 1) return undefined;
  const idText = text.slice(timeEnd + 1, idEnd);
  const levelEnd = text.indexOf('\t', idEnd + 1);
  const severity = levelEnd === -1 ? undefined : toLevel(text.slice(idEnd + 1, levelEnd));
  // A logger's `time⇥LEVEL⇥caller⇥message` is not of this form.
  const isRuntimeLine = isUuid(idText) || (severity !== undefined && toLevel(idText) === undefined);
  if (!isRuntimeLine) return undefined;
  // One and the same text for all lines of a request: looking it up later is then cheap.
  const requestId = idText === known.requestId ? known.requestId : toRequestId(idText);
  const bodyStart = severity === undefined ? idEnd + 1 : levelEnd + 1;
  if (severity !== undefined) known = { text: text.slice(timeEnd, bodyStart), requestId, severity };
  return toHead({ time, requestId, severity }, bodyStart, bodyStart);
}

/** A line that begins with any date and time; the words behind it may name a level and a request. */
function readTimed(text: string): TextHead | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [whole, timeText = '', fraction, zone] = match;
  // To the whole second and without a zone, the event's own time is the better one.
  const isExact = fraction !== undefined || zone !== undefined;
  const time = isExact ? parseTimestamp(timeText) : undefined;
  const found = scanWords(text.slice(whole.length, whole.length + MAX_SCAN_LENGTH));
  const timedOut = text.startsWith(TASK_TIMED_OUT, whole.length + 37);
  if (timedOut && found.requestId !== undefined) {
    const bodyStart = whole.length + 37;
    return toHead(
      { ...found, time, severity: { number: SeverityNumber.ERROR } },
      bodyStart,
      bodyStart,
    );
  }
  return toHead({ ...found, time }, 0, whole.length);
}

/** Python: `[LEVEL]⇥time⇥requestId⇥message`; Java: `[LEVEL] message`; loggers: `[time] …`. */
function readBracketed(text: string): TextHead | undefined {
  const close = text.indexOf(']');
  if (close < 4 || close > MAX_LEVEL_LENGTH) return readTimed(text);
  const severity = toLevel(text.slice(1, close).trim());
  if (severity === undefined) return readTimed(text);
  if (text.charCodeAt(close + 1) === 0x09) {
    const timeEnd = text.indexOf('\t', close + 2);
    const idEnd = timeEnd === -1 ? -1 : text.indexOf('\t', timeEnd + 1);
    if (idEnd !== -1 && idEnd - close < MAX_SCAN_LENGTH) {
      const time = parseTimestamp(text.slice(close + 2, timeEnd));
      const requestId = toRequestId(text.slice(timeEnd + 1, idEnd));
      if (time !== undefined) return toHead({ time, requestId, severity }, idEnd + 1, idEnd + 1);
    }
  }
  const messageStart = close + (text.charCodeAt(close + 1) === 0x20 ? 2 : 1);
  const rest = readTimed(text.slice(messageStart, messageStart + MAX_SCAN_LENGTH));
  return toHead({ time: rest?.time, requestId: rest?.requestId, severity }, 0, messageStart);
}

function readRuby(text: string): TextHead | undefined {
  if (text.charCodeAt(1) !== 0x2c || text.charCodeAt(3) !== 0x5b) return undefined;
  const match = RUBY.exec(text);
  if (match === null) return undefined;
  const [whole, timeText = '', pid, level, id, program = ''] = match;
  // The program's name, mostly empty, stays in front of the message.
  const bodyStart = whole.length - (program === ': ' ? 0 : program.length);
  return {
    ...toHead(
      {
        time: parseTimestamp(timeText),
        requestId: toRequestId(id),
        severity: readSeverity(level),
      },
      bodyStart,
      whole.length,
    ),
    attributes: { 'process.pid': Number(pid) },
  };
}

function readLogfmt(text: string): TextHead | undefined {
  if (!LOGFMT.test(text)) return undefined;
  const start = text.slice(0, MAX_SCAN_LENGTH);
  const timeText = LOGFMT_TIME.exec(start)?.[1];
  const level = LOGFMT_LEVEL.exec(start)?.[1];
  const requestId = toRequestId(NAMED_REQUEST_ID.exec(text)?.[1]);
  const time = timeText === undefined ? undefined : parseTimestamp(timeText);
  return toHead({ time, requestId, severity: readSeverity(level) }, 0, 0);
}

/** `LEVEL message`, `level: message`: capitals, or a colon behind the word. */
function readLevelled(text: string): TextHead | undefined {
  const end = text.slice(0, MAX_LEVEL_LENGTH + 1).search(/[^A-Za-z]/);
  if (end < 4) return undefined;
  const word = text.slice(0, end);
  const separator = text.charAt(end);
  const isCapital = word === word.toUpperCase() && /[\s:|\-!]/.test(separator);
  const severity = isCapital || separator === ':' ? toLevel(word) : undefined;
  if (severity === undefined) return undefined;
  const named = text.includes('equestId=') ? NAMED_REQUEST_ID.exec(text.slice(0, 512)) : null;
  return toHead({ requestId: toRequestId(named?.[1]), severity }, 0, 0);
}

/** Coloured or indented (Rust pads `INFO` to five characters): read without, kept as it is. */
function readOrnamented(text: string): TextHead | undefined {
  const plain = text
    .slice(0, 2 * MAX_SCAN_LENGTH)
    .replace(COLOUR, '')
    .trimStart();
  const first = plain.charCodeAt(0);
  if (first === 0x1b || first === 0x20 || Number.isNaN(first)) return undefined;
  const head = readTextHead(plain);
  return head === undefined ? undefined : { ...head, bodyStart: 0, messageStart: 0 };
}

function scanWords(text: string): { requestId?: string; severity?: Severity } {
  const found: { requestId?: string; severity?: Severity } = {};
  for (const word of text.split(WORD_BREAK, MAX_WORDS)) {
    const requestId = isUuid(word) ? toRequestId(word) : undefined;
    if (requestId !== undefined) found.requestId ??= requestId;
    const severity = requestId === undefined ? toLevelInLine(word) : undefined;
    if (severity !== undefined) found.severity ??= severity;
  }
  return found;
}

/** Inside a line only `INFO`, `[info]`, `info:` and `channel.INFO:` are levels; `info` is a word. */
function toLevelInLine(word: string): Severity | undefined {
  const isMarked = word.endsWith(':') || (word.startsWith('[') && word.endsWith(']'));
  const name = word.slice(word.lastIndexOf('.') + 1).replace(/[[\]:]/g, '');
  return isMarked || name === name.toUpperCase() ? toLevel(name) : undefined;
}

function toLevel(word: string): Severity | undefined {
  return LINE_LEVELS.get(word);
}

interface Found {
  readonly time?: HrTime | undefined;
  readonly requestId?: string | undefined;
  readonly severity?: Severity | undefined;
}

function toHead(
  { time, requestId, severity }: Found,
  bodyStart: number,
  messageStart: number,
): TextHead {
  return { bodyStart, messageStart, time, requestId, severity, attributes: undefined };
}
