// Lines `name: value` as in YAML and HTTP headers, also within a string of JSON, where `\n` ends them. A value may
// continue in deeper lines (YAML's blocks) or as far as a PEM block does. Takes linear time on any text.
import type { Range } from './character-kinds';
import { BLANK, runEnd, skipBlanksBefore } from './character-kinds';
import { escapesBefore } from './json-text';

interface LineHead {
  /** The column of the name. */
  readonly column: number;
  /** The number of backslashes in a line's end within a string; 0 if the line is not in one. */
  readonly escapes: number;
}

const BACKSLASH = '\\';
/** Nothing, or the head of a YAML block: a tag, an anchor, an indicator, a comment. */
const BLOCK_HEAD = /^(?:[&!]\S*(?:\s+|$))*(?:[|>][-+0-9]*)?\s*(?:#.*)?$/;
/** One with an indicator, below which nothing is a list. */
const BLOCK_TEXT = /^(?:[&!]\S*\s+)*[|>]/;
const MAX_BLOCK_HEAD = 200;
const PEM_HEAD = '-----BEGIN ';
const PEM_FOOT = '-----END ';
const PEM_DASHES = '-----';

/** Undefined if anything but an indentation, the dash of a list or an opening quote precedes the name on its line. */
export function lineHeadOf(text: string, nameStart: number): LineHead | undefined {
  let at = skipBlanksBefore(text, nameStart);
  if (text.charAt(at - 1) === '-') at = skipBlanksBefore(text, at - 1);
  const head = { column: nameStart - at };
  if (at === 0 || isLineEnd(text, at - 1)) return { ...head, escapes: 0 };
  const before = text.charAt(at - 1);
  const escapes = escapesBefore(text, at - 1);
  if ('nr'.includes(before) && escapes > 0) return { ...head, escapes };
  return at === nameStart && `"'`.includes(before) ? { ...head, escapes: escapes + 1 } : undefined;
}

/** The value of a name whose colon ends before `after`. */
export function lineValueAt(text: string, after: number, head: LineHead): Range {
  const start = runEnd(text, after, BLANK);
  if (beginsPem(text, start)) return { start, end: pemEnd(text, start) };
  const end = lineEnd(text, start, head);
  const isBlock = end - start <= MAX_BLOCK_HEAD && BLOCK_HEAD.test(text.slice(start, end));
  return isBlock ? blockAt(text, { start, end }, head) : { start, end };
}

export function beginsPem(text: string, start: number): boolean {
  return text.startsWith(PEM_HEAD, start);
}

/** The index after the block's last line; the end of the text if it is cut off. */
export function pemEnd(text: string, start: number): number {
  const foot = text.indexOf(PEM_FOOT, start);
  const end = foot === -1 ? -1 : text.indexOf(PEM_DASHES, foot + PEM_FOOT.length);
  return end === -1 ? text.length : end + PEM_DASHES.length;
}

export function isLineEnd(text: string, index: number): boolean {
  return '\r\n'.includes(text.charAt(index));
}

/** True if a line in a string ends here, as JSON writes its end. */
export function isEscapedLineEnd(text: string, index: number, head: LineHead): boolean {
  return escapedLengthAt(text, index, 'n', head) + escapedLengthAt(text, index, 'r', head) > 0;
}

/** The length of the letter with its backslashes; 0 if it does not stand here, or the line is not in a string. */
function escapedLengthAt(
  text: string,
  index: number,
  letter: 'n' | 'r',
  { escapes }: LineHead,
): number {
  if (escapes === 0) return 0;
  const escape = BACKSLASH.repeat(escapes) + letter;
  return text.startsWith(escape, index) ? escape.length : 0;
}

/** The end of the line, or of the string that it is in. */
function lineEnd(text: string, start: number, { escapes }: LineHead): number {
  if (escapes > 0) return escapedLineEnd(text, start, escapes);
  let end = start;
  while (end < text.length && !isLineEnd(text, end)) end += 1;
  return end;
}

function escapedLineEnd(text: string, start: number, escapes: number): number {
  for (let index = start; index < text.length; index += 1) {
    if (isLineEnd(text, index)) return index;
    const run = index;
    while (text.charAt(index) === BACKSLASH) index += 1;
    const count = index - run;
    const next = text.charAt(index);
    if (`"'`.includes(next) && next !== '' && count < escapes) return run;
    if ('nr'.includes(next) && next !== '' && count === escapes) return run;
  }
  return text.length;
}

/** All following lines that are deeper than the name, and the items of a list beside it. */
function blockAt(text: string, value: Range, head: LineHead): Range {
  const isEmpty = value.start === value.end;
  const isText = BLOCK_TEXT.test(text.slice(value.start, value.end));
  let { start, end } = value;
  for (let line = nextLine(text, end, head); line !== undefined;) {
    const first = runEnd(text, line, BLANK);
    const last = lineEnd(text, first, head);
    const isBlank = last === first;
    const indent = first - line;
    const isItem = !isText && indent === head.column && text.startsWith('- ', first);
    if (!isBlank && indent <= head.column && !isItem) break;
    if (!isBlank) {
      if (start === value.start && isEmpty) start = first;
      end = last;
    }
    line = nextLine(text, last, head);
  }
  return { start, end };
}

/** Undefined at the end of the text, or of the string that the line is in. */
function nextLine(text: string, end: number, head: LineHead): number | undefined {
  if (end >= text.length) return undefined;
  if (isLineEnd(text, end)) return text.startsWith('\r\n', end) ? end + 2 : end + 1;
  const feed = end + escapedLengthAt(text, end, 'r', head);
  const next = feed + escapedLengthAt(text, feed, 'n', head);
  return next > end ? next : undefined;
}
