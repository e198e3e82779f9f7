// The kinds of characters that secrets are made of, and runs of one kind. Only ASCII characters have kinds.

export interface Range {
  readonly start: number;
  /** The index after the last character. */
  readonly end: number;
}

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Each kind is one bit. */
export const DIGIT = 1;
export const ALPHANUMERIC = 2;
export const WORD = 4;
export const BASE64_URL = 8;
export const AWS_SECRET = 16;
/** Every character that may occur in tokens and keys. */
export const CREDENTIAL = 32;
export const CARD = 64;
export const BLANK = 128;
export const LOCAL_PART = 256;
export const DOMAIN = 512;
/** Ends the user information of a URL. */
export const URL_DELIMITER = 1024;

/** A name without quotes. */
export const NAME = 2048;
/** Ends a value without quotes. */
export const VALUE_END = 4096;

const MEMBERS: readonly (readonly [kind: number, characters: string])[] = [
  [DIGIT, '0123456789'],
  [ALPHANUMERIC, LETTERS_AND_DIGITS],
  [WORD, `${LETTERS_AND_DIGITS}_`],
  [BASE64_URL, `${LETTERS_AND_DIGITS}_-`],
  [AWS_SECRET, `${LETTERS_AND_DIGITS}/+`],
  [CREDENTIAL, `${LETTERS_AND_DIGITS}-._~+/=`],
  [CARD, '0123456789 -.'],
  [BLANK, ' \t'],
  [LOCAL_PART, `${LETTERS_AND_DIGITS}._%+-`],
  [DOMAIN, `${LETTERS_AND_DIGITS}.-`],
  [NAME, `${LETTERS_AND_DIGITS}_.-`],
  [VALUE_END, ' \t\r\n&;,"\'<>(){}[]|\\'],
  [URL_DELIMITER, ' \t\r\n/?#"\'<>\\'],
];
const ASCII = 128;
const KINDS = toKinds();

function toKinds(): Uint16Array {
  const kinds = new Uint16Array(ASCII);
  for (const [kind, characters] of MEMBERS) {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      kinds[code] = (kinds[code] ?? 0) | kind;
    }
  }
  return kinds;
}

/** `code` is a result of charCodeAt; NaN, as outside of the text, is of no kind. */
export function isOf(code: number, kind: number): boolean {
  return code < ASCII && ((KINDS[code] ?? 0) & kind) !== 0;
}

const NONE: readonly Range[] = [];

/** Runs of at least `least` characters of this kind. Outside of runs only every `least`-th character is looked at. */
export function findRuns(text: string, kind: number, least: number): readonly Range[] {
  let runs: Range[] | undefined;
  let rest = 0;
  for (let probe = least - 1; probe < text.length; probe += least) {
    if (!isOf(text.charCodeAt(probe), kind)) continue;
    const start = runStart(text, probe, { kind, from: rest });
    const end = runEnd(text, probe, kind);
    if (end - start >= least) (runs ??= []).push({ start, end });
    rest = end;
    probe = end;
  }
  return runs ?? NONE;
}

export function runEnd(text: string, start: number, kind: number): number {
  let end = start;
  while (end < text.length && isOf(text.charCodeAt(end), kind)) end += 1;
  return end;
}

export function runStart(
  text: string,
  end: number,
  { kind, from }: { readonly kind: number; readonly from: number },
): number {
  let start = end;
  while (start > from && isOf(text.charCodeAt(start - 1), kind)) start -= 1;
  return start;
}

export function skipBlanksBefore(text: string, end: number): number {
  return runStart(text, end, { kind: BLANK, from: 0 });
}
