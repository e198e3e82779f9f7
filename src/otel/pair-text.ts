// Pairs anywhere in a text: `name=value` as in logfmt, URLs and connection strings, `name => value` and `name: 'value'`
// as Python, Ruby, PHP, Go and Node.js print objects, and lines `name: value` as in YAML and HTTP headers. Takes linear
// time on any text.
import type { Range } from './character-kinds';
import {
  BLANK,
  isOf,
  NAME,
  runEnd,
  runStart,
  skipBlanksBefore,
  VALUE_END,
} from './character-kinds';
import { escapesBefore, skipSpace, stringEnd, NamedValues } from './json-text';
import type { NamedValue, RuleOf } from './json-text';
import {
  beginsPem,
  isEscapedLineEnd,
  isLineEnd,
  lineHeadOf,
  lineValueAt,
  pemEnd,
} from './named-line';

/** Longer words are not taken for names. */
const MAX_NAME = 64;
/** `=`, which also begins the `=>` of Ruby and PHP, or its form within an encoded part of a URL. */
const ASSIGNMENT = /=|%3D/i;
const ASSIGNMENTS = /=>?|%3D/gi;
const BACKSLASH = 0x5c;
const QUOTES = `'"\``;
const OPENING = '{[(';
const CLOSING = '}])';
/** The prefixes of Python's byte and text literals. */
const PREFIX = /^[bru]{1,2}$/i;
/** Schemes of HTTP's Authorization header: the secret is the next word, or a list of parameters. */
const SCHEME =
  /^(?:bearer|basic|negotiate|ntlm|apikey|token|dpop|gnap|privatetoken|sharedkey|sharedkeylite|ssws|splunk)$/i;
const PARAMETER_SCHEME =
  /^(?:digest|oauth|hmac|vapid|mutual|hoba|signature|concealed|scram-sha-\d+|aws4-[a-z0-9-]+)$/i;
const PARAMETER_END = " \t\r\n,()[]{}'";
/** The longest rest of a value with blanks in a connection string. */
const MAX_BLANK_VALUE = 256;
const PAIR_BEFORE = /=[^;=\r\n"']{0,100};$/;
const REST_OF_FIRST_VALUE = /^[^;=\r\n"']*(?=;\s*[A-Za-z][\w ]{0,63}=)/;
const REST_OF_LATER_VALUE = /^[^;=\r\n"']*(?=[;\r\n"']|$)/;

/** The values of the pairs whose names a rule matches, without their quotes. */
export function findPairs(text: string, ruleOf: RuleOf): readonly NamedValue[] {
  const assigned = ASSIGNMENT.test(text) ? findAssigned(text, ruleOf) : [];
  return text.includes(':') ? [...assigned, ...findPrinted(text, ruleOf)] : assigned;
}

function findAssigned(text: string, ruleOf: RuleOf): readonly NamedValue[] {
  const values = new NamedValues(text);
  for (const { 0: sign, index: at } of text.matchAll(ASSIGNMENTS)) {
    const nameEnd = skipBlanksBefore(text, at);
    const rule = ruleBefore(text, beforeBrackets(text, nameEnd), ruleOf);
    if (rule === undefined) continue;
    const isSpaced = nameEnd < at || sign === '=>';
    const start = isSpaced ? runEnd(text, at + sign.length, BLANK) : at + sign.length;
    const { end, ...value } = valueAt(text, start);
    const encodedEnd = sign === '%3D' || sign === '%3d' ? text.indexOf('%26', start) : -1;
    const whole = connectionValueEnd(text, nameEnd, end);
    const last = encodedEnd === -1 ? whole : Math.min(whole, encodedEnd);
    if (last > value.start && !values.add({ rule, ...value, end: last })) break;
  }
  return values.found;
}

/** In a connection string (`Server=a;Password=b c;…`) a value may have blanks in it, and ends before the semicolon. */
function connectionValueEnd(text: string, nameEnd: number, end: number): number {
  if (text.charAt(end) !== ' ') return end;
  const before = skipBlanksBefore(text, runStart(text, nameEnd, { kind: NAME, from: 0 }));
  const isLater = PAIR_BEFORE.test(text.slice(Math.max(0, before - MAX_BLANK_VALUE), before));
  const rest = text.slice(end, end + MAX_BLANK_VALUE);
  return end + ((isLater ? REST_OF_LATER_VALUE : REST_OF_FIRST_VALUE).exec(rest)?.[0].length ?? 0);
}

/**
 * The end of a name that stands in quotes or in the last brackets: `"name"=`, `filter[name]=`, `filter%5Bname%5D[]=`.
 */
function beforeBrackets(text: string, end: number): number {
  let at = end;
  while (endsWith(text, at, '[]')) at -= 2;
  while (endsWith(text, at, '%5B%5D')) at -= 6;
  if (endsWith(text, at, ']')) at -= 1;
  else if (endsWith(text, at, '%5D')) at -= 3;
  return isQuoteAt(text, at - 1) ? at - 1 - escapesBefore(text, at - 1) : at;
}

/** `ending` must be in upper case. */
function endsWith(text: string, end: number, ending: string): boolean {
  const start = end - ending.length;
  return start >= 0 && text.slice(start, end).toUpperCase() === ending;
}

function findPrinted(text: string, ruleOf: RuleOf): readonly NamedValue[] {
  const values = new NamedValues(text);
  const [brace, map] = [text.indexOf('{'), text.indexOf('map[')];
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const value = skipSpace(text, at + 1);
    const quote = text.charAt(at - 1);
    // findMembers finds the members of JSON objects.
    if (quote === '"' && !text.startsWith("'", value + prefixLength(text, value))) continue;
    const isQuoted = quote === '"' || quote === "'";
    const nameEnd = isQuoted ? at - 1 - escapesBefore(text, at - 1) : at;
    const rule = ruleBefore(text, nameEnd, ruleOf);
    if (rule === undefined) continue;
    const range = printedValue(text, {
      at,
      nameEnd,
      isQuoted,
      isInBraces: brace !== -1 && brace < at,
      isInMap: map !== -1 && map < at,
    });
    if (range === undefined) continue;
    if (range.end > range.start && !values.add({ rule, ...range })) break;
  }
  return values.found;
}

interface PrintedName {
  /** Of the colon. */
  readonly at: number;
  readonly nameEnd: number;
  readonly isQuoted: boolean;
  /** A brace was opened before it, or a map of Go. */
  readonly isInBraces: boolean;
  readonly isInMap: boolean;
}

/** Undefined if the name and its colon are not printed as a member's, nor at the head of a line. */
function printedValue(text: string, name: PrintedName): Range | undefined {
  const { at, nameEnd, isQuoted, isInBraces } = name;
  const value = skipSpace(text, at + 1);
  const isMember = isInBraces && isInObject(text, nameEnd);
  if (isStringAt(text, value)) return valueAt(text, value);
  if (isMember) return memberAt(text, value);
  if (isQuoted) return valueAt(text, value);
  const nameStart = nameStartBefore(text, nameEnd);
  const head = lineHeadOf(text, nameStart);
  const isSpaced =
    isOf(text.charCodeAt(at + 1), BLANK) ||
    isLineEnd(text, at + 1) ||
    (head !== undefined && isEscapedLineEnd(text, at + 1, head));
  if (!isSpaced) return isGoField(text, nameStart, name) ? goValueAt(text, at + 1) : undefined;
  return head && lineValueAt(text, at + 1, head);
}

function isGoField(text: string, nameStart: number, name: PrintedName): boolean {
  const before = text.charAt(nameStart - 1);
  return (name.isInBraces && before === ' ') || (name.isInMap && ' ['.includes(before));
}

/** Go prints neither quotes nor commas: a value ends before the next field, or where its struct or map ends. */
function goValueAt(text: string, start: number): Range {
  for (let end = start; end < text.length; end += 1) {
    const character = text.charAt(end);
    if (isLineEnd(text, end) || CLOSING.includes(character)) return { start, end };
    if (OPENING.includes(character)) end = groupEnd(text, end) - 1;
    const nameEnd = character === ' ' ? runEnd(text, end + 1, NAME) : end;
    if (nameEnd > end + 1 && text.charAt(nameEnd) === ':') return { start, end };
  }
  return { start, end: text.length };
}

/** Without the letter of an escape such as `\n` before it. */
function nameStartBefore(text: string, end: number): number {
  const start = runStart(text, end, { kind: NAME, from: Math.max(0, end - MAX_NAME - 2) });
  const isEscaped = text.charCodeAt(start - 1) === BACKSLASH && 'nrt'.includes(text.charAt(start));
  return isEscaped && start < end ? start + 1 : start;
}

/** The rule that matches the name ending at `end`. */
function ruleBefore(text: string, end: number, ruleOf: RuleOf): number | undefined {
  const start = nameStartBefore(text, end);
  if (start === end || end - start > MAX_NAME) return undefined;
  const rule = ruleOf(text.slice(start, end));
  // Two digits after `%` may be a URL escape and so not part of the name.
  return rule ?? (text.charAt(start - 1) === '%' ? ruleOf(text.slice(start + 2, end)) : undefined);
}

/** True if a brace or comma precedes the name and its quotes. */
function isInObject(text: string, nameEnd: number): boolean {
  let at = runStart(text, nameEnd, { kind: NAME, from: 0 });
  if (at > 0 && QUOTES.includes(text.charAt(at - 1))) at -= 1 + escapesBefore(text, at - 1);
  for (;;) {
    while (at > 0 && ' \t\r\n'.includes(text.charAt(at - 1))) at -= 1;
    const isLineEnd = text.charAt(at - 1) === 'n' && text.charAt(at - 2) === '\\';
    if (!isLineEnd) return at > 0 && '{,'.includes(text.charAt(at - 1));
    at -= 1 + escapesBefore(text, at - 1);
  }
}

function isStringAt(text: string, start: number): boolean {
  const open = quoteAt(text, start + prefixLength(text, start));
  return isQuoteAt(text, open);
}

function isQuoteAt(text: string, index: number): boolean {
  return index >= 0 && index < text.length && QUOTES.includes(text.charAt(index));
}

/** The index after the backslashes that begin at `start`. */
function quoteAt(text: string, start: number): number {
  let open = start;
  while (text.charCodeAt(open) === BACKSLASH) open += 1;
  return open;
}

/** The length of a prefix as in `b'…'` and `u'…'`; 0 if there is none. */
function prefixLength(text: string, start: number): number {
  for (let length = 1; length <= 2; length += 1) {
    const isQuoted = isQuoteAt(text, quoteAt(text, start + length));
    if (isQuoted && PREFIX.test(text.slice(start, start + length))) return length;
  }
  return 0;
}

/** What is between the value's quotes or brackets, or else the following word. */
function valueAt(text: string, start: number): Range {
  const prefix = prefixLength(text, start);
  const open = quoteAt(text, start + prefix);
  if (isQuoteAt(text, open)) return stringAt(text, start, open);
  if ('{['.includes(text.charAt(start))) return { start, end: groupEnd(text, start) };
  if (beginsPem(text, start)) return { start, end: pemEnd(text, start) };
  const end = wordEnd(text, start);
  if (text.charAt(end) !== ' ') return { start, end };
  const scheme = text.slice(start, end);
  if (PARAMETER_SCHEME.test(scheme)) return { start, end: parametersEnd(text, end) };
  return { start, end: SCHEME.test(scheme) ? wordEnd(text, end + 1) : end };
}

/** The end of `name=value, name="value"`. */
function parametersEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = runEnd(text, end, BLANK);
    while (end < text.length && !PARAMETER_END.includes(text.charAt(end))) {
      end = text.charAt(end) === '"' ? stringEnd(text, end, escapesBefore(text, end)) : end + 1;
    }
    const comma = runEnd(text, end, BLANK);
    if (text.charAt(comma) !== ',') return end;
    end = comma + 1;
  }
}

/** From `start`, where a prefix may be, to the closing quote. */
function stringAt(text: string, start: number, open: number): Range {
  const isPrefixed = text.charCodeAt(start) !== BACKSLASH && start < open;
  let from = open;
  for (;;) {
    const level = escapesBefore(text, from);
    const end = stringEnd(text, from, level);
    const isClosed = end < text.length || text.endsWith(text.charAt(from));
    const next = isClosed ? continuation(text, from, end) : undefined;
    if (next === undefined) {
      if (isPrefixed) return { start, end };
      return { start: open + 1, end: isClosed ? Math.max(open + 1, end - 1 - level) : end };
    }
    from = next;
  }
}

/**
 * The quote where a string that ends before `end` goes on: doubled within it (SQL, connection strings, three quotes of
 * Python and TOML), or on the next line of a text that Node.js prints as lines joined by `+`.
 */
function continuation(text: string, from: number, end: number): number | undefined {
  if (text.charAt(end) === text.charAt(from) && text.charCodeAt(end - 2) !== BACKSLASH) return end;
  const plus = skipSpace(text, end);
  if (text.charAt(plus) !== '+') return undefined;
  const next = skipSpace(text, plus + 1);
  return isQuoteAt(text, next) ? next : undefined;
}

function wordEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !isOf(text.charCodeAt(end), VALUE_END)) end += 1;
  return end;
}

/** The index after the bracket that closes the one at `open`; the end of the text if it is cut off. */
function groupEnd(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (QUOTES.includes(character)) {
      index = stringEnd(text, index, escapesBefore(text, index)) - 1;
    } else if (OPENING.includes(character)) depth += 1;
    else if (CLOSING.includes(character)) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

/** A value that is not a string: `1234`, `Map(1) { 'a' => 1 }`, `SecretStr('…')`. It may contain spaces. */
function memberAt(text: string, start: number): Range {
  let end = start;
  while (end < text.length && !`,\r\n\\${CLOSING}${QUOTES}`.includes(text.charAt(end))) {
    end = OPENING.includes(text.charAt(end)) ? groupEnd(text, end) : end + 1;
  }
  while (end > start && ' \t'.includes(text.charAt(end - 1))) end -= 1;
  return { start, end };
}
