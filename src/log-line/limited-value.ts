// Bounds what a record may carry: bytes, length of text, depth. A value within its limits is passed on uncopied; only
// a larger one is copied, piece by piece until its bytes are used up.
import type { AnyValue, AnyValueMap } from '@opentelemetry/api-logs';
import {
  isObject,
  cutToBytes,
  cutToLength,
  isWellFormed,
  toWellFormed,
  utf8Bytes,
} from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';

export interface ValueLimits {
  /** UTF-8 bytes of all names and texts within the value together. */
  readonly maxBytes: number;
  /** UTF-16 units of each text. */
  readonly maxTextLength: number;
  /** Levels of maps and lists below the value; what lies deeper becomes JSON text. */
  readonly maxDepth: number;
}

export interface LimitedValue {
  readonly value: AnyValue;
  readonly truncated: boolean;
}

/** What a member costs in addition to its text: tags and lengths in protobuf. */
const MEMBER_BYTES = 8;
/** Members up to this length are kept before the long ones share what is left. */
const SHORT_TEXT_LENGTH = 256;
/** A quoted name or the end of the object; `{ a: 1 }`, as Node.js prints objects, is not JSON. */
const OBJECT_START = /^\{\s*["}]/;
const INT64_LIMIT = 2 ** 63;

/** True when the value needs no change under these limits; may return false for one that would just fit. */
export function isWithinLimits(value: unknown, limits: ValueLimits): boolean {
  return fits(value, 0, { limits, bytesLeft: limits.maxBytes });
}

interface Measure {
  readonly limits: ValueLimits;
  bytesLeft: number;
}

function fits(value: unknown, depth: number, measure: Measure): boolean {
  switch (typeof value) {
    case 'string':
      return fitsText(value, measure);
    case 'number':
      return isEncodable(value);
    case 'boolean':
      return true;
    case 'object':
      return (
        value === null || (depth <= measure.limits.maxDepth && fitsWithin(value, depth, measure))
      );
    default:
      return false;
  }
}

function fitsWithin(value: object, depth: number, measure: Measure): boolean {
  if (Array.isArray(value)) {
    for (const item of value) {
      measure.bytesLeft -= MEMBER_BYTES;
      if (!fits(item, depth + 1, measure)) return false;
    }
    return measure.bytesLeft >= 0;
  }
  const members = value as JsonObject;
  // These objects come from JSON.parse and inherit nothing enumerable, so for…in is safe and builds no list of names.
  for (const name in members) {
    measure.bytesLeft -= MEMBER_BYTES + name.length * 3;
    if (!isWellFormed(name) || !fits(members[name], depth + 1, measure)) return false;
  }
  return measure.bytesLeft >= 0;
}

/** Assumes three bytes for each UTF-16 unit, the most it can take, which saves looking at each one. */
function fitsText(text: string, measure: Measure): boolean {
  measure.bytesLeft -= text.length * 3;
  return (
    measure.bytesLeft >= 0 && text.length <= measure.limits.maxTextLength && isWellFormed(text)
  );
}

/** JSON numbers such as 1e999 or 1e30 fit neither OTLP's int64 nor, as integers, its double. */
function isEncodable(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Math.abs(value) < INT64_LIMIT);
}

/** The value, with everything beyond its limits cut away. Never throws. */
export function limitValue(value: unknown, limits: ValueLimits): LimitedValue {
  const limiter = new Limiter(limits);
  const kept = limiter.keep(value, 0);
  return { value: kept, truncated: limiter.truncated };
}

/**
 * Well-formed text of at most `maxBytes`. Replacing a lone surrogate keeps the length, so a shorter result always
 * means that the text was cut.
 */
export function limitText(text: string, maxBytes: number): string {
  return cutToBytes(toWellFormed(text), maxBytes);
}

/** Sets an own property under any name; plain assignment to `__proto__` would set the prototype. */
export function setOwn(target: AnyValueMap, name: string, value: AnyValue): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  } else {
    target[name] = value;
  }
}

/** The JSON text of any value; undefined for values that have none (functions, cycles, too deep nesting). */
export function toJsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Parses the text from `start` on as a JSON object; undefined if it is anything else. Cheap checks come first. */
export function readJsonObject(text: string, start = 0): JsonObject | undefined {
  const first = text.charCodeAt(start);
  if (first !== 0x7b && first !== 0x20 && first !== 0x0a && first !== 0x0d) return undefined;
  const trimmed = text.slice(start).trim();
  if (!trimmed.endsWith('}') || !OBJECT_START.test(trimmed)) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

class Limiter {
  truncated = false;
  private bytesLeft: number;

  constructor(private readonly limits: ValueLimits) {
    this.bytesLeft = limits.maxBytes;
  }

  keep(value: unknown, depth: number): AnyValue {
    switch (typeof value) {
      case 'string':
        return this.keepText(value);
      case 'number':
        return isEncodable(value) ? value : this.keepText(String(value));
      case 'boolean':
        return value;
      case 'bigint':
        return this.keepText(String(value));
      case 'object':
        return value === null ? null : this.keepContainer(value, depth);
      default:
        return null;
    }
  }

  private keepText(text: string): string {
    const wellFormed = toWellFormed(text);
    const cut = cutToBytes(cutToLength(wellFormed, this.limits.maxTextLength), this.bytesLeft);
    if (cut.length < wellFormed.length) this.truncated = true;
    this.bytesLeft -= utf8Bytes(cut);
    return cut;
  }

  private keepContainer(value: object, depth: number): AnyValue {
    if (depth > this.limits.maxDepth) return this.keepAsText(value);
    if (Array.isArray(value)) return this.keepList(value, depth);
    return isObject(value) ? this.keepMap(value, depth) : null;
  }

  private keepAsText(value: object): AnyValue {
    const text = toJsonText(value);
    if (text !== undefined) return this.keepText(text);
    this.truncated = true;
    return null;
  }

  private keepList(items: readonly unknown[], depth: number): AnyValue[] {
    const kept: AnyValue[] = [];
    for (const item of items) {
      if (!this.pay(MEMBER_BYTES)) break;
      kept.push(this.keep(item, depth + 1));
    }
    return kept;
  }

  /** Short members are kept first, so that a long one cannot push out those behind it. */
  private keepMap(members: JsonObject, depth: number): AnyValueMap {
    const names = Object.keys(members);
    const kept = new Map<string, AnyValue>();
    for (const shortOnes of [true, false]) {
      for (const name of names) {
        if (isShort(members[name]) !== shortOnes) continue;
        if (!this.pay(MEMBER_BYTES + utf8Bytes(name))) continue;
        kept.set(name, this.keep(members[name], depth + 1));
      }
    }
    const map: AnyValueMap = {};
    for (const name of names) {
      if (kept.has(name)) setOwn(map, toWellFormed(name), kept.get(name));
    }
    return map;
  }

  private pay(bytes: number): boolean {
    if (bytes > this.bytesLeft) {
      this.truncated = true;
      return false;
    }
    this.bytesLeft -= bytes;
    return true;
  }
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= SHORT_TEXT_LENGTH;
  return typeof value !== 'object' || value === null;
}
