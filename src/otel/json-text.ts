// JSON anywhere in a text, escaped any number of times and possibly cut off: its escapes, and the members of its
// objects. Each function makes one pass over the text.
import type { Range } from './character-kinds';

// The values in a text whose names a rule matches. Each is found independently of the others, so they may overlap.

/** The index of the rule that matches the name, or undefined. */
export type RuleOf = (name: string) => number | undefined;

export interface NamedValue extends Range {
  readonly rule: number;
  /** Put before and after the mask. */
  readonly quote?: string;
}

/** How often a text may be read for values that begin before others end; after that the rest of it is one value. */
const MAX_READINGS = 4;
const MIN_READ = 65_536;

export class NamedValues {
  readonly found: NamedValue[] = [];
  private left: number;

  constructor(private readonly text: string) {
    this.left = MIN_READ + MAX_READINGS * text.length;
  }

  /** False once enough has been read. */
  add(value: NamedValue): boolean {
    this.left -= value.end - value.start;
    this.found.push(this.left < 0 ? { ...value, end: this.text.length } : value);
    return this.left >= 0;
  }
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const HEX = /^[0-9a-f]{4}$/i;
const UNIT_LENGTH = 4;
/** Longer strings are not taken for names. */
const MAX_NAME = 256;

/** A text with its `\/` and `\uXXXX` escapes resolved, since a secret may be written with them. */
export class PlainText {
  readonly text: string;
  /** Positions after each escape: in the plain text, and in the text as written. */
  private readonly places: number[] = [];
  private readonly written: number[] = [];

  constructor(written: string) {
    let plain = '';
    let rest = 0;
    for (let at = written.indexOf('\\'); at !== -1;) {
      let end = at;
      while (written.charCodeAt(end) === BACKSLASH) end += 1;
      const escape = readEscape(written, end);
      if (escape !== undefined) {
        plain += written.slice(rest, at) + escape;
        rest = end + (escape === '/' && written.charAt(end) === '/' ? 1 : 1 + UNIT_LENGTH);
        this.places.push(plain.length);
        this.written.push(rest);
      }
      at = written.indexOf('\\', Math.max(rest, end));
    }
    this.text = rest === 0 ? written : plain + written.slice(rest);
  }

  /** The position in the written text of a position in the plain text. */
  toWritten(place: number): number {
    let [low, high] = [0, this.places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.places[middle] ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return place - (this.places[low - 1] ?? 0) + (this.written[low - 1] ?? 0);
  }
}

/** Undefined for control characters, quotes and backslashes, which JSON cannot hold unescaped. */
function readEscape(text: string, index: number): string | undefined {
  const letter = text.charAt(index);
  if (letter === '/') return letter;
  const digits = text.slice(index + 1, index + 1 + UNIT_LENGTH);
  if (letter !== 'u' || !HEX.test(digits)) return undefined;
  const code = Number.parseInt(digits, 16);
  return code < 0x20 || code === QUOTE || code === BACKSLASH
    ? undefined
    : String.fromCharCode(code);
}

/** The values, including their quotes, of the members whose names a rule matches. */
export function findMembers(text: string, ruleOf: RuleOf): readonly NamedValue[] {
  const values = new NamedValues(text);
  for (let open = text.indexOf('"'); open !== -1;) {
    const close = text.indexOf('"', open + 1);
    if (close === -1) break;
    const value = findValue(text, { open, close, ruleOf });
    if (value !== undefined && !values.add(value)) break;
    open = close;
  }
  return values.found;
}

/**
 * The value of the member whose name stands between the two quotes; undefined if there is none or no rule matches it.
 */
function findValue(
  text: string,
  {
    open,
    close,
    ruleOf,
  }: { readonly open: number; readonly close: number; readonly ruleOf: RuleOf },
): NamedValue | undefined {
  if (close - open > MAX_NAME) return undefined;
  const colon = skipSpace(text, close + 1);
  if (text.charAt(colon) !== ':') return undefined;
  const level = escapesBefore(text, open);
  if (escapesBefore(text, close) !== level) return undefined;
  const rule = ruleOf(text.slice(open + 1, close - level));
  if (rule === undefined) return undefined;
  const start = skipSpace(text, colon + 1);
  const quote = text.slice(open - level, open + 1);
  return { rule, start, end: valueEnd(text, start, level), quote };
}

export function escapesBefore(text: string, index: number): number {
  let start = index;
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return index - start;
}

export function skipSpace(text: string, index: number): number {
  let end = index;
  while (end < text.length && ' \t\r\n'.includes(text.charAt(end))) end += 1;
  return end;
}

/**
 * The end of a value whose quotes have `level` backslashes before them; the end of the text if the value is cut off.
 */
function valueEnd(text: string, start: number, level: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"') {
      index = stringEnd(text, index, level) - 1;
      if (depth === 0) return index + 1;
    } else if ('{['.includes(character)) depth += 1;
    else if ('}]'.includes(character)) {
      depth -= 1;
      if (depth < 0) return index;
      if (depth === 0) return index + 1;
    } else if (depth === 0 && ', \t\r\n'.includes(character)) return index;
  }
  return text.length;
}

/** The index after the closing quote: the next one that is escaped as often as the opening quote. */
export function stringEnd(text: string, open: number, level: number): number {
  const quote = text.charAt(open);
  for (
    let close = text.indexOf(quote, open + 1);
    close !== -1;
    close = text.indexOf(quote, close + 1)
  ) {
    // Escaping adds this many backslashes for each one within the string.
    if ((escapesBefore(text, close) - level) % (2 * (level + 1)) === 0) return close + 1;
  }
  return text.length;
}
