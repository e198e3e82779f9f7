// Parses ISO 8601 text to HrTime, exact to the nanosecond: `Date` keeps only milliseconds, so the fraction is read as
// digits. Accepts the forms of Lambda, its runtimes and its documentation; anything else gives undefined.
import type { HrTime } from '@opentelemetry/api';

const NANOS_PER_SECOND = 1_000_000_000;
/** OTLP holds times as unsigned 64-bit nanoseconds, which end in the year 2554. */
const MAX_SECONDS = 18_000_000_000;
/** Counted from 1 March of the year 0, which is day 1. */
const DAYS_BEFORE_1970 = 719_469;
const NO_DIGIT = -100_000;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,:](\d{1,9})\d*)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Parses an ISO 8601 date and time: `Z`, an offset (`+02:00`, `+0200`, `+02`), or no zone (UTC); up to
 * nine fraction digits are kept; `12:01:23:521Z` (a misprint in AWS's documentation) is read as
 * `12:01:23.521Z`. Returns undefined for text that is not such a time or is out of OTLP's range (1970 to 2540).
 */
export function parseTimestamp(text: string): HrTime | undefined {
  return parseTimestampUntil(text, text.length);
}

/** Parses the first `end` characters of `text`. */
export function parseTimestampUntil(text: string, end: number): HrTime | undefined {
  const isUsual = end === 24 && text.charCodeAt(23) === 0x5a && hasIsoPunctuation(text);
  return isUsual ? parseMilliseconds(text) : parseAnyForm(text.slice(0, end));
}

/** The length of `2026-03-02T08:15:`. */
const MINUTE_LENGTH = 17;

/** Reads a sequence of times. Most are in the same minute as the previous one, so only the seconds must be parsed. */
export class TimestampReader {
  private minute = '?';
  private minuteStart = 0;

  /** Like `parseTimestampUntil`. */
  readUntil(text: string, end: number): HrTime | undefined {
    // lastIndexOf, because V8 compiles startsWith to a loop over single characters.
    if (end !== 24 || text.lastIndexOf(this.minute, 0) !== 0) return this.learn(text, end);
    const second = twoDigits(text, 17);
    const millis = twoDigits(text, 20) * 10 + digit(text, 22);
    const isUsual = text.charCodeAt(19) === 0x2e && text.charCodeAt(23) === 0x5a;
    if (!isUsual || second < 0 || second > 59 || millis < 0) return this.learn(text, end);
    return [this.minuteStart + second, millis * 1e6];
  }

  private learn(text: string, end: number): HrTime | undefined {
    const time = parseTimestampUntil(text, end);
    const isUsual = end === 24 && text.charCodeAt(23) === 0x5a && hasIsoPunctuation(text);
    if (time !== undefined && isUsual) {
      this.minute = text.slice(0, MINUTE_LENGTH);
      this.minuteStart = time[0] - twoDigits(text, MINUTE_LENGTH);
    }
    return time;
  }
}

/** Parses `2026-03-02T08:15:00.120Z`, the form of all real events, without a regular expression, to save time. */
function parseMilliseconds(text: string): HrTime | undefined {
  const millis = twoDigits(text, 20) * 10 + digit(text, 22);
  const seconds = parseSecond(text);
  return millis < 0 || !isInRange(seconds) ? undefined : [seconds, millis * 1e6];
}

/** Epoch seconds of a text that begins with `2026-03-02T08:15:00.`. */
function parseSecond(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const day = toEpochDay(year, twoDigits(text, 5), twoDigits(text, 8));
  return (
    day * 86_400 + toSecondOfDay(twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17))
  );
}

function hasIsoPunctuation(text: string): boolean {
  return (
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    text.charCodeAt(10) === 0x54 &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a &&
    text.charCodeAt(19) === 0x2e
  );
}

/** 0 to 99, or a number so low that every sum with it is negative; NaN would make the arithmetic floating-point. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_DIGIT;
}

/** Like `twoDigits`. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : NO_DIGIT;
}

function parseAnyForm(text: string): HrTime | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const local =
    toEpochDay(Number(year), Number(month), Number(day)) * 86_400 +
    toSecondOfDay(Number(hour), Number(minute), Number(second));
  const seconds = local - offsetSeconds(zone);
  return isInRange(seconds) ? [seconds, Number(fraction.padEnd(9, '0'))] : undefined;
}

/** NaN for a time of day that does not exist. Seconds go to 60, a leap second. */
function toSecondOfDay(hour: number, minute: number, second: number): number {
  const isOnClock =
    hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60;
  return isOnClock ? hour * 3600 + minute * 60 + second : Number.NaN;
}

/**
 * NaN for a date that does not exist. Integer arithmetic, because this is done for each log line, and a Date would cost
 * more than all the rest. Years begin in March here, so that a leap day is their last.
 */
function toEpochDay(year: number, month: number, day: number): number {
  const isInYear = year >= 1969 && month >= 1 && month <= 12 && day >= 1;
  if (!isInYear || day > daysOf(month, year)) return Number.NaN;
  const shifted = month > 2 ? year : year - 1;
  const leapDays = (shifted >> 2) - Math.trunc(shifted / 100) + Math.trunc(shifted / 400);
  const monthStart = Math.trunc((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5);
  return shifted * 365 + leapDays + monthStart + day - DAYS_BEFORE_1970;
}

function daysOf(month: number, year: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function isInRange(seconds: number): boolean {
  return seconds >= 0 && seconds <= MAX_SECONDS;
}

/** `Z`, `+02:00`, `+0200` or `+02`. */
function offsetSeconds(zone: string): number {
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** time + durationMs, rounded to a nanosecond; durationMs may be fractional or negative. */
export function addMs(time: HrTime, durationMs: number): HrTime {
  const wholeSeconds = Math.trunc(durationMs / 1000);
  const nanos = time[1] + Math.round((durationMs - wholeSeconds * 1000) * 1e6);
  const carry = Math.floor(nanos / NANOS_PER_SECOND);
  return [time[0] + wholeSeconds + carry, nanos - carry * NANOS_PER_SECOND];
}

/** Negative, zero or positive, as `a` is before, at or after `b`. */
export function compareTimes(a: HrTime, b: HrTime): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** The later of two times. */
export function laterTime(a: HrTime, b: HrTime): HrTime {
  return compareTimes(a, b) >= 0 ? a : b;
}

/** Epoch nanoseconds as decimal digits: a stable text key of a time. */
export function toNanosText(time: HrTime): string {
  return `${time[0]}${String(time[1]).padStart(9, '0')}`;
}

/** b - a as an HrTime, zero when b is before a. */
export function durationBetween(a: HrTime, b: HrTime): HrTime {
  if (compareTimes(b, a) <= 0) return [0, 0];
  const nanos = b[1] - a[1];
  return nanos < 0 ? [b[0] - a[0] - 1, nanos + NANOS_PER_SECOND] : [b[0] - a[0], nanos];
}

/** Epoch milliseconds (possibly fractional) → HrTime. */
export function fromEpochMs(epochMs: number): HrTime {
  return addMs([0, 0], epochMs);
}

/** A duration in milliseconds, with its fraction. */
export function toMs(duration: HrTime): number {
  return duration[0] * 1000 + duration[1] / 1e6;
}
