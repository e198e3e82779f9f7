// The built-in rules of LAMBDA_OTLP_REDACT. They are scanners, not regular expressions: each first looks for a sign
// that every match contains. Most texts have none, so a scan is cheap.
import type { Range } from './character-kinds';
import {
  ALPHANUMERIC,
  AWS_SECRET,
  BASE64_URL,
  BLANK,
  CARD,
  CREDENTIAL,
  DIGIT,
  DOMAIN,
  findRuns,
  isOf,
  LOCAL_PART,
  runEnd,
  runStart,
  URL_DELIMITER,
  WORD,
} from './character-kinds';

export const SCANNERS = ['emails', 'cards', 'tokens', 'aws_keys'] as const;
export type ScannerName = (typeof SCANNERS)[number];

export interface Match extends Range {
  /** The name under which its matches are counted. */
  readonly rule: string;
  /** Put before and after the mask. */
  readonly quote?: string;
}

const NONE: readonly Range[] = [];

export class SecretScanners {
  private readonly emails: boolean;
  private readonly cards: boolean;
  private readonly tokens: boolean;
  private readonly awsKeys: boolean;

  constructor(names: readonly ScannerName[]) {
    this.emails = names.includes('emails');
    this.cards = names.includes('cards');
    this.tokens = names.includes('tokens');
    this.awsKeys = names.includes('aws_keys');
  }

  /** Matches of different rules may overlap. `name` is that of the attribute with this text. */
  find(text: string, name: string): Match[] {
    const matches: Match[] = [];
    if (this.emails && (text.includes('@') || text.includes('%40'))) {
      append(matches, 'emails', findEmails(text));
    }
    if (this.cards) {
      for (const run of findRuns(text, CARD, MIN_CARD_DIGITS)) {
        append(matches, 'cards', findCards(text, run));
      }
    }
    if (this.tokens && text.includes('://')) append(matches, 'tokens', findUserInformation(text));
    if (!this.tokens && !this.awsKeys) return matches;
    for (const run of findRuns(text, CREDENTIAL, MIN_CREDENTIAL)) {
      if (this.tokens) append(matches, 'tokens', findTokens(text, run));
      if (this.awsKeys) append(matches, 'aws_keys', findAwsKeys(text, run, name));
    }
    return matches;
  }
}

function append(matches: Match[], rule: ScannerName, ranges: readonly Range[]): void {
  for (const { start, end } of ranges) matches.push({ rule, start, end });
}

/** True for the letter of a JSON escape such as `\n`, which is not part of the text that follows it. */
function isEscape(text: string, index: number): boolean {
  return text.charCodeAt(index - 1) === 0x5c && 'bfnrt'.includes(text.charAt(index));
}

const MAX_LOCAL_PART = 64;
const MAX_DOMAIN = 255;
/** The sign may be encoded, as in the query of a URL. */
const AT = /@|%40/g;
const ASCII = 128;
const FOREIGN_LETTER = /^[\p{L}\p{M}\p{N}]/u;

function findEmails(text: string): readonly Range[] {
  const matches: Range[] = [];
  for (const { index: at, 0: sign } of text.matchAll(AT)) {
    const from = Math.max(matches.at(-1)?.end ?? 0, at - MAX_LOCAL_PART);
    let start = at;
    while (start > from && isAddressPart(text, start - 1, LOCAL_PART)) start -= 1;
    if (isEscape(text, start)) start += 1;
    const domain = at + sign.length;
    const end = domainEnd(text, domain);
    if (start < at && end > domain) matches.push({ start, end });
  }
  return matches;
}

/** The end of the last label that has two letters or more and another label before it; `start` if there is none. */
function domainEnd(text: string, start: number): number {
  let end = start;
  while (end - start < MAX_DOMAIN && isAddressPart(text, end, DOMAIN)) end += 1;
  let domain = text.slice(start, end);
  for (;;) {
    while (domain.endsWith('.') || domain.endsWith('-')) domain = domain.slice(0, -1);
    const dot = domain.lastIndexOf('.');
    if (dot <= 0) return start;
    if (domain.length - dot > 2) return start + domain.length;
    domain = domain.slice(0, dot);
  }
}

function isAddressPart(text: string, index: number, kind: number): boolean {
  const code = text.charCodeAt(index);
  return isOf(code, kind) || (code >= ASCII && FOREIGN_LETTER.test(text.charAt(index)));
}

const MIN_CARD_DIGITS = 13;
const MAX_CARD_DIGITS = 19;
const DOTTED_CARD = /^(?:\d{4}(?:\.\d{4}){3}|\d{4}\.\d{6}\.\d{5})(?!\w)/;

/** Digits with at most one space or hyphen between groups that begin as card numbers do and pass the Luhn check. */
function findCards(text: string, run: Range): readonly Range[] {
  const matches: Range[] = [];
  let index = run.start;
  while (index < run.end) {
    if (!isOf(text.charCodeAt(index), DIGIT)) {
      index += 1;
      continue;
    }
    const end = cardEnd(text, index);
    if (end > index) matches.push({ start: index, end });
    index = end > index ? end : runEnd(text, index, DIGIT);
  }
  return matches;
}

/** The end of the longest card number that begins at `start`; `start` if there is none. */
function cardEnd(text: string, start: number): number {
  const first = text.charCodeAt(start) - 0x30;
  const isInWord = isOf(text.charCodeAt(start - 1), WORD) && !isEscape(text, start - 1);
  if (first < 2 || first > 6 || isInWord) return start;
  let digits = '';
  let found = dottedCardEnd(text, start);
  let index = start;
  while (index < text.length && digits.length <= MAX_CARD_DIGITS) {
    const end = runEnd(text, index, DIGIT);
    digits += text.slice(index, Math.min(end, index + MAX_CARD_DIGITS + 1));
    if (!isOf(text.charCodeAt(end), WORD) && isCard(digits)) found = end;
    const separator = text.charCodeAt(end);
    const isSeparated = separator === 0x20 || separator === 0x2d;
    if (!isSeparated || !isOf(text.charCodeAt(end + 1), DIGIT)) break;
    index = end + 1;
  }
  return found;
}

/** Dots separate only the groups that cards are printed in: other numbers have them too. */
function dottedCardEnd(text: string, start: number): number {
  const [card] = DOTTED_CARD.exec(text.slice(start, start + MAX_CARD_DIGITS + 1)) ?? [];
  return card !== undefined && isCard(card.replaceAll('.', '')) ? start + card.length : start;
}

function isCard(digits: string): boolean {
  if (digits.length < MIN_CARD_DIGITS || digits.length > MAX_CARD_DIGITS) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const MIN_CREDENTIAL = 16;
const SCHEMES = ['bearer', 'basic'];

/** Finds the credentials after `Bearer` or `Basic`, and JSON web tokens. */
function findTokens(text: string, run: Range): readonly Range[] {
  return followsScheme(text, run.start) ? [run] : findWebTokens(text, run);
}

function followsScheme(text: string, start: number): boolean {
  const end = runStart(text, start, { kind: BLANK, from: 0 });
  if (end === start) return false;
  return SCHEMES.some(
    (scheme) => text.slice(Math.max(0, end - scheme.length), end).toLowerCase() === scheme,
  );
}

/** Finds `header.payload.signature`, where the header is a JSON object in base64. */
function findWebTokens(text: string, run: Range): readonly Range[] {
  const part = text.slice(run.start, run.end);
  let start = part.indexOf('eyJ');
  if (start === -1) return NONE;
  const matches: Range[] = [];
  while (start !== -1) {
    const header = runEnd(part, start, BASE64_URL);
    const payload = part[header] === '.' ? runEnd(part, header + 1, BASE64_URL) : header;
    const isToken = payload > header + 1 && part[payload] === '.';
    const end = isToken ? runEnd(part, payload + 1, BASE64_URL) : payload;
    if (isToken) matches.push({ start: run.start + start, end: run.start + end });
    start = part.indexOf('eyJ', Math.max(end, start + 3));
  }
  return matches;
}

/** Finds what precedes the host of a URL: a user name and password, or a token. */
function findUserInformation(text: string): readonly Range[] {
  const matches: Range[] = [];
  // The colon before the delimiter that ended one may begin the next: `proxy://http://user:password@host`.
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at - 1)) {
    const start = at + 3;
    let end = start;
    for (at = start; at < text.length && !isOf(text.charCodeAt(at), URL_DELIMITER); at += 1) {
      if (text[at] === '@') end = at;
    }
    if (end > start) matches.push({ start, end });
  }
  return matches;
}

const KEY_ID_LENGTH = 20;
const SECRET_LENGTH = 40;
/** How many characters before a secret are searched for its name. */
const NAME_REACH = 48;
export const SECRET_NAME = /secret|key/i;
const KEY_ID = /^A(?:KIA|SIA)[A-Z0-9]{16}$/;

/** Finds access key ids, and secrets of 40 characters near a name that contains `secret` or `key`. */
function findAwsKeys(text: string, run: Range, name: string): readonly Range[] {
  const part = text.slice(run.start, run.end);
  const mayHaveId = part.includes('AKIA') || part.includes('ASIA');
  const mayHaveSecret = part.length >= SECRET_LENGTH;
  if (!mayHaveId && !mayHaveSecret) return NONE;
  const ids = findExactRuns(text, run, { kind: ALPHANUMERIC, length: KEY_ID_LENGTH });
  const secrets = findExactRuns(text, run, { kind: AWS_SECRET, length: SECRET_LENGTH });
  return [
    ...ids.filter(({ start, end }) => KEY_ID.test(text.slice(start, end))),
    ...secrets.filter(({ start }) =>
      SECRET_NAME.test(`${name} ${text.slice(Math.max(0, start - NAME_REACH), start)}`),
    ),
  ];
}

/** The runs of a kind within another run that have exactly this length. */
function findExactRuns(
  text: string,
  within: Range,
  { kind, length }: { readonly kind: number; readonly length: number },
): readonly Range[] {
  const matches: Range[] = [];
  for (let start = within.start; start < within.end;) {
    const end = runEnd(text, start, kind);
    const from = isEscape(text, start) ? start + 1 : start;
    if (end - from === length) matches.push({ start: from, end });
    start = end + 1;
  }
  return matches;
}
