// The heads of loggers' text lines: a time in any of the usual forms, then columns, one of which is the level. A word
// counts as a level in a column of its own, in brackets, or in capitals near the beginning, but not inside a
// sentence. The line is kept whole.
import type { HrTime } from '@opentelemetry/api';
import { parseTimestamp } from '../telemetry/timestamp';
import { createHead } from './log-line';
import type { HeadDraft, TextHead } from './log-line';
import { isTitle, readMark, readPriorityMark } from './level-mark';
import { readLogfmt } from './logfmt';
import { EXACT_TIME, NO_TIME, PLAIN_TIME, scanColumns } from './logger-columns';
import type { Beginning } from './logger-columns';
import { chooseTime, readTimeText } from './record-time';
import { isUuid } from './request-id';
import { addId } from './text-id';
import type { Severity } from './severity';
import { COLUMN_LEVELS, LINE_LEVELS } from './severity';
import { BASIC_TIME, DATE_TIME, DAY_TIME, EPOCH_TIME, TIME_OF_DAY, UPTIME } from './time-forms';

const MAX_SCAN_LENGTH = 256;
const MAX_LEVEL_LENGTH = 12;
const UUID_LENGTH = 36;
/** The first code unit of the symbols; no level contains a letter from here on. */
export const FIRST_SIGN = 0x2000;
/** logrus: `WARN[0000] message`, or a date and time there; log15: `WARN[03-02|08:15:00] message`. */
const LOGRUS =
  /^[A-Z]{4,7}\[(?:\d{1,6}|\d\d-\d\d\|\d\d:\d\d:\d\d(?:\.\d{3})?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,16})\] /;
/**
 * The name of the source, then the level between separators: `DD_EXTENSION | WARN | message`, Python's
 * `orders - WARNING - …` and `orders:WARNING:…`, OCaml's `app.exe: [WARNING] message`, `orders[8]: warning: message`.
 * Or no name, and the level in parentheses.
 */
const NAMED =
  /^(?:[A-Z]\w{1,64} \| (?=[A-Z]{3,8} +\| )|[\w.]{1,64}( - | : |[|:])(?=[A-Z]{4,8}\1)|[\w./-]{1,64}(?:\[\d{1,8}\])?: (?=\[[A-Za-z]{3,8}\](?: |$)|(?:[a-z]{4,8}|[A-Z]{4,8}): )|(?=[(<][A-Z]{3,9}[)>]\s))/;
/** The name of the source before a date, as Go's log package prints its prefix: `SDK 2026/03/02 08:15:00 WARN …`. */
const NAME_BEFORE_DATE =
  /^[\w./-]{1,64}(?:\[\d{1,8}\])?(?::? | [|-] )(?=\[?\d{4}[-/]\d\d[-/]\d\d[T ,])/;
/** Nest: `[Nest] 8  - 03/02/2026, 8:15:00 AM     WARN [Orders] message`. */
const NEST = /^\[Nest\] \d{1,8} {1,3}- /;
const ESCAPE = '\u001b';
const COLOUR = /\u001b\[[\d;:]*m/g;
/** A line whose first coloured word is a level. */
const COLOURED_WORD = /^\u001b\[[\d;:]{1,16}m\[?([A-Za-z]{3,9})\]?\u001b\[[\d;:]{0,16}m[\s:]/;
/** Emoji that people put before a level; arrows and bullets also stand before ordinary sentences. */
const EMOJI = /^(?:[\u2139\u2300-\u2bff\ufe0f]|[\ud83c-\ud83e][\udc00-\udfff]){1,4} +/;

/** A level with a colon behind symbols: `*** WARNING: message`. One symbol alone is a bullet. */
const SIGNS = /^[*>!#=-]{2,8} ?(?=[A-Z]{3,9}: )/;

/** Undefined for a line that is only a message. */
export function readLoggerHead(text: string, eventTime: HrTime): TextHead | undefined {
  if (isSentence(text)) return undefined;
  const isOrnamented = text.charCodeAt(0) <= 0x20 || text.includes(ESCAPE);
  return isOrnamented ? readOrnamented(text, eventTime) : readPlain(text, eventTime);
}

/** True for a line that begins as a sentence does: a word, a space, a word. Cheap, as every line pays for it. */
function isSentence(text: string): boolean {
  const end = endOfWord(text);
  if (end === 0 || text.charCodeAt(end) !== 0x20 || (text.charCodeAt(1) & 0x20) === 0) return false;
  const next = text.charCodeAt(end + 1);
  // Not sentences: `Mar 02`, `Mar  2`, `Mon Mar 02`, `orders - WARNING -`, `orders : WARNING :`, `orders | WARN |`,
  // `SDK 2026/03/02`, `OpenJDK 64-Bit`, `Fatal error: `.
  const isColumn = next === 0x2d || next === 0x3a || next === 0x7c || isDateAt(text, end + 1);
  return !(isColumn || (end === 3 && next <= 0x5a)) && !isTitle(text);
}

function isDateAt(text: string, start: number): boolean {
  if (text.charCodeAt(start) !== 0x32) return false;
  const dash = text.charCodeAt(start + 4);
  return dash === 0x2d || dash === 0x2f;
}

function readPlain(text: string, eventTime: HrTime): HeadDraft | undefined {
  const first = text.charCodeAt(0);
  if (text.charCodeAt(UUID_LENGTH) === 0x20 && isUuid(text.slice(0, UUID_LENGTH))) {
    return readBehindId(text);
  }
  if (first >= 0x30 && first <= 0x39) {
    return (
      readTimed(text, eventTime) ??
      readEpoch(text, eventTime) ??
      readBasicTime(text, eventTime) ??
      readUntimed(text)
    );
  }
  if (first === 0x3c || first === 0x25)
    return readPriority(text, eventTime) ?? readMarked(text) ?? readNamed(text, eventTime);
  if (first >= FIRST_SIGN) return readMarked(text) ?? readBehind(EMOJI, text, eventTime);
  if (first !== 0x5b) {
    return (
      readMarked(text) ??
      readPairs(text, eventTime) ??
      readLevelled(text, eventTime) ??
      readDated(text, eventTime) ??
      readNamed(text, eventTime) ??
      readBehind(SIGNS, text, eventTime)
    );
  }
  return (
    readTimed(text, eventTime) ??
    readEpoch(text, eventTime) ??
    readMarked(text) ??
    readBracketed(text, eventTime)
  );
}

/** `requestId LEVEL message`; an id in this place may have been written by anyone. */
function readBehindId(text: string): HeadDraft | undefined {
  const { severity } = readColumns(text, UUID_LENGTH, NO_TIME);
  return severity && toHead(severity, text);
}

function readBehind(signs: RegExp, text: string, eventTime: HrTime): HeadDraft | undefined {
  const found = signs.exec(text)?.[0];
  if (found === undefined) return undefined;
  return keepWhole(readLevelled(text.slice(found.length), eventTime));
}

/** Reads lines with colours or an indentation (Rust pads `INFO` to five characters) as if they had neither. */
function readOrnamented(text: string, eventTime: HrTime): HeadDraft | undefined {
  const shown = text.slice(0, 2 * MAX_SCAN_LENGTH);
  const head = keepWhole(readPlain(shown.replace(COLOUR, '').trimStart(), eventTime));
  const severity = head === undefined ? findSeverityByColour(shown) : undefined;
  return severity === undefined ? head : toHead(severity, text);
}

function findSeverityByColour(text: string): Severity | undefined {
  return COLUMN_LEVELS.get(COLOURED_WORD.exec(text)?.[1] ?? '');
}

/** A line that begins with a date and time, or with a time of day. */
function readTimed(text: string, eventTime: HrTime): HeadDraft | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return readTimeOfDay(text);
  const [whole, year = '', dash, month = '', day = '', clock = '', fraction, zone = '', zoneName] =
    match;
  const isUnknownZone = zoneName !== undefined && !LINE_LEVELS.has(zoneName);
  const iso = `${year}-${month}-${day}T${clock}${fraction ?? ''}`;
  const offset = zone === 'UTC' || zone === 'GMT' ? 'Z' : zone;
  const time = isUnknownZone ? undefined : parseTimestamp(`${iso}${offset}`);
  const end =
    zoneName === undefined || isUnknownZone ? whole.length : whole.length - zoneName.length;
  // Go's log package puts such a time before any sentence.
  const isLoggers = fraction !== undefined && dash !== '/';
  const head = readColumns(text, end, isLoggers ? EXACT_TIME : PLAIN_TIME);
  head.severity ??= readSecondLine(text, eventTime)?.severity;
  head.time = time && chooseTime(time, fraction !== undefined, eventTime);
  return head;
}

/** A line may begin with any number, so one counts as a time only with a level after it. */
function readEpoch(text: string, eventTime: HrTime): HeadDraft | undefined {
  return readOtherTime(text, EPOCH_TIME, eventTime);
}

function epochIn(text: string): string {
  return EPOCH_TIME.exec(text)?.[1] ?? '';
}

function readBasicTime(text: string, eventTime: HrTime): HeadDraft | undefined {
  return text.charCodeAt(8) === 0x54 ? readOtherTime(text, BASIC_TIME, eventTime) : undefined;
}

function readOtherTime(text: string, form: RegExp, eventTime: HrTime): HeadDraft | undefined {
  const match = form.exec(text);
  const head = match === null ? undefined : readColumns(text, match[0].length, PLAIN_TIME);
  if (head?.severity === undefined) return undefined;
  head.time = readTimeText(match?.[1] ?? '', eventTime);
  return head;
}

function readNamed(text: string, eventTime: HrTime): HeadDraft | undefined {
  const name = NAMED.exec(text)?.[0];
  const named = name === undefined ? undefined : readColumns(text, name.length, PLAIN_TIME);
  const head = named?.severity === undefined ? readBehindName(text, eventTime) : named;
  return head?.severity === undefined ? undefined : keepWhole(head);
}

function readBehindName(text: string, eventTime: HrTime): HeadDraft | undefined {
  const name = NAME_BEFORE_DATE.exec(text)?.[0];
  return name === undefined ? undefined : readTimed(text.slice(name.length), eventTime);
}

function readTimeOfDay(text: string): HeadDraft | undefined {
  const match = TIME_OF_DAY.exec(text) ?? DAY_TIME.exec(text);
  if (match === null) return undefined;
  const [whole, fraction] = match;
  const title = readMark(text.slice(whole.length).replace(/^\]? /, ''));
  if (title !== undefined) return toHead(title, text);
  const head = readColumns(text, whole.length, fraction === undefined ? PLAIN_TIME : EXACT_TIME);
  return head.severity === undefined ? undefined : head;
}

/** JUL and tinylog print the time in the first line and the level in the second; tint and charm print one line. */
function readDated(text: string, eventTime: HrTime): HeadDraft | undefined {
  // `Mar 02, `, `Mar  2 `, `Mon Mar 02 `, `Mon, 02 Mar `, `Mon 2 Mar `
  const isDate = /^[A-Z][a-z]{2},? (?:[A-Z][a-z]{2} )?[ \d]/.test(text);
  if (!isDate || !(TIME_OF_DAY.test(text) || DAY_TIME.test(text))) return undefined;
  return readTimeOfDay(text) ?? readSecondLine(text, eventTime);
}

function readSecondLine(text: string, eventTime: HrTime): HeadDraft | undefined {
  const newline = text.indexOf('\n');
  if (newline === -1 || newline > MAX_SCAN_LENGTH) return undefined;
  return readLevelled(text.slice(newline + 1, newline + 1 + MAX_SCAN_LENGTH), eventTime);
}

/** What follows the time: the columns, the level among them, and where the message may begin. */
function readColumns(text: string, timeEnd: number, beginning: Beginning): HeadDraft {
  const rest = text.slice(timeEnd, timeEnd + MAX_SCAN_LENGTH);
  const { severity, requestId } = scanColumns(firstLineOf(rest), beginning);
  const head = requestId === undefined ? toHead(severity, text) : createHead();
  head.severity = severity;
  if (requestId !== undefined) head.requestId = requestId;
  head.messageStart = timeEnd + (/^\]?[\s|:-]*/.exec(rest)?.[0].length ?? 0);
  head.traceHead = rest;
  return head;
}

function firstLineOf(text: string): string {
  const newline = text.indexOf('\n');
  return newline === -1 ? text : text.slice(0, newline);
}

/** A line of columns without a time of day: log4j's `0    [main] WARN  shop.Orders - message`. */
function readUntimed(text: string): HeadDraft | undefined {
  const match = /^\d{1,9} +(?=\[)/.exec(text) ?? UPTIME.exec(text);
  if (match === null) return undefined;
  const head = readColumns(text, match[0].length, PLAIN_TIME);
  return head.severity === undefined ? undefined : keepWhole(head);
}

/** `[LEVEL] message`, `[main] LEVEL logger - message`, `[Nest] 8  - time LEVEL`. */
function readBracketed(text: string, eventTime: HrTime): HeadDraft | undefined {
  const nest = NEST.exec(text);
  if (nest !== null) {
    const { length } = nest[0];
    return keepWhole(readTimeOfDay(text.slice(length, length + MAX_SCAN_LENGTH)));
  }
  const head = readColumns(text, 0, NO_TIME);
  if (head.severity === undefined) return undefined;
  const close = text.indexOf(']');
  head.messageStart = close + (text.charCodeAt(close + 1) === 0x20 ? 2 : 1);
  const rest = text.slice(head.messageStart, head.messageStart + MAX_SCAN_LENGTH);
  head.time = readTimed(rest, eventTime)?.time ?? readTimeText(epochIn(rest), eventTime);
  return head;
}

function readMarked(text: string): HeadDraft | undefined {
  const severity = readMark(text);
  return severity && toHead(severity, text);
}

/** In syslog a version and a time also follow the priority. */
function readPriority(text: string, eventTime: HrTime): HeadDraft | undefined {
  const priority = readPriorityMark(text);
  if (priority === undefined) return undefined;
  const rest = text.slice(priority.length, priority.length + MAX_SCAN_LENGTH);
  const head = toHead(priority.severity, text);
  head.time = readTimed(rest, eventTime)?.time;
  return head;
}

function readPairs(text: string, eventTime: HrTime): HeadDraft | undefined {
  const shown = text.slice(0, 2 * MAX_SCAN_LENGTH);
  const logfmt = readLogfmt(shown);
  if (logfmt === undefined) return undefined;
  const { severity, time } = logfmt;
  const head = toHead(severity, shown);
  if (time !== undefined) head.time = readTimeText(time, eventTime);
  return head;
}

/** `LEVEL message`, `level: message`, `LEVEL⇥message⇥{json}`: a level in capitals, or one followed by a colon. */
function readLevelled(text: string, eventTime: HrTime): HeadDraft | undefined {
  const end = endOfWord(text);
  if (end < 3 || end > MAX_LEVEL_LENGTH) return undefined;
  const separator = text.charAt(end);
  const time = readTimeBehind(text, end, eventTime);
  const severity = readLevelWord(text, end, time !== undefined);
  if (severity === undefined) return undefined;
  const head = toHead(severity, text);
  head.time = time?.time;
  const object = separator === '\t' && text.endsWith('}') ? text.indexOf('\t{', end + 1) : -1;
  if (object === -1) return head;
  head.messageStart = object + 1;
  head.message = text.slice(end + 1, object);
  return head;
}

/** The level that the first word names. Before a time it may be an abbreviation. */
function readLevelWord(text: string, end: number, isTimed: boolean): Severity | undefined {
  const word = text.slice(0, end);
  const behind = text.slice(end, end + MAX_SCAN_LENGTH);
  if (behind.startsWith(':')) {
    const isCapital = word === word.toUpperCase();
    return LINE_LEVELS.get(word) ?? (isCapital ? COLUMN_LEVELS.get(word) : undefined);
  }
  // Zig's `warning(orders): `
  if (behind.startsWith('('))
    return /^\(\w{1,64}\): /.test(behind) ? LINE_LEVELS.get(word) : undefined;
  if (word !== word.toUpperCase()) return undefined;
  if (behind.startsWith('[')) return LOGRUS.test(text) ? COLUMN_LEVELS.get(word) : undefined;
  if (!/^(?:$|[\s|!;,>]|-\W)/.test(behind)) return undefined;
  return (isTimed ? COLUMN_LEVELS : LINE_LEVELS).get(word);
}

/** The time after a level: `WARNING 2026-03-02 08:15:00,749`, `WARN  [2026-…`, `WARN | 2026-…`. */
function readTimeBehind(text: string, levelEnd: number, eventTime: HrTime): HeadDraft | undefined {
  const shown = text.slice(levelEnd, levelEnd + MAX_SCAN_LENGTH);
  const start = /^[\s:|-]*(?=\[?\d{4}[-/.])/.exec(shown)?.[0].length;
  return start === undefined ? undefined : readTimed(shown.slice(start), eventTime);
}

/** Where the letters at the beginning end; stops after the length of the longest level. */
function endOfWord(text: string): number {
  let end = 0;
  for (; end <= MAX_LEVEL_LENGTH; end += 1) {
    const letter = text.charCodeAt(end) | 0x20;
    if (!(letter >= 0x61 && letter <= 0x7a)) break;
  }
  return end;
}

/** The head was read from a part of the line, so it is not known where in the line the message begins. */
function keepWhole(head: HeadDraft | undefined): HeadDraft | undefined {
  if (head !== undefined) head.messageStart = 0;
  return head;
}

function toHead(severity: Severity | undefined, text: string): HeadDraft {
  const head = createHead();
  head.severity = severity;
  addId(text.slice(0, 2 * MAX_SCAN_LENGTH), head);
  return head;
}
