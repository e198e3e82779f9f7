// Splits the text of a delivery into parts that can be decoded separately, so that other work can be done in between,
// and counts records that are not decoded. Takes linear time, and is correct for any JSON.

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
/** Brackets and braces differ in this bit. */
const BRACE = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;
/** A longer run without a character of JSON's structure is no number or name but, most likely, white space. */
const LONG_RUN = 64;

/**
 * Yields the records of the array in `text`, in order, as JSON arrays of about `length` characters, at most one record
 * longer; or the text itself if it is not an array. The second member is where the rest begins.
 */
export function* splitBatch(
  text: string,
  length: number,
): Generator<readonly [part: string, rest: number]> {
  const first = findFirstRecord(text);
  if (text.length <= length || first === undefined) {
    yield [text, text.length];
    return;
  }
  let start = first;
  for (let at = first; at < text.length;) {
    const end = findRecordEnd(text, at);
    if (text.charCodeAt(end) !== COMMA) break;
    at = end + 1;
    if (at - start < length) continue;
    yield [`[${text.slice(start, end)}]`, at];
    start = at;
  }
  yield [`[${text.slice(start)}`, text.length];
}

/** The number of records that the array in `text` has from `start` on; 1 if the text is not an array. */
export function countRecords(text: string, start = 0): number {
  let at = start > 0 ? start : findFirstRecord(text);
  if (at === undefined) return text.trim() === '' ? 0 : 1;
  for (let records = 0; ; records += 1) {
    const end = findRecordEnd(text, at);
    if (text.charCodeAt(end) === COMMA) at = end + 1;
    else return text.slice(at, end).trim() === '' ? records : records + 1;
  }
}

function findFirstRecord(text: string): number | undefined {
  const bracket = /^[\ufeff\s]*\[/.exec(text);
  return bracket?.[0].length;
}

/** Where the record that begins at `start` ends: a comma, the array's bracket, or the end of the text. */
function findRecordEnd(text: string, start: number): number {
  let depth = 0;
  let runStart = start;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = findStringEnd(text, at);
    else if ((code | BRACE) === OPENING) depth += 1;
    else if ((code | BRACE) === CLOSING) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (code === COMMA) {
      if (depth === 0) return at;
    } else {
      if (at - runStart >= LONG_RUN) at = findStructure(text, at) - 1;
      continue;
    }
    runStart = at + 1;
  }
  return text.length;
}

/** A regular expression is faster than a loop over characters in an engine that does not compile. */
function findStructure(text: string, start: number): number {
  const structure = /[",[\]{}]/g;
  structure.lastIndex = start;
  return structure.exec(text)?.index ?? text.length;
}

/** Where the string that begins at `start` ends. */
function findStringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
