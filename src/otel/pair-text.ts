// `name=value` of logfmt and of URLs, and `name: 'value'` as Python and Node.js print objects, wherever they stand in a
// text. One pass each, whatever the text.
import type { Range } from './character-kinds';
import { isOf, NAME, runStart, VALUE_END } from './character-kinds';
import { stringEnd } from './json-text';

/** A longer name is none. */
const MAX_NAME = 64;
const BACKSLASH = 0x5c;
/** What stands between a name and its value where objects are printed. */
const MEMBER = /: {0,4}(['"]|[\w.+-]+)/g;

/** The text with `mask` for the values of the pairs that are named. */
export function maskPairs(text: string, mask: string, isNamed: (name: string) => boolean): string {
  const masked = text.includes('=') ? maskAssigned(text, mask, isNamed) : text;
  return masked.includes("'") ? maskPrinted(masked, mask, isNamed) : masked;
}

function maskAssigned(text: string, mask: string, isNamed: (name: string) => boolean): string {
  let masked = '';
  let rest = 0;
  let from = 0;
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', from)) {
    const isOne = isName(
      text,
      { start: runStart(text, at, { kind: NAME, from }), end: at },
      isNamed,
    );
    from = at + 1;
    if (!isOne) continue;
    const { start, end } = valueAt(text, from);
    if (end === start) continue;
    masked += text.slice(rest, start) + mask;
    rest = end;
    from = end;
  }
  return rest === 0 ? text : masked + text.slice(rest);
}

function maskPrinted(text: string, mask: string, isNamed: (name: string) => boolean): string {
  let masked = '';
  let rest = 0;
  for (const { index, 0: sign, 1: first = '' } of text.matchAll(MEMBER)) {
    const isQuoted = '\'"'.includes(text.charAt(index - 1));
    const isBare = first !== "'" && first !== '"';
    if (index <= rest || (isBare && !isQuoted)) continue;
    const nameEnd = isQuoted ? index - 1 : index;
    const nameStart = runStart(text, nameEnd, { kind: NAME, from: rest });
    if (!isName(text, { start: nameStart, end: nameEnd }, isNamed)) continue;
    const value = index + sign.length - first.length;
    const { start, end } = isBare
      ? { start: value, end: value + first.length }
      : valueAt(text, value);
    // JSON's were masked before.
    if (text.startsWith(mask, start)) continue;
    masked += text.slice(rest, start) + mask;
    rest = end;
  }
  return rest === 0 ? text : masked + text.slice(rest);
}

function isName(text: string, { start, end }: Range, isNamed: (name: string) => boolean): boolean {
  return start < end && end - start <= MAX_NAME && isNamed(text.slice(start, end));
}

/** What stands between its quotes, which may be escaped; as far as it goes where there are none. */
function valueAt(text: string, start: number): Range {
  let open = start;
  while (text.charCodeAt(open) === BACKSLASH) open += 1;
  const quote = text.charAt(open);
  if (quote === '"' || quote === "'") {
    const end = stringEnd(text, open, open - start);
    const isClosed = end < text.length || text.endsWith(quote);
    return { start: open + 1, end: isClosed ? Math.max(open + 1, end - 1 - (open - start)) : end };
  }
  let end = start;
  while (end < text.length && !isOf(text.charCodeAt(end), VALUE_END)) end += 1;
  return { start, end };
}
