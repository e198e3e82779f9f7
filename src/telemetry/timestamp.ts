// ISO 8601 text → nanosecond-exact HrTime. `Date` keeps milliseconds only, so the fraction is read
// as digits. Accepts what Lambda, its runtimes and its documents write; anything else is undefined.
import type { HrTime } from '@opentelemetry/api';

const NANOS_PER_SECOND = 1_000_000_000;
/** OTLP holds times as unsigned 64-bit nanoseconds, which end in the year 2554. */
const MAX_SECONDS = 18_000_000_000;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,:](\d{1,9})\d*)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Parses an ISO 8601 date and time: `Z`, an offset (`+02:00`, `+0200`, `+02`), or no zone (UTC); up to
 * nine fraction digits are kept; `12:01:23:521Z` (a misprint of AWS's own documents) is read as
 * `12:01:23.521Z`. Returns undefined for text that is not such a time or is out of OTLP's range (1970 to 2540).
 */
export function parseTimestamp(text: string): HrTime | undefined {
  if (text === knownText) return knownTime;
  const time = parseTimestampUntil(text, text.length);
  if (time !== undefined) {
    knownText = text;
    knownTime = time;
  }
  return time;
}

/** The last text that was read: lines of one millisecond share their time. */
let knownText = '';
let knownTime: HrTime | undefined;

/** The time that the first `end` characters of `text` are. */
export function parseTimestampUntil(text: string, end: number): HrTime | undefined {
  return parseMilliseconds(text, end) ?? parseAnyForm(text.slice(0, end));
}

/** The last whole second that was read, `2026-03-02T08:15:00.`: most lines are of the same second as the one before. */
let knownSecond = { prefix: '?', seconds: 0 };

/** `2026-03-02T08:15:00.120Z`, the form of every true event, without a regular expression: each log line pays for it. */
function parseMilliseconds(text: string, end: number): HrTime | undefined {
  if (end !== 24 || text.charCodeAt(23) !== 0x5a) return undefined;
  const millis = digit(text, 20) * 100 + digit(text, 21) * 10 + digit(text, 22);
  if (!(millis >= 0)) return undefined;
  // Not startsWith: V8 makes a loop over single characters of it, which takes longer.
  if (text.lastIndexOf(knownSecond.prefix, 0) !== 0) {
    const seconds = parseSecond(text);
    if (seconds === undefined) return undefined;
    knownSecond = { prefix: text.slice(0, 20), seconds };
  }
  const { seconds } = knownSecond;
  const nanos = millis * 1e6;
  const isKnown = knownTime?.[0] === seconds && knownTime[1] === nanos;
  return isKnown ? knownTime : [seconds, nanos];
}

/** Epoch seconds of a text that begins with `2026-03-02T08:15:00.`. */
function parseSecond(text: string): number | undefined {
  if (!hasIsoPunctuation(text)) return undefined;
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (!(month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const utcMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (!(utcMs >= 0) || new Date(utcMs).getUTCDate() !== day) return undefined;
  return utcMs / 1000 <= MAX_SECONDS ? utcMs / 1000 : undefined;
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

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

/** 0 to 9, or NaN where there is no digit. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function parseAnyForm(text: string): HrTime | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const utcMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  if (!isCalendarDate(utcMs, Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const seconds = utcMs / 1000 - offsetSeconds(zone);
  if (seconds < 0 || seconds > MAX_SECONDS) return undefined;
  return [seconds, fraction === undefined ? 0 : Number(fraction.padEnd(9, '0'))];
}

/** Date.UTC rolls 31 February over to March; such text is no date. */
function isCalendarDate(utcMs: number, month: number, day: number): boolean {
  if (Number.isNaN(utcMs) || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(new Date(utcMs).getUTCFullYear(), month, 0)).getUTCDate();
}

function offsetSeconds(zone: string | undefined): number {
  if (zone === undefined || zone.length === 1) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** time + durationMs, to the nanosecond nearest; durationMs may be fractional or negative. */
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
