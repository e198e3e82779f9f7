// The columns behind the time of a logger's line: threads and files in brackets, names between separators,
// numbers, and the level. The search ends where the message begins.
import { isUuid } from './request-id';
import { findSeverities, readSeverity } from './severity';
import type { Severity } from './severity';

// Most severity names are too common a word for a level: where a name stands decides which are taken for one.

/** Beginning a line, or capitalized in its head. */
export const LINE_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trce debug dbug info information warn warning error erro fail critical crit fatal severe notice',
);
/** Alone in a column, in brackets, or behind a time. */
export const COLUMN_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trac trce trc verbose vrb finest finer fine config debug debu dbug dbg info inf information ' +
    'informational notice success log warn warning wrn wrng error erro err eror fail severe panic pani dpanic ' +
    'critical crit crt fatal fata ftl alert emergency emerg',
);
/** The letters of klog, glog and logcat. */
export const LETTER_LEVELS: ReadonlyMap<string, Severity> = findSeverities('v d i w e f');

export interface Columns {
  readonly severity?: Severity | undefined;
  /** In front of the level: the place of Java's runtime for it. */
  readonly requestId?: string | undefined;
}

const MAX_COLUMNS = 9;
/** A logger's name may stand before the level; two words are the beginning of a sentence. */
const MAX_WORDS = 1;
const COLUMN = /^[\s|\]]*(?:\[([^\]\n]{0,128})\]|([^\s|[\]]+))/;
/** Dashes, arrows, and the signs that signale puts before a level. */
const SEPARATOR = /^[^\w\s[\]\u00c0-\u024f]{1,8}$/;
const SIGN = /^[^\u0000-\u203f]/;
const NUMBER = /^#?[\d.,#()+:]+$/;
const TIME_INSIDE = /^\d{4}-\d\d-\d\d[T ]\S+ +([A-Z]{3,8})\b/;

/** `text`: what follows the time. */
export function scanColumns(text: string): Columns {
  let words = 0;
  let isBehindSign = false;
  let requestId: string | undefined;
  let rest = text;
  for (let column = 0; column < MAX_COLUMNS; column += 1) {
    const match = COLUMN.exec(rest);
    if (match === null) break;
    const [before, bracketed, word] = match;
    rest = rest.slice(before.length);
    const around = { before, after: rest, isBehindSign };
    const severity =
      bracketed === undefined ? readWord(word ?? '', around, column) : readBracket(bracketed);
    if (severity !== undefined) return { severity, requestId };
    isBehindSign = SIGN.test(word ?? '');
    if (word === undefined || SEPARATOR.test(word) || NUMBER.test(word)) continue;
    if (isUuid(word) && column === 0) requestId = word;
    else if (!isNameColumn(around.after, word)) words += 1;
    if (words > MAX_WORDS) break;
  }
  return {};
}

interface Around {
  readonly before: string;
  readonly after: string;
  readonly isBehindSign: boolean;
}

/** `[WARN]`, `[warning  ]`, `[core:warn]`, `WARNING/MainProcess`, `[W]`. */
function readBracket(content: string): Severity | undefined {
  const inside = TIME_INSIDE.exec(content)?.[1];
  const name = (inside ?? content).trim();
  const last = name.slice(name.lastIndexOf(':') + 1).split('/', 1)[0] ?? '';
  return COLUMN_LEVELS.get(last.trim()) ?? LETTER_LEVELS.get(name);
}

function readWord(word: string, around: Around, column: number): Severity | undefined {
  const { before, after, isBehindSign } = around;
  if (word.startsWith('level=') || word.startsWith('severity=')) {
    return readSeverity(word.slice(word.indexOf('=') + 1).replaceAll('"', ''));
  }
  const name = word.replace(/[:,>]+$/, '');
  const isMarked = name !== word;
  // Monolog: `production.WARNING:`; Celery: `WARNING/MainProcess`.
  const [level = ''] = name.slice(name.lastIndexOf('.') + 1).split('/', 1);
  const isCapital = level === level.toUpperCase();
  if (isMarked ? isCapital || level === name : isCapital && !name.includes('.')) {
    const severity = COLUMN_LEVELS.get(level);
    if (severity !== undefined) return severity;
  }
  const isColumn =
    (/[\t|]\s*\S+$/.test(before) && /^\s*[\t|]/.test(after)) ||
    (isBehindSign && after.startsWith('  '));
  if (isColumn) return COLUMN_LEVELS.get(name) ?? LETTER_LEVELS.get(name);
  // Swift's `warning orders : message` and logcat's `W Tag: message` say where before they say what.
  const isBeforeLabel = /^ [^\s:]{1,128} {0,16}:/.test(after);
  if (!isBeforeLabel) return undefined;
  return column === 0
    ? (COLUMN_LEVELS.get(name) ?? LETTER_LEVELS.get(name))
    : LETTER_LEVELS.get(name);
}

/** Something separates it from what follows, as a sentence's words are not. */
function isNameColumn(after: string, word: string): boolean {
  return word.endsWith(':') || /^\s*(?:\||[-–—:>›]+\s)/.test(after);
}
