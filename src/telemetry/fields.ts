// Each reads one field. A value of another type, out of range or null gives undefined: only that field is left out.
import type { TimestampReader } from './timestamp';
import type { PlatformMetrics, PlatformSpan, TraceContext } from './event';

export type JsonObject = Readonly<Record<string, unknown>>;

/** About 31 years; a longer duration cannot be right, and would overflow OTLP's times. */
const MAX_DURATION_MS = 1e12;
/** `spans` has one to four elements; a hostile record must not make thousands of spans. */
const MAX_SPANS = 64;
const MAX_LIST_ITEMS = 64;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a JSON object; any other text gives an empty one. */
export function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** A non-empty string, lone surrogates replaced. */
export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? toWellFormed(value) : undefined;
}

/** A whole number from 0 to 2^53 - 1: bytes, records, megabytes, whole milliseconds. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Milliseconds, finite and not negative. */
function readDurationMs(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MAX_DURATION_MS ? value : undefined;
}

export function readTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item: unknown) => readText(item) ?? []).slice(0, MAX_LIST_ITEMS);
}

/** `tracing`; undefined if it has no readable value or span id. */
export function readTraceContext(value: unknown): TraceContext | undefined {
  if (!isObject(value)) return undefined;
  const context = defined({
    type: readText(value['type']),
    value: readText(value['value']),
    spanId: readText(value['spanId']),
  });
  return context.value === undefined && context.spanId === undefined ? undefined : context;
}

/** `spans`: elements without a readable name, start or duration are left out. */
export function readSpans(
  value: unknown,
  times: TimestampReader,
): readonly PlatformSpan[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const spans = value.slice(0, MAX_SPANS).flatMap((item: unknown) => readSpan(item, times) ?? []);
  return spans.length === 0 ? undefined : spans;
}

/** True if one of `spans` has this name, whether the rest of it is readable or not. */
export function namesSpan(value: unknown, name: string): true | undefined {
  if (!Array.isArray(value)) return undefined;
  const isNamed = (item: unknown) => isObject(item) && item['name'] === name;
  return value.some(isNamed) || undefined;
}

function readSpan(value: unknown, times: TimestampReader): PlatformSpan | undefined {
  if (!isObject(value)) return undefined;
  const name = readText(value['name']);
  const startText = readText(value['start']);
  const start = startText === undefined ? undefined : times.readUntil(startText, startText.length);
  const durationMs = readDurationMs(value['durationMs']);
  if (name === undefined || start === undefined || durationMs === undefined) return undefined;
  return { name, start, durationMs };
}

/** `metrics`: every member that is a number in range. */
export function readMetrics(value: unknown): PlatformMetrics | undefined {
  if (!isObject(value)) return undefined;
  return defined({
    durationMs: readDurationMs(value['durationMs']),
    producedBytes: readCount(value['producedBytes']),
    billedDurationMs: readDurationMs(value['billedDurationMs']),
    memorySizeMB: readCount(value['memorySizeMB']),
    maxMemoryUsedMB: readCount(value['maxMemoryUsedMB']),
    initDurationMs: readDurationMs(value['initDurationMs']),
    restoreDurationMs: readDurationMs(value['restoreDurationMs']),
    billedRestoreDurationMs: readDurationMs(value['billedRestoreDurationMs']),
  });
}

// Makes text fit for protobuf and JSON: without lone surrogates, and cut only between characters. Text that needs no
// change is returned as the same string.

/** In the engine since Node.js 20; these methods do not scan Latin-1 text at all. */
type EngineText = string & { isWellFormed(): boolean; toWellFormed(): string };

const IS_KNOWN_TO_ENGINE = 'isWellFormed' in String.prototype;
/** A quick first check, since almost no line has any. */
const ANY_SURROGATE = /[\ud800-\udfff]/;
/** With the u flag a pair is one code point, so only lone surrogates match. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

export function isWellFormed(text: string): boolean {
  if (IS_KNOWN_TO_ENGINE) return (text as EngineText).isWellFormed();
  return !ANY_SURROGATE.test(text) || !LONE_SURROGATE.test(text);
}

/** Replaces each lone surrogate by U+FFFD, as an encoder of UTF-8 would. */
export function toWellFormed(text: string): string {
  if (IS_KNOWN_TO_ENGINE) return (text as EngineText).toWellFormed();
  return ANY_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\ufffd') : text;
}

/** The UTF-8 length of well-formed text, in bytes. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    bytes += utf8UnitBytes(text.charCodeAt(index));
  }
  return bytes;
}

/** The longest start of well-formed text that has at most `maxBytes` in UTF-8. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    bytes += utf8UnitBytes(text.charCodeAt(index));
    if (bytes > maxBytes) return cutToLength(text, index);
  }
  return text;
}

/** The longest start of well-formed text that has at most `maxLength` UTF-16 units. */
export function cutToLength(text: string, maxLength: number): string {
  return text.slice(0, isHighSurrogate(text.charCodeAt(maxLength - 1)) ? maxLength - 1 : maxLength);
}

/** A surrogate pair takes four bytes: two for each half. */
function utf8UnitBytes(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

// Objects without undefined members, so that a missing value has only one form in events, attributes and JSON.

/** T with every member that may be undefined made optional instead. */
type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without its undefined members. */
export function defined<T extends object>(members: T): Defined<T> {
  const kept: Record<string, unknown> = {};
  for (const name in members) {
    if (members[name] !== undefined) kept[name] = members[name];
  }
  return kept as Defined<T>;
}
