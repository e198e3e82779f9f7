// A record's own timestamp: ISO 8601 text, or an epoch number in seconds, milliseconds, microseconds or
// nanoseconds, told apart by its size. Every digit written is kept.
import type { HrTime } from '@opentelemetry/api';
import { isObject } from '../telemetry/fields';
import { parseTimestamp } from '../telemetry/timestamp';

/** Smaller numbers are durations or counters, not times: seconds since 1973. */
const MIN_SECONDS = 1e8;
/** OTLP's unsigned 64-bit nanoseconds end in the year 2554. */
const MAX_SECONDS = 18_000_000_000;
const MAX_TEXT_LENGTH = 40;
const EPOCH = /^(\d{9,20})(?:\.(\d*))?$/;

/** Undefined for what is no time between 1973 and 2540. */
export function readRecordTime(value: unknown): HrTime | undefined {
  if (typeof value === 'string') return readTimeText(value);
  if (typeof value === 'number') return readEpochNumber(value);
  return isObject(value) ? readParts(value) : undefined;
}

function readTimeText(text: string): HrTime | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  return parseTimestamp(text) ?? readEpochText(text);
}

function readEpochNumber(value: number): HrTime | undefined {
  // Whole milliseconds, as pino and EMF write them: no detour over text.
  if (Number.isInteger(value) && value >= 1e11 && value < 1e14) {
    const seconds = Math.floor(value / 1000);
    return toTime(seconds, (value - seconds * 1000) * 1e6);
  }
  // The shortest text of a double is what the logger wrote: 1709294400.123456 has no binary form.
  return readEpochText(String(value));
}

function readEpochText(text: string): HrTime | undefined {
  const match = EPOCH.exec(text);
  if (match === null) return undefined;
  const whole = match[1] ?? '';
  const digitsOfSeconds = whole.length - fractionDigits(whole);
  const seconds = Number(whole.slice(0, digitsOfSeconds));
  const fraction = whole.slice(digitsOfSeconds) + (match[2] ?? '');
  return toTime(seconds, Number(fraction.padEnd(9, '0').slice(0, 9)));
}

/** How many of the digits before the decimal point are a fraction of a second. */
function fractionDigits(whole: string): number {
  const value = Number(whole);
  if (value < 1e11) return 0;
  if (value < 1e14) return 3;
  return value < 1e17 ? 6 : 9;
}

/** log4j2 writes `instant: { epochSecond, nanoOfSecond }`, protobuf-like loggers `{ seconds, nanos }`. */
function readParts(parts: Readonly<Record<string, unknown>>): HrTime | undefined {
  const seconds = parts['epochSecond'] ?? parts['seconds'];
  const nanos = parts['nanoOfSecond'] ?? parts['nanos'] ?? 0;
  if (typeof seconds !== 'number' || typeof nanos !== 'number') return undefined;
  return toTime(seconds, nanos);
}

function toTime(seconds: number, nanos: number): HrTime | undefined {
  if (!Number.isInteger(seconds) || seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    return undefined;
  if (!Number.isInteger(nanos) || nanos < 0 || nanos >= 1e9) return undefined;
  return [seconds, nanos];
}
