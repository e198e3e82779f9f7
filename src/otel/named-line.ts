// Lines `name: value` as in YAML and HTTP headers, also within a string of JSON, where `\n` ends them. A value may
// continue in deeper lines (YAML's blocks) or as far as a PEM block does. Takes linear time on any text.
import type { Range } from './character-kinds';
import { BLANK, runEnd, runStart } from './character-kinds';
import { escapesBefore } from './json-text';

interface LineHead {
  /** The column of the name. */
  readonly column: number;
  readonly isListItem: boolean;
  /** The number of backslashes in a line's end within a string; 0 if the line is not in one. */
  readonly escapes: number;
}

const BACKSLASH = '\\';
/** Nothing, or the head of a YAML block: a tag, an anchor, an indicator, a comment. */
const BLOCK_HEAD = /^(?:[&!]\S*(?:\s+|$))*(?:[|>][-+0-9]*)?\s*(?:#.*)?$/;
const MAX_BLOCK_HEAD = 200;
const PEM_HEAD = '-----BEGIN ';
const PEM_FOOT = '-----END ';
const PEM_DASHES = '-----';

/** Undefined if anything but an indentation, the dash of a list or an opening quote precedes the name on its line. */
export function lineHeadOf(text: string, nameStart: number): LineHead | undefined {
  let at = skipBlanksBefore(text, nameStart);
  const isListItem = text.charAt(at - 1) === '-';
  if (isListItem) at = skipBlanksBefore(text, at - 1);
  const head = { column: nameStart - at, isListItem };
  if (at === 0 || isLineEnd(text, at - 1)) return { ...head, escapes: 0 };
  const before = text.charAt(at - 1);
  const escapes = escapesBefore(text, at - 1);
  if ('nr'.includes(before) && escapes > 0) return { ...head, escapes };
  return at === nameStart && `"'`.includes(before) ? { ...head, escapes: escapes + 1 } : undefined;
}

/** The value of a name whose colon ends before `after`. */
export function lineValueAt(text: string, after: number, head: LineHead): Range {
  const start = runEnd(text, after, BLANK);
  if (text.startsWith(PEM_HEAD, start)) return { start, end: pemEnd(text, start) };
  const end = head.escapes > 0 ? escapedLineEnd(text, start, head) : lineEnd(text, start);
  const isBlock =
    head.escapes === 0 && end - start <= MAX_BLOCK_HEAD && BLOCK_HEAD.test(text.slice(start, end));
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

function skipBlanksBefore(text: string, end: number): number {
  return runStart(text, end, { kind: BLANK, from: 0 });
}

function lineEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !isLineEnd(text, end)) end += 1;
  return end;
}

/** The end of a line, or of the string that it is in. */
function escapedLineEnd(text: string, start: number, { escapes }: LineHead): number {
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
function blockAt(text: string, head: Range, { column, isListItem }: LineHead): Range {
  const isEmpty = head.start === head.end;
  let { start, end } = head;
  for (let line = nextLine(text, end); line < text.length;) {
    const first = runEnd(text, line, BLANK);
    const isBlank = first === text.length || isLineEnd(text, first);
    const indent = first - line;
    const isItem = isEmpty && !isListItem && indent === column && text.startsWith('- ', first);
    if (!isBlank && indent <= column && !isItem) break;
    const next = lineEnd(text, first);
    if (!isBlank) {
      if (start === head.start && isEmpty) start = first;
      end = next;
    }
    line = Math.max(nextLine(text, next), line + 1);
  }
  return { start, end };
}

function nextLine(text: string, end: number): number {
  return text.startsWith('\r\n', end) ? end + 2 : end + 1;
}
