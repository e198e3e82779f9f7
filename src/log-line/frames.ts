// A stack trace as a record holds it, text, lines or frames that are objects → one text.
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { toJsonText } from './limited-value';

const MAX_FRAMES = 512;
const TRAILING_NEWLINE = /\r?\n$/;
const PLACES = ['path', 'file', 'fileName', 'filename', 'source'];
const NAMES = ['label', 'method', 'methodName', 'func', 'function', 'name'];
const OWNERS = ['class', 'className', 'declaringClass', 'module'];
const NUMBERS = ['line', 'lineNumber', 'lineno'];

/** Undefined for what is no text and no list, and for what is empty. */
export function toStackText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const frames: unknown[] = value;
  return frames.slice(0, MAX_FRAMES).map(toFrameText).join('\n');
}

function toFrameText(frame: unknown): string {
  // Python's runtime ends each of its entries with a newline.
  if (typeof frame === 'string') return frame.replace(TRAILING_NEWLINE, '');
  if (!isObject(frame)) return String(frame);
  const place = firstOf(frame, PLACES);
  const name = firstOf(frame, NAMES);
  const owner = firstOf(frame, OWNERS);
  if (place === undefined && name === undefined) return toJsonText(frame) ?? '';
  const number = firstOf(frame, NUMBERS);
  const where = [place, number].filter((part) => part !== undefined).join(':');
  return `    at ${owner === undefined ? '' : `${owner}.`}${name ?? ''} (${where})`;
}

function firstOf(frame: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = frame[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}
