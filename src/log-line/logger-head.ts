// The heads of loggers' text lines: a time in any of the usual forms, then columns, one of which is the
// level. A level is a word in a column of its own, in brackets, or in capitals near the beginning; the same
// word inside a sentence is none. The line stays whole.
import type { HrTime } from '@opentelemetry/api';
import { parseTimestamp } from '../telemetry/timestamp';
import type { TextHead } from './log-line';
import { readMark, readPriorityMark } from './level-mark';
import { readLogfmt } from './logfmt';
import { chooseTime, readTimeText } from './record-time';
import { isUuid, RUST_INVOKE_SPAN, toRequestId } from './request-id';
import type { Severity } from './severity';
import { COLUMN_LEVELS, LETTER_LEVELS, LINE_LEVELS, readSeverity } from './severity';

const MAX_SCAN_LENGTH = 256;
const MAX_LEVEL_LENGTH = 12;
/** A date and time as ISO 8601 or most loggers write it, and its zone: an offset, UTC, or a name not known here. */
const DATE_TIME =
  /^\[?(\d{4})[-/.](\d\d)[-/.](\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d{1,9})?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:])| ([A-Z]{3,5})(?=\s))?/;
/**
 * `08:15:00.749`, `8:15:00 AM`, `8:15AM`, alone or behind a date that is no ISO date (JUL, Nest, Tomcat, glog,
 * tornado).
 */
const TIME_OF_DAY =
  /^\[?(?:(?:\d{1,2}[-/. ])?(?:[A-Z][a-z]{2}|\d{1,2})[-/. ] ?(?:\d{1,2})?,? ?(?:\d{4},? )?|\d{6,8} )?\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AP]M)?(?: [+-]\d{4}| UTC)?(?![\w:])/;
const APACHE_TIME = /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.?\d{0,9} \d{4}\]/;
/** Seconds, or a thousandth or less, since 1970, as zap's console prints them (`1.772439300749e+09`). */
const EPOCH_TIME = /^(?:1\.\d{1,18}e\+09|\d{10}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?)(?=[\s|])/;
/** logrus: `WARN[0000] message`, or a date and time there; log15: `WARN[03-02|08:15:00] message`. */
const LOGRUS =
  /^[A-Z]{4,7}\[(?:\d{1,6}|\d\d-\d\d\|\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,16})\] /;
/** `DD_EXTENSION | WARN | message`: who says it, in capitals, then the level. */
const NAMED = /^[A-Z]\w{1,64} \| (?=[A-Z]{3,8} +\| )/;
/** Nest: `[Nest] 8  - 03/02/2026, 8:15:00 AM     WARN [Orders] message`. */
const NEST = /^\[Nest\] \d{1,8} {1,3}- /;
const UUID = /(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/i;
/** Names of Lambda's id, then the general ones, as loggers print their context. */
const NAMED_ID =
  /(?<![\w.])(AWSRequestId|awsRequestId|aws_request_id|function_request_id|faas\.invocation_id|requestId|request_id)"?[=:] ?"?([\w-]{1,128})/;
const TRUSTED_NAME = /^(?:aws|function|faas)/i;
const ESCAPE = '\u001b';
const COLOUR = /\u001b\[[\d;]*m/g;

/** Undefined for a line that is nothing but its message. */
export function readLoggerHead(text: string, eventTime: HrTime): TextHead | undefined {
  const isOrnamented = text.charCodeAt(0) <= 0x20 || text.includes(ESCAPE);
  return isOrnamented ? readOrnamented(text, eventTime) : readPlain(text, eventTime);
}

function readPlain(text: string, eventTime: HrTime): TextHead | undefined {
  const first = text.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    return readTimed(text, eventTime) ?? readEpoch(text, eventTime) ?? readUntimed(text);
  }
  if (first === 0x3c) return readPriority(text, eventTime);
  if (first !== 0x5b) {
    return (
      readMarked(text) ??
      readPairs(text, eventTime) ??
      readLevelled(text, eventTime) ??
      readDated(text, eventTime) ??
      readNamed(text)
    );
  }
  return readTimed(text, eventTime) ?? readMarked(text) ?? readBracketed(text, eventTime);
}

/** With colours anywhere, or indented (Rust pads `INFO` to five characters): read without, kept as it is. */
function readOrnamented(text: string, eventTime: HrTime): TextHead | undefined {
  const plain = text
    .slice(0, 2 * MAX_SCAN_LENGTH)
    .replace(COLOUR, '')
    .trimStart();
  const head = readPlain(plain, eventTime);
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
  const head = readColumns(text, end);
  return {
    ...head,
    severity: head.severity ?? readSecondLine(text, eventTime)?.severity,
    time: time && chooseTime(time, fraction !== undefined, eventTime),
  };
}

/** Any number may begin a line: only one with a level behind it is a time. */
function readEpoch(text: string, eventTime: HrTime): TextHead | undefined {
  const time = EPOCH_TIME.exec(text)?.[0];
  const head = time === undefined ? undefined : readColumns(text, time.length);
  if (time === undefined || head?.severity === undefined) return undefined;
  return { ...head, time: readTimeText(time, eventTime) };
}

function readNamed(text: string): TextHead | undefined {
  if ((text.charCodeAt(1) & 0x20) !== 0) return undefined;
  const bar = text.indexOf('|');
  const name = bar > 0 && bar <= MAX_SCAN_LENGTH ? NAMED.exec(text) : null;
  const head = name === null ? undefined : readColumns(text, name[0].length);
  return head?.severity === undefined ? undefined : { ...head, messageStart: 0 };
}

function readTimeOfDay(text: string): TextHead | undefined {
  const match = TIME_OF_DAY.exec(text) ?? APACHE_TIME.exec(text);
  if (match === null) return undefined;
  const head = readColumns(text, match[0].length);
  return head.severity === undefined ? undefined : head;
}

/** JUL's and tinylog's first line says when and where, the second begins with the level; tint and charm have one. */
function readDated(text: string, eventTime: HrTime): TextHead | undefined {
  // `Mar 02, `, `Mar  2 `
  const isMonth = text.charCodeAt(3) === 0x20 && /^[A-Z][a-z]{2} [ \d]\d/.test(text);
  if (!isMonth || !TIME_OF_DAY.test(text)) return undefined;
  return readTimeOfDay(text) ?? readSecondLine(text, eventTime);
}

function readSecondLine(text: string, eventTime: HrTime): TextHead | undefined {
  const newline = text.indexOf('\n');
  if (newline === -1 || newline > MAX_SCAN_LENGTH) return undefined;
  return readLevelled(text.slice(newline + 1, newline + 1 + MAX_SCAN_LENGTH), eventTime);
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

function readMarked(text: string): TextHead | undefined {
  const severity = readMark(text);
  return severity && toHead(severity, text);
}

/** syslog's also has a version and a time. */
function readPriority(text: string, eventTime: HrTime): TextHead | undefined {
  const priority = readPriorityMark(text);
  if (priority === undefined) return undefined;
  const rest = text.slice(priority.length, priority.length + MAX_SCAN_LENGTH);
  return { ...toHead(priority.severity, text), time: readTimed(rest, eventTime)?.time };
}

function readPairs(text: string, eventTime: HrTime): TextHead | undefined {
  const shown = text.slice(0, 2 * MAX_SCAN_LENGTH);
  const logfmt = readLogfmt(shown);
  if (logfmt === undefined) return undefined;
  const { severity, time } = logfmt;
  return {
    ...toHead(severity, shown),
    time: time === undefined ? undefined : readTimeText(time, eventTime),
  };
}

/** `LEVEL message`, `level: message`, `LEVEL⇥message⇥{json}`: capitals, or a colon behind the word. */
function readLevelled(text: string, eventTime: HrTime): TextHead | undefined {
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
  const head = { ...toHead(severity, text), time: readTimeBehind(text, end, eventTime) };
  const object = separator === '\t' && text.endsWith('}') ? text.indexOf('\t{', end + 1) : -1;
  if (object === -1) return head;
  return { ...head, messageStart: object + 1, message: text.slice(end + 1, object) };
}

/**
 * The time of a line that begins with its level: `WARNING 2026-03-02 08:15:00,749`, `WARN  [2026-…`, `WARN | 2026-…`.
 */
function readTimeBehind(text: string, levelEnd: number, eventTime: HrTime): HrTime | undefined {
  const shown = text.slice(levelEnd, levelEnd + MAX_SCAN_LENGTH);
  const start = /^[\s:|-]*(?=\[?\d{4}[-/.])/.exec(shown)?.[0].length;
  return start === undefined ? undefined : readTimed(shown.slice(start), eventTime)?.time;
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

// The columns behind the time of a logger's line: threads and files in brackets, names between separators,
// numbers, and the level. The search ends where the message begins.

interface Columns {
  readonly severity?: Severity | undefined;
  /** In front of the level: the place of Java's runtime for it. */
  readonly requestId?: string | undefined;
}

const MAX_COLUMNS = 9;
/** A logger's name may stand before the level; two words are the beginning of a sentence. */
const MAX_WORDS = 1;
const COLUMN = /^[\s|\]]*(?:(?<=\|)-)?(?:\[([^\]\n]{0,128})\]|([^\s|[\]]+))/;
/** Dashes, arrows, and the signs that signale puts before a level. */
const SEPARATOR = /^[^\w\s[\]\u00c0-\u024f]{1,8}$/;
const SIGN = /^[^\u0000-\u203f]/;
const NUMBER = /^#?[\d.,#()+:]+$/;
/** What a line's context holds: `order=7`. */
const PAIR = /^[A-Za-z_][\w.@-]{0,63}=/;
const TIME_INSIDE = /^\d{4}-\d\d-\d\d[T ]\S+ +([A-Z]{3,8})\b/;

/** `text`: what follows the time. */
function scanColumns(text: string): Columns {
  let words = 0;
  let isBehindSign = false;
  let requestId: string | undefined;
  let rest = text;
  for (let column = 0; column < MAX_COLUMNS; column += 1) {
    const match = COLUMN.exec(rest);
    if (match === null) break;
    const [before, bracketed, word] = match;
    rest = rest.slice(before.length);
    const around = { before, after: rest, isBehindSign };
    const severity =
      bracketed === undefined ? readWord(word ?? '', around, column) : readBracket(bracketed);
    if (severity !== undefined) return { severity, requestId };
    isBehindSign = SIGN.test(word ?? '');
    if (word === undefined || SEPARATOR.test(word) || NUMBER.test(word)) continue;
    if (isUuid(word) && column === 0) requestId = word;
    else if (!isNameColumn(around.after, word)) words += 1;
    if (words > MAX_WORDS) break;
  }
  return {};
}

interface Around {
  readonly before: string;
  readonly after: string;
  readonly isBehindSign: boolean;
}

/** `[WARN]`, `[warning  ]`, `[core:warn]`, `WARNING/MainProcess`, `[W]`. */
function readBracket(content: string): Severity | undefined {
  const inside = TIME_INSIDE.exec(content)?.[1];
  const name = (inside ?? content).trim();
  const last = name.slice(name.lastIndexOf(':') + 1).split('/', 1)[0] ?? '';
  return COLUMN_LEVELS.get(last.trim()) ?? LETTER_LEVELS.get(name);
}

function readWord(word: string, around: Around, column: number): Severity | undefined {
  const { before, after, isBehindSign } = around;
  if (word.startsWith('level=') || word.startsWith('severity=')) {
    return readSeverity(word.slice(word.indexOf('=') + 1).replaceAll('"', ''));
  }
  const name = word.replace(/[:,>]+$/, '');
  const isMarked = name !== word;
  // Monolog: `production.WARNING:`; Celery: `WARNING/MainProcess`.
  const [level = ''] = name.slice(name.lastIndexOf('.') + 1).split('/', 1);
  const isCapital = level === level.toUpperCase();
  if (isMarked ? isCapital || level === name : isCapital && !name.includes('.')) {
    const severity = COLUMN_LEVELS.get(level);
    if (severity !== undefined) return severity;
  }
  const isColumn =
    (/[\t|]\s*\S+$/.test(before) && /^\s*[\t|]/.test(after)) ||
    (isBehindSign && after.startsWith('  ')) ||
    after.startsWith(']');
  if (isColumn) return COLUMN_LEVELS.get(name) ?? LETTER_LEVELS.get(name);
  // Swift's `warning orders : message` and logcat's `W Tag: message` say where before they say what.
  const isBeforeLabel = /^ [^\s:]{1,128} {0,16}:/.test(after);
  if (!isBeforeLabel) return undefined;
  return column === 0
    ? (COLUMN_LEVELS.get(name) ?? LETTER_LEVELS.get(name))
    : LETTER_LEVELS.get(name);
}

/** Something separates it from what follows, as a sentence's words are not; or it has a process id, or a value. */
function isNameColumn(after: string, word: string): boolean {
  return (
    word.endsWith(':') || /^(?:\s*(?:\||[-–—:>›]+\s)|\[\d{1,10}\])/.test(after) || PAIR.test(word)
  );
}
