// The time that a line names: ISO 8601 text, or an epoch number in seconds, milliseconds, microseconds or
// nanoseconds, told apart by its size. It is used only if it is plausible and more exact than the event's time, at
// which the platform received the line.
import type { HrTime } from '@opentelemetry/api';
import { isObject } from '../telemetry/fields';
import { parseTimestamp } from '../telemetry/timestamp';
import type { TimestampReader } from '../telemetry/timestamp';

/** A line cannot be later than its arrival at the platform, but its clock may be a little fast. */
const MAX_AHEAD_MS = 1000;
/** An older time is not the line's own: it is a replayed event, a date of the application, or another time zone. */
const MAX_BEHIND_MS = 15 * 60 * 1000;
/** About 1973 in seconds; smaller numbers are durations or counters, not times. */
const MIN_SECONDS = 1e8;
/** OTLP's unsigned 64-bit nanoseconds run out in the year 2554. */
const MAX_SECONDS = 18_000_000_000;
const MAX_TEXT_LENGTH = 64;
const ISO_MS_LENGTH = 24;
const EPOCH = /^(\d{9,20})(?:\.(\d*))?$/;
/** Go's shortest text of epoch seconds as a double. */
const EXPONENT = /^(\d)\.(\d{1,18})e\+09$/;
/** Java's ZonedDateTime and Go's String put the zone's name after the offset; without an offset only UTC is known. */
const REGION = /(?:\[[\w/+-]{1,32}\]|(?<=[+-]\d{4}) [A-Z]{2,5})$/;
const UTC = / ?(?:UTC|GMT)$/;
/** The date format of Go and Perl. */
const OTHER_DATE = /^(\d{4})[/.](\d\d)[/.](\d\d)(?=[T ])/;
/** The basic format of ISO 8601: `20260302T081500Z`. */
const BASIC_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?=[.,Z+-]|$)/;
const OTHER_FRACTION = /^.{19}[,:]\d/;

/** Undefined for a value that is not a time, is not plausible at `eventTime`, or is less exact than that. */
export function readRecordTime(value: unknown, eventTime: HrTime): HrTime | undefined {
  if (typeof value === 'string') return readTimeText(value, eventTime);
  if (typeof value === 'number') return readEpochNumber(value, eventTime);
  return isObject(value) ? readParts(value, eventTime) : undefined;
}

/**
 * ISO 8601 or an epoch number as text; `UTC`, `GMT`, an offset after a space and Java's region are understood.
 * `times`: of the line's environment, which reads the usual form faster.
 */
export function readTimeText(
  text: string,
  eventTime: HrTime,
  times?: TimestampReader,
): HrTime | undefined {
  if (text.length === ISO_MS_LENGTH) {
    const time = times === undefined ? parseTimestamp(text) : times.readUntil(text, ISO_MS_LENGTH);
    if (time !== undefined) return chooseTime(time, hasFraction(text), eventTime);
  }
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const iso = text
    .replace(REGION, '')
    .replace(UTC, 'Z')
    .replace(OTHER_DATE, '$1-$2-$3')
    .replace(BASIC_TIME, '$1-$2-$3T$4:$5:$6');
  const time = parseTimestamp(iso);
  if (time !== undefined) return chooseTime(time, hasFraction(iso), eventTime);
  return readEpochText(text, eventTime);
}

/** `text` must have been read as a time before. */
function hasFraction(text: string): boolean {
  return text.charCodeAt(19) === 0x2e || OTHER_FRACTION.test(text);
}

/**
 * Returns `time` if it is plausible for a line that the platform received at `eventTime`. A time of whole seconds
 * that is less than a second away adds nothing, and would put the line before its request's start.
 */
export function chooseTime(
  time: HrTime,
  hasFraction: boolean,
  eventTime: HrTime,
): HrTime | undefined {
  const aheadMs = (time[0] - eventTime[0]) * 1000 + (time[1] - eventTime[1]) / 1e6;
  if (!(aheadMs <= MAX_AHEAD_MS && aheadMs >= -MAX_BEHIND_MS)) return undefined;
  return hasFraction || Math.abs(aheadMs) >= 1000 ? time : undefined;
}

function readEpochNumber(value: number, eventTime: HrTime): HrTime | undefined {
  // Whole milliseconds, as pino and EMF write them, need no detour over text.
  if (Number.isInteger(value) && value >= 1e11 && value < 1e14) {
    const seconds = Math.floor(value / 1000);
    const time = toTime(seconds, (value - seconds * 1000) * 1e6);
    return time && chooseTime(time, true, eventTime);
  }
  // The shortest text of a double is what the logger wrote; 1709294400.123456 has no exact binary form.
  return readEpochText(String(value), eventTime);
}

function readEpochText(text: string, eventTime: HrTime): HrTime | undefined {
  const match = EPOCH.exec(text.replace(EXPONENT, shiftPoint));
  if (match === null) return undefined;
  const whole = match[1] ?? '';
  const digitsOfSeconds = whole.length - fractionDigits(whole);
  const seconds = Number(whole.slice(0, digitsOfSeconds));
  const fraction = whole.slice(digitsOfSeconds) + (match[2] ?? '');
  const time = toTime(seconds, Number(fraction.padEnd(9, '0').slice(0, 9)));
  return time && chooseTime(time, fraction !== '', eventTime);
}

function shiftPoint(_text: string, first: string, rest: string): string {
  const digits = rest.padEnd(9, '0');
  return `${first}${digits.slice(0, 9)}.${digits.slice(9)}`;
}

/** How many of the digits before the decimal point are fractions of a second, judging by their number. */
function fractionDigits(whole: string): number {
  const value = Number(whole);
  if (value < 1e11) return 0;
  if (value < 1e14) return 3;
  return value < 1e17 ? 6 : 9;
}

/**
 * log4j2 writes `instant: { epochSecond, nanoOfSecond }`, protobuf-like loggers `{ seconds, nanos }`, loguru `time: {
 * repr, timestamp }`, and MongoDB-like ones `{ $date }` with a text or a number as `{ $numberLong }`.
 */
function readParts(
  parts: Readonly<Record<string, unknown>>,
  eventTime: HrTime,
): HrTime | undefined {
  const seconds = parts['epochSecond'] ?? parts['seconds'];
  const nanos = parts['nanoOfSecond'] ?? parts['nanos'];
  if (typeof seconds === 'number') {
    const time = typeof (nanos ?? 0) === 'number' ? toTime(seconds, Number(nanos ?? 0)) : undefined;
    return time && chooseTime(time, nanos !== undefined, eventTime);
  }
  const inner = parts['timestamp'] ?? parts['$date'];
  const simple = isObject(inner) ? inner['$numberLong'] : inner;
  return isObject(simple) ? undefined : readRecordTime(simple, eventTime);
}

function toTime(seconds: number, nanos: number): HrTime | undefined {
  if (!Number.isInteger(seconds) || seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    return undefined;
  if (!Number.isInteger(nanos) || nanos < 0 || nanos >= 1e9) return undefined;
  return [seconds, nanos];
}
