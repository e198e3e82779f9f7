// The built-in rules of LAMBDA_OTLP_REDACT. Scanners, not expressions: each reads its text once, and looks no
// further than a sign that every match has.

export type ScannerName = 'emails' | 'cards' | 'tokens' | 'aws_keys';

/** From `start` to before `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** `name`: the attribute's whose text it is. */
export type Scanner = (text: string, name: string) => readonly Match[];

export const SCANNERS: Readonly<Record<ScannerName, Scanner>> = {
  emails: findEmails,
  cards: findCards,
  tokens: findTokens,
  aws_keys: findAwsKeys,
};

/** Characters of one kind: none beyond ASCII is. */
function among(others: string): (code: number) => boolean {
  const members = new Uint8Array(128);
  for (const text of [LETTERS_AND_DIGITS, others]) {
    for (let index = 0; index < text.length; index += 1) members[text.charCodeAt(index)] = 1;
  }
  return (code) => members[code] === 1;
}

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
const isWord = (code: number): boolean => isDigit(code) || isLetter(code) || code === 0x5f;
const isLocalPart = among('._%+-');
const isDomain = among('.-');
const isBase64Url = among('_-');
const isCredential = among('-._~+/=');
const isSecretCharacter = among('/+');
const isAlphanumeric = among('');
const NONE: readonly Match[] = [];

const MAX_LOCAL_PART = 64;
const MAX_DOMAIN = 255;

function findEmails(text: string): readonly Match[] {
  if (!text.includes('@')) return NONE;
  const matches: Match[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const from = Math.max(matches.at(-1)?.end ?? 0, at - MAX_LOCAL_PART);
    let start = at;
    while (start > from && isLocalPart(text.charCodeAt(start - 1))) start -= 1;
    let end = runEnd(text, at + 1, isDomain);
    while (end > at && !isLetter(text.charCodeAt(end - 1)) && !isDigit(text.charCodeAt(end - 1)))
      end -= 1;
    const dot = text.lastIndexOf('.', end - 1);
    const isAddress = start < at && dot > at + 1 && end - dot > 2 && end - at <= MAX_DOMAIN;
    if (isAddress) matches.push({ start, end });
  }
  return matches;
}

const MIN_CARD_DIGITS = 13;
const MAX_CARD_DIGITS = 19;
const CARD = /\d(?:[ -]?\d){12}/;

/** Digits in groups with one space or hyphen between them, that begin as cards do and pass Luhn's test. */
function findCards(text: string): readonly Match[] {
  if (text.length < MIN_CARD_DIGITS || !CARD.test(text)) return NONE;
  const matches: Match[] = [];
  let index = 0;
  while (index < text.length) {
    if (!isDigit(text.charCodeAt(index))) {
      index += 1;
      continue;
    }
    const end = cardEnd(text, index);
    if (end > index) matches.push({ start: index, end });
    index = end > index ? end : runEnd(text, index, isDigit);
  }
  return matches;
}

/** Where the longest card that begins here ends; `start` where none does. */
function cardEnd(text: string, start: number): number {
  const first = text.charCodeAt(start) - 0x30;
  if (first < 2 || first > 6 || isWord(text.charCodeAt(start - 1))) return start;
  let digits = '';
  let found = start;
  let index = start;
  while (index < text.length && digits.length <= MAX_CARD_DIGITS) {
    const end = runEnd(text, index, isDigit);
    digits += text.slice(index, Math.min(end, index + MAX_CARD_DIGITS + 1));
    const isWhole = !isWord(text.charCodeAt(end));
    if (isWhole && isCard(digits)) found = end;
    const separator = text.charCodeAt(end);
    const isSeparated = separator === 0x20 || separator === 0x2d;
    if (!isSeparated || !isDigit(text.charCodeAt(end + 1))) break;
    index = end + 1;
  }
  return found;
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
const SCHEME = /(?:bearer|basic)[ \t]+/gi;

/** JSON web tokens, and what follows `Bearer` or `Basic`. */
function findTokens(text: string): readonly Match[] {
  const matches: Match[] = [];
  for (let start = text.indexOf('eyJ'); start !== -1;) {
    const header = runEnd(text, start, isBase64Url);
    const payload = text[header] === '.' ? runEnd(text, header + 1, isBase64Url) : header;
    const isToken = payload > header + 1 && text[payload] === '.';
    const end = isToken ? runEnd(text, payload + 1, isBase64Url) : payload;
    if (isToken) matches.push({ start, end });
    start = text.indexOf('eyJ', Math.max(end, start + 3));
  }
  for (const { index, 0: scheme } of text.matchAll(SCHEME)) {
    const start = index + scheme.length;
    const end = runEnd(text, start, isCredential);
    if (end - start >= MIN_CREDENTIAL) matches.push({ start, end });
  }
  return matches;
}

const KEY_ID_LENGTH = 20;
const SECRET_LENGTH = 40;
/** How far before a secret its name is looked for. */
const NAME_REACH = 48;
const SECRET_NAME = /secret|key/i;
/** As many characters of a secret in a row. */
const SECRET_SIGN = /[A-Za-z0-9/+]{40}/;
const KEY_ID = /^A(?:KIA|SIA)[A-Z0-9]{16}$/;

/** Access key ids, and a secret of 40 characters beside a name that says secret or key. */
function findAwsKeys(text: string, name: string): readonly Match[] {
  if (text.length < KEY_ID_LENGTH) return NONE;
  const mayHaveId = text.includes('AKIA') || text.includes('ASIA');
  const isNamed = SECRET_NAME.test(text) || SECRET_NAME.test(name);
  const mayHaveSecret = isNamed && text.length >= SECRET_LENGTH && SECRET_SIGN.test(text);
  if (!mayHaveId && !mayHaveSecret) return NONE;
  const ids = findRuns(text, isAlphanumeric, KEY_ID_LENGTH).filter(({ start, end }) =>
    KEY_ID.test(text.slice(start, end)),
  );
  const secrets = findRuns(text, isSecretCharacter, SECRET_LENGTH).filter(({ start }) =>
    SECRET_NAME.test(`${name} ${text.slice(Math.max(0, start - NAME_REACH), start)}`),
  );
  return [...ids, ...secrets];
}

/** Runs of such characters that have exactly this length. */
function findRuns(text: string, isPart: (code: number) => boolean, length: number): Match[] {
  const matches: Match[] = [];
  for (let start = 0; start < text.length;) {
    const end = runEnd(text, start, isPart);
    if (end - start === length) matches.push({ start, end });
    start = end + 1;
  }
  return matches;
}

function runEnd(text: string, start: number, isPart: (code: number) => boolean): number {
  let end = start;
  while (end < text.length && isPart(text.charCodeAt(end))) end += 1;
  return end;
}
