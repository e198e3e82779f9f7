// The columns that follow the time in a logger's line: threads and files in brackets, names between separators,
// numbers, and the level. The search ends where the message begins.
import { isUuid } from './request-id';
import type { Severity } from './severity';
import { COLUMN_LEVELS, LETTER_LEVELS, readSeverity } from './severity';

/** What precedes the columns, which tells how certain it is that they are not the words of a sentence. */
export interface Beginning {
  /** One plain word before a bare level may be the logger's name. */
  readonly allowsName: boolean;
  /** A bare level may be the last word of the line, with an empty message. */
  readonly allowsEnd: boolean;
}
/** A time with a fraction of a second, which people do not write by hand. */
export const EXACT_TIME: Beginning = { allowsName: true, allowsEnd: true };
export const PLAIN_TIME: Beginning = { allowsName: false, allowsEnd: true };
/** The line begins with a thread or a name in brackets. */
export const NO_TIME: Beginning = { allowsName: false, allowsEnd: false };

export interface Columns {
  readonly severity?: Severity | undefined;
  /** The id before the level, where Java's runtime puts it. */
  readonly requestId?: string | undefined;
}

const MAX_COLUMNS = 9;
/** A logger's name may precede the level; two words are the beginning of a sentence. */
const MAX_WORDS = 1;
const COLUMN = /^[\s|;\]]*(?:(?<=\|)-)?(?:\[([^\]\n]{0,128})\]|([^\s|;[\]]+))/;
/** Dashes, arrows, and the symbols that signale puts before a level. */
const SEPARATOR = /^[^\w\s[\]\u00c0-\u024f]{1,8}$/;
/** A place in braces or parentheses: `{jobs.py:7}`. */
const ENCLOSED = /^(?:\{[^{}]+\}|\([^()]+\))$/;
const SIGN = /^[^\u0000-\u203f]/;
const NUMBER = /^#?[\d.,#()+:/-]+$/;
/** A qualified name, such as `shop.Orders` or `app::orders`. */
const QUALIFIED = /^[A-Za-z_$][\w$]*(?:(?:[./:#$]|::)[\w$]+)+$/;
/** A pair from the line's context, such as `order=7`. */
const PAIR = /^[A-Za-z_][\w.@-]{0,63}=/;
/** The name of a thread or logger, its number, or a time in digits. */
const BRACKETED_NAME =
  /^(?:(?=[^\]]*[A-Za-z]{2})[\w .$:@#/()[+-]+| {0,8}\d{1,19}(?:\.\d{1,9})?s?)$/;
/** A level with a name or a time beside it in the same brackets: `[WARN orders]`, `[WARN  08:15:00]`. */
const LEVEL_FIRST = /^([A-Z]{4,9})(?: +|\|)(?:[A-Za-z_][\w.:$-]*|\d[\d:.,/TZ+ -]*)$/;
/** Python's `%(asctime)s:%(name)s:%(levelname)s:%(message)s`; the name may be missing. */
const COLONS = /^(?::(?:[\w.-]{1,64}:){0,2}?|\s{0,8})([A-Z]{3,9}):(?=\S)/;
const TIME_INSIDE = /^\d{4}-\d\d-\d\d[T ]\S+ +([A-Z]{3,8})\b/;

/** `text`: what follows the time. */
export function scanColumns(text: string, beginning: Beginning): Columns {
  const between = COLUMN_LEVELS.get(COLONS.exec(text)?.[1] ?? '');
  if (between !== undefined) return { severity: between };
  let words = 0;
  let isBehindSign = false;
  let requestId: string | undefined;
  let rest = text;
  for (let column = 0; column < MAX_COLUMNS; column += 1) {
    const match = COLUMN.exec(rest);
    if (match === null) break;
    const [before, bracketed, word] = match;
    rest = rest.slice(before.length);
    const mayBeBare =
      (words === 0 || beginning.allowsName) && (beginning.allowsEnd || rest.trim() !== '');
    const around = { before, after: rest, isBehindSign, column, mayBeBare };
    const severity =
      bracketed === undefined ? readWord(word ?? '', around) : readBracket(bracketed);
    if (severity !== undefined) return { severity, requestId };
    // No logger begins a line with `[x]`, `[1/4]` or `[50%]`.
    if (column === 0 && !beginning.allowsEnd && !BRACKETED_NAME.test(bracketed ?? ''))
      words = MAX_WORDS;
    isBehindSign = SIGN.test(word ?? '');
    if (word === undefined || [SEPARATOR, NUMBER, ENCLOSED].some((form) => form.test(word)))
      continue;
    if (isUuid(word) && column === 0) requestId = word;
    else if (isNameColumn(rest, word)) words = 0;
    else words += 1;
    if (words > MAX_WORDS) break;
  }
  return {};
}

interface Around {
  readonly before: string;
  readonly after: string;
  readonly isBehindSign: boolean;
  readonly column: number;
  /** The level is recognized without separators or a colon around it. */
  readonly mayBeBare: boolean;
}

/** `[WARN]`, `[warning  ]`, `[WARN orders]`, `[core:warn]`, `WARNING/MainProcess`, `[W]`. */
function readBracket(content: string): Severity | undefined {
  const inside = TIME_INSIDE.exec(content)?.[1];
  const first = LEVEL_FIRST.exec(content)?.[1];
  const name = (inside ?? first ?? content).trim();
  const last = name.slice(name.lastIndexOf(':') + 1).split(/[/#]/, 1)[0] ?? '';
  return COLUMN_LEVELS.get(last.trim()) ?? LETTER_LEVELS.get(name);
}

function readWord(word: string, around: Around): Severity | undefined {
  const { before, after, isBehindSign, column, mayBeBare } = around;
  if (/^(?:level|severity)="?[A-Za-z]/.test(word)) {
    return readSeverity(word.slice(word.indexOf('=') + 1).replaceAll('"', ''));
  }
  const enclosed = /^(?:\(([A-Z]{3,9})\)|<([A-Z]{3,9})>|\{([A-Z]{3,9})\})$/.exec(word);
  if (enclosed !== null) return COLUMN_LEVELS.get(enclosed[1] ?? enclosed[2] ?? enclosed[3] ?? '');
  const name = word.replace(/[:,>]+$/, '');
  const isMarked = name !== word;
  // Monolog: `production.WARNING:`; Celery: `WARNING/MainProcess`.
  const [level = ''] = name.slice(name.lastIndexOf('.') + 1).split(/[/(]/, 1);
  const isCapital = level === level.toUpperCase();
  if (isMarked ? isCapital || level === name : isCapital && mayBeBare && !name.includes('.')) {
    const severity = COLUMN_LEVELS.get(level);
    if (severity !== undefined) return severity;
  }
  const isColumn =
    (/[\t|;]\s*\S+$/.test(before) && /^\s*[\t|;]/.test(after)) ||
    (isBehindSign && after.startsWith('  ')) ||
    after.startsWith(']');
  if (isColumn) return COLUMN_LEVELS.get(name) ?? LETTER_LEVELS.get(name);
  // Swift's `warning orders : message` and logcat's `W Tag: message` name the source before the message.
  const isBeforeLabel = /^ (?:[^\s:]{1,128} {0,16}:|\[)/.test(after);
  if (!isBeforeLabel) return undefined;
  return column === 0
    ? (COLUMN_LEVELS.get(name) ?? LETTER_LEVELS.get(name))
    : LETTER_LEVELS.get(name);
}

/** A name column is followed by a separator, which a word in a sentence is not, or has a process id or a value. */
function isNameColumn(after: string, word: string): boolean {
  return (
    word.endsWith(':') ||
    /^(?:\s*(?:\||[-–—:>›]+\s)|\[\d{1,10}\])/.test(after) ||
    PAIR.test(word) ||
    QUALIFIED.test(word)
  );
}
