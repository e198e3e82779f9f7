// JSON in a text, wherever it stands in it, however often it is escaped, and cut off or not: its escapes, and the
// members of its objects. One pass each, whatever the text.
import type { Range } from './character-kinds';

// The values in a text that belong to a name: found where they stand, each whatever the others are.

/** The place of the rule that names it; undefined: none does. */
export type RuleOf = (name: string) => number | undefined;

export interface NamedValue extends Range {
  readonly rule: number;
  /** Stands before and behind the mask. */
  readonly quote?: string;
}

/** So often is a text read for values that begin before others end; then the rest of it is one value. */
const MAX_READINGS = 4;
const MIN_READ = 65_536;

export class NamedValues {
  readonly found: NamedValue[] = [];
  private left: number;

  constructor(private readonly text: string) {
    this.left = MIN_READ + MAX_READINGS * text.length;
  }

  /** False: enough was read. */
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
/** A longer name is none. */
const MAX_NAME = 256;

/** A text with `/` for `\/` and characters for `\uXXXX`: what is searched for may be written so. */
export class PlainText {
  readonly text: string;
  /** Behind each escape: the place in the plain text, and the one where it was written. */
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

  /** Where a place in the plain text was written. */
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

/** Not of control characters, quotes and backslashes: they may not stand in JSON as they are. */
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

/** The values of the members that are named, with their quotes. */
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

/** Of the member whose name stands between two quotes, if it is one and named. */
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

/** Where a value ends whose quotes have `level` backslashes before them; the end of the text, if it is cut off. */
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

/** Behind the quote that ends a string: one that is escaped as the first one is, not more often. */
export function stringEnd(text: string, open: number, level: number): number {
  const quote = text.charAt(open);
  for (
    let close = text.indexOf(quote, open + 1);
    close !== -1;
    close = text.indexOf(quote, close + 1)
  ) {
    // A backslash within the string is written as so many.
    if ((escapesBefore(text, close) - level) % (2 * (level + 1)) === 0) return close + 1;
  }
  return text.length;
}
