// The heads of loggers' text lines: a time in any of the usual forms, then columns, one of which is the
// level. A level is a word in a column of its own, in brackets, or in capitals near the beginning; the same
// word inside a sentence is none. The line stays whole.
import type { HrTime } from '@opentelemetry/api';
import { parseTimestamp } from '../telemetry/timestamp';
import { COLUMN_LEVELS, LETTER_LEVELS, LINE_LEVELS, scanColumns } from './line-columns';
import type { TextHead } from './log-line';
import { chooseTime, readTimeText } from './record-time';
import { isUuid, RUST_INVOKE_SPAN, toRequestId } from './request-id';
import { readSeverity } from './severity';
import type { Severity } from './severity';

const MAX_SCAN_LENGTH = 256;
const MAX_LEVEL_LENGTH = 12;
/** A date and time as ISO 8601 or most loggers write it, and its zone: an offset, UTC, or a name not known here. */
const DATE_TIME =
  /^\[?(\d{4})[-/.](\d\d)[-/.](\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d{1,9})?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:])| ([A-Z]{3,5})(?=\s))?/;
/** `08:15:00.749`, `8:15:00 AM`, `8:15AM`, alone or behind a date that is no ISO date (JUL, Nest, Tomcat, glog, tornado). */
const TIME_OF_DAY =
  /^\[?(?:(?:\d{1,2}[-/. ])?(?:[A-Z][a-z]{2}|\d{1,2})[-/. ] ?(?:\d{1,2})?,? ?(?:\d{4},? )?|\d{6,8} )?\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AP]M)?(?: [+-]\d{4}| UTC)?(?![\w:])/;
const APACHE_TIME = /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.?\d{0,9} \d{4}\]/;
/** klog and glog: `W0302 08:15:00.749123`, with the year since glog 0.6; logcat: `W/Tag( 8):`; tornado: `[W 260302 `. */
const LETTERED =
  /^(?:([DIWEF])(?:\d{4}|\d{8}) \d\d:\d\d:\d\d|([VDIWEF])\/[^\s(][^(\n]{0,64}\( {0,8}\d{1,8}\):|\[([DIWEF]) (?:\d{6}|\d{4}-\d\d-\d\d) )/;
const PHP = /^PHP (Fatal error|Parse error|Warning|Notice|Deprecated|Error): {1,2}/;
/** logrus: `WARN[0000] message`; log15: `WARN[03-02|08:15:00] message`. */
const LOGRUS = /^[A-Z]{4,7}\[(?:\d{1,6}|\d\d-\d\d\|\d\d:\d\d:\d\d)\] /;
/** Nest: `[Nest] 8  - 03/02/2026, 8:15:00 AM     WARN [Orders] message`. */
const NEST = /^\[Nest\] \d{1,8} {1,3}- /;
/** logfmt, as slog's text handler and logrus write it. */
const LOGFMT_INITIALS = 'tls';
const LOGFMT = /^(?:time|ts|t|level|lvl|severity|timestamp)=/;
const LOGFMT_LEVEL = /(?:^| )(?:level|lvl|severity)="?([\w+-]{1,12})/;
const LOGFMT_TIME = /(?:^| )(?:time|ts|t|timestamp)="?([^\s"]{19,40})/;
const UUID = /(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/i;
/** Names of Lambda's id, then the general ones, as loggers print their context. */
const NAMED_ID =
  /(?<![\w.])(AWSRequestId|awsRequestId|aws_request_id|function_request_id|faas\.invocation_id|requestId|request_id)"?[=:] ?"?([\w-]{1,128})/;
const TRUSTED_NAME = /^(?:aws|function|faas)/i;
const COLOUR = /\u001b\[[\d;]*m/g;

const PHP_LEVELS: Readonly<Record<string, string>> = {
  'Fatal error': 'FATAL',
  'Parse error': 'FATAL',
  Warning: 'WARNING',
  Notice: 'NOTICE',
  Deprecated: 'NOTICE',
  Error: 'ERROR',
};

/** Undefined for a line that is nothing but its message. */
export function readLoggerHead(text: string, eventTime: HrTime): TextHead | undefined {
  const first = text.charCodeAt(0);
  if (first === 0x1b || first === 0x20) return readOrnamented(text, eventTime);
  if (first >= 0x30 && first <= 0x39) return readTimed(text, eventTime) ?? readUntimed(text);
  if (first !== 0x5b) {
    return (
      readLettered(text) ?? readLogfmt(text, eventTime) ?? readLevelled(text) ?? readDated(text)
    );
  }
  return readTimed(text, eventTime) ?? readLettered(text) ?? readBracketed(text, eventTime);
}

/** Coloured or indented (Rust pads `INFO` to five characters): read without, kept as it is. */
function readOrnamented(text: string, eventTime: HrTime): TextHead | undefined {
  const plain = text
    .slice(0, 2 * MAX_SCAN_LENGTH)
    .replace(COLOUR, '')
    .trimStart();
  const first = plain.charCodeAt(0);
  if (first === 0x1b || first === 0x20 || Number.isNaN(first)) return undefined;
  const head = readLoggerHead(plain, eventTime);
  return head === undefined ? undefined : { ...head, messageStart: 0 };
}

/** A line that begins with a date and time, or with a time of day. */
function readTimed(text: string, eventTime: HrTime): TextHead | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return readTimeOfDay(text);
  const [whole, year = '', month = '', day = '', clock = '', fraction, zone = '', zoneName] = match;
  const isUnknownZone = zoneName !== undefined && !LINE_LEVELS.has(zoneName);
  const iso = `${year}-${month}-${day}T${clock}${fraction ?? ''}`;
  const offset = zone === 'UTC' || zone === 'GMT' ? 'Z' : zone;
  const time = isUnknownZone ? undefined : parseTimestamp(`${iso}${offset}`);
  const end =
    zoneName === undefined || isUnknownZone ? whole.length : whole.length - zoneName.length;
  return {
    ...readColumns(text, end),
    time: time && chooseTime(time, fraction !== undefined, eventTime),
  };
}

function readTimeOfDay(text: string): TextHead | undefined {
  const match = TIME_OF_DAY.exec(text) ?? APACHE_TIME.exec(text);
  if (match === null) return undefined;
  const head = readColumns(text, match[0].length);
  return head.severity === undefined ? undefined : head;
}

/** JUL's first line says when and where, its second begins with the level; tint and charm have one line. */
function readDated(text: string): TextHead | undefined {
  // `Mar 02, `, `Mar  2 `
  const isMonth = text.charCodeAt(3) === 0x20 && /^[A-Z][a-z]{2} [ \d]\d/.test(text);
  if (!isMonth || !TIME_OF_DAY.test(text)) return undefined;
  const head = readTimeOfDay(text);
  if (head !== undefined) return head;
  const newline = text.indexOf('\n');
  if (newline === -1 || newline > MAX_SCAN_LENGTH) return undefined;
  return readLevelled(text.slice(newline + 1, newline + 1 + MAX_SCAN_LENGTH));
}

/** What stands behind the time: columns, among them the level, and where the message may begin. */
function readColumns(text: string, timeEnd: number): TextHead {
  const rest = text.slice(timeEnd, timeEnd + MAX_SCAN_LENGTH);
  const { severity, requestId } = scanColumns(rest);
  const messageStart = timeEnd + (/^\]?[\s|:-]*/.exec(rest)?.[0].length ?? 0);
  return {
    bodyStart: 0,
    messageStart,
    severity,
    ...(requestId === undefined ? findId(text) : { requestId }),
    traceHead: rest,
  };
}

/** A line of columns without a time: log4j's `0    [main] WARN  shop.Orders - message`. */
function readUntimed(text: string): TextHead | undefined {
  const match = /^\d{1,9} +(?=\[)/.exec(text);
  if (match === null) return undefined;
  const head = readColumns(text, match[0].length);
  return head.severity === undefined ? undefined : { ...head, messageStart: 0 };
}

/** `[LEVEL] message`, `[main] LEVEL logger - message`, `[Nest] 8  - time LEVEL`. */
function readBracketed(text: string, eventTime: HrTime): TextHead | undefined {
  const nest = NEST.exec(text);
  if (nest !== null) {
    const { length } = nest[0];
    const head = readTimeOfDay(text.slice(length, length + MAX_SCAN_LENGTH));
    return head && { ...head, messageStart: 0 };
  }
  const head = readColumns(text, 0);
  if (head.severity === undefined) return undefined;
  const close = text.indexOf(']');
  const messageStart = close + (text.charCodeAt(close + 1) === 0x20 ? 2 : 1);
  const rest = readTimed(text.slice(messageStart, messageStart + MAX_SCAN_LENGTH), eventTime);
  return { ...head, messageStart, time: rest?.time };
}

function readLettered(text: string): TextHead | undefined {
  const php = text.startsWith('PHP ') ? PHP.exec(text)?.[1] : undefined;
  if (php !== undefined) return toHead(readSeverity(PHP_LEVELS[php]), text);
  const second = text.charCodeAt(1);
  const isLettered = second === 0x2f || (second >= 0x30 && second <= 0x39) || text.startsWith('[');
  const match = isLettered ? LETTERED.exec(text) : null;
  const letter = match === null ? undefined : (match[1] ?? match[2] ?? match[3]);
  const severity = letter === undefined ? undefined : LETTER_LEVELS.get(letter);
  return severity === undefined ? undefined : toHead(severity, text);
}

function readLogfmt(text: string, eventTime: HrTime): TextHead | undefined {
  if (!LOGFMT_INITIALS.includes(text.charAt(0)) || !LOGFMT.test(text)) return undefined;
  const shown = text.slice(0, 2 * MAX_SCAN_LENGTH);
  const time = LOGFMT_TIME.exec(shown)?.[1];
  return {
    ...toHead(readSeverity(LOGFMT_LEVEL.exec(shown)?.[1]), shown),
    time: time === undefined ? undefined : readTimeText(time, eventTime),
  };
}

/** `LEVEL message`, `level: message`, `LEVEL⇥message⇥{json}`: capitals, or a colon behind the word. */
function readLevelled(text: string): TextHead | undefined {
  const end = endOfWord(text);
  if (end < 4 || end > MAX_LEVEL_LENGTH) return undefined;
  const separator = text.charAt(end);
  // A word of a sentence: neither a second capital nor a colon.
  const isSmall = (text.charCodeAt(1) & 0x20) !== 0;
  if (isSmall && separator !== ':') return undefined;
  const word = text.slice(0, end);
  const isLogrus = separator === '[' && LOGRUS.test(text);
  const isCapital = word === word.toUpperCase() && /[\s:|\-!]/.test(separator);
  const severity = isLogrus
    ? COLUMN_LEVELS.get(word)
    : isCapital || separator === ':'
      ? LINE_LEVELS.get(word)
      : undefined;
  if (severity === undefined) return undefined;
  const head = toHead(severity, text);
  const object = separator === '\t' && text.endsWith('}') ? text.indexOf('\t{', end + 1) : -1;
  if (object === -1) return head;
  return { ...head, messageStart: object + 1, message: text.slice(end + 1, object) };
}

/** Where the letters at the beginning end, looked for no further than a level is long. */
function endOfWord(text: string): number {
  let end = 0;
  for (; end <= MAX_LEVEL_LENGTH; end += 1) {
    const letter = text.charCodeAt(end) | 0x20;
    if (!(letter >= 0x61 && letter <= 0x7a)) break;
  }
  return end;
}

function toHead(severity: Severity | undefined, text: string): TextHead {
  return { bodyStart: 0, messageStart: 0, severity, ...findId(text), traceHead: undefined };
}

/** An id that the line names, or a UUID among its words. */
function findId(text: string): Pick<TextHead, 'requestId' | 'possibleRequestId'> {
  const shown = text.slice(0, 2 * MAX_SCAN_LENGTH);
  const named = NAMED_ID.exec(shown);
  const id = toRequestId(named?.[2]);
  if (id === undefined) return { possibleRequestId: UUID.exec(shown)?.[0] };
  const isTrusted =
    TRUSTED_NAME.test(named?.[1] ?? '') ||
    (isUuid(id) && shown.includes(`${RUST_INVOKE_SPAN}{requestId="${id}"`));
  return isTrusted ? { requestId: id } : { possibleRequestId: id };
}
