// JSON in a text, wherever it stands in it, however often it is escaped, and cut off or not: its escapes, and the
// members of its objects. One pass each, whatever the text.

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const HEX = /^[0-9a-f]{4}$/i;
const UNIT_LENGTH = 4;
/** A longer name is none. */
const MAX_NAME = 256;

/** With `/` for `\/` and characters for `\uXXXX`: what is searched for may be written so. The same text without any. */
export function unescapeJson(text: string): string {
  let at = text.indexOf('\\');
  if (at === -1) return text;
  let plain = '';
  let rest = 0;
  while (at !== -1) {
    let end = at;
    while (text.charCodeAt(end) === BACKSLASH) end += 1;
    const escape = readEscape(text, end);
    if (escape !== undefined) {
      plain += text.slice(rest, at) + escape;
      rest = end + (escape === '/' && text.charAt(end) === '/' ? 1 : 1 + UNIT_LENGTH);
    }
    at = text.indexOf('\\', Math.max(rest, end));
  }
  return rest === 0 ? text : plain + text.slice(rest);
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

/** The text with `mask` for the values of the members that are named. */
export function maskMembers(
  text: string,
  mask: string,
  isNamed: (name: string) => boolean,
): string {
  let masked = '';
  let rest = 0;
  let open = text.indexOf('"');
  while (open !== -1) {
    const close = text.indexOf('"', open + 1);
    if (close === -1) break;
    const value = findValue(text, { open, close, isNamed });
    if (value !== undefined) {
      const quote = text.slice(open - escapesBefore(text, open), open + 1);
      masked += text.slice(rest, value.start) + quote + mask + quote;
      rest = value.end;
    }
    open = value === undefined ? close : text.indexOf('"', rest);
  }
  return rest === 0 ? text : masked + text.slice(rest);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Of the member whose name stands between two quotes, if it is one and named. */
function findValue(
  text: string,
  {
    open,
    close,
    isNamed,
  }: { readonly open: number; readonly close: number; readonly isNamed: (name: string) => boolean },
): Range | undefined {
  const level = escapesBefore(text, open);
  if (close - open > MAX_NAME || escapesBefore(text, close) !== level) return undefined;
  const colon = skipSpace(text, close + 1);
  if (text.charAt(colon) !== ':') return undefined;
  if (!isNamed(text.slice(open + 1, close - level))) return undefined;
  const start = skipSpace(text, colon + 1);
  return { start, end: valueEnd(text, start, level) };
}

function escapesBefore(text: string, index: number): number {
  let start = index;
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return index - start;
}

function skipSpace(text: string, index: number): number {
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
