// Maps the level names and numbers of common loggers to OpenTelemetry's SeverityNumber. The source's own word is kept
// as severity text.
// Source: https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings
import { SeverityNumber } from '@opentelemetry/api-logs';
import { isObject, toWellFormed } from '../telemetry/fields';

export interface Severity {
  /** Undefined when the name is not a known one. */
  readonly number?: SeverityNumber;
  readonly text?: string;
}

const { TRACE, DEBUG, INFO, WARN, ERROR, FATAL } = SeverityNumber;
const MAX_TEXT_LENGTH = 64;

const NUMBER_BY_NAME: readonly (readonly [SeverityNumber, string])[] = [
  [TRACE, 'trace trac trce trc verbose vrb silly finest t v'],
  [DEBUG, 'debug debu dbug dbg finer d'],
  [SeverityNumber.DEBUG2, 'fine'],
  [SeverityNumber.DEBUG3, 'config'],
  [SeverityNumber.DEBUG4, 'http'],
  [INFO, 'info inf information informational log i'],
  [SeverityNumber.INFO2, 'notice success'],
  [WARN, 'warn warning wrn wrng w'],
  [ERROR, 'error err erro eror fail failure severe exception e'],
  [SeverityNumber.ERROR2, 'dpanic'],
  [SeverityNumber.ERROR3, 'panic pani pnc'],
  [FATAL, 'fatal fata ftl fatl critical crit crt shout f c'],
  [SeverityNumber.FATAL2, 'alert'],
  [SeverityNumber.FATAL4, 'emergency emerg'],
];

/** By exact word in the three spellings that loggers use, so that most lines need no lower-casing. */
const BY_WORD: ReadonlyMap<string, Severity> = new Map(
  NUMBER_BY_NAME.flatMap(([number, names]) =>
    names.split(' ').flatMap((name) => spellings(name).map((text) => [text, { number, text }])),
  ),
);

/** pino and bunyan use tens, with custom levels in between. */
const BY_TENS = [TRACE, DEBUG, INFO, WARN, ERROR, FATAL] as const;
/** Monolog uses hundreds, logback's level_value thousands. */
const BY_NUMBER: ReadonlyMap<number, SeverityNumber> = new Map<number, SeverityNumber>([
  [100, DEBUG],
  [200, INFO],
  [250, SeverityNumber.INFO2],
  [300, WARN],
  [400, ERROR],
  [500, FATAL],
  [550, SeverityNumber.FATAL2],
  [600, SeverityNumber.FATAL4],
  [5000, TRACE],
  [10_000, DEBUG],
  [20_000, INFO],
  [30_000, WARN],
  [40_000, ERROR],
]);
const BY_OWN_NUMBER: ReadonlyMap<number, SeverityNumber> = new Map(
  Object.values(SeverityNumber)
    .filter((value) => typeof value === 'number')
    .filter((value) => value !== SeverityNumber.UNSPECIFIED)
    .map((value) => [value, value]),
);
const SYSLOG_NAMES = [
  'EMERG',
  'ALERT',
  'CRIT',
  'ERR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG',
] as const;
const RANGE_NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
/** slog writes a level between two names as an offset from the lower one: `INFO+2`. */
const SLOG_OFFSET = /^(debug|info|warn|error)([+-]\d{1,2})$/;
// Colouring loggers put escape sequences around the name.
const ORNAMENT = /\u001b\[[\d;]*m|[[\]():\s]+/g;

/**
 * A level as a record holds it: a name in any case, a logger's number, or an object that has a name (loguru, log4js).
 * Undefined for anything else.
 */
export function readSeverity(value: unknown): Severity | undefined {
  if (typeof value === 'string') return BY_WORD.get(value) ?? readUnusualName(value);
  if (isObject(value)) {
    const name = value['name'] ?? value['levelStr'] ?? value['label'];
    return typeof name === 'string' ? readSeverity(name) : undefined;
  }
  if (typeof value !== 'number') return undefined;
  const number = fromLoggerNumber(value);
  return number === undefined ? { text: String(value) } : { number, text: rangeName(number) };
}

/** Undefined unless `name` is a known level in one of the spellings that loggers use. */
export function readSeverityName(name: string): Severity | undefined {
  return BY_WORD.get(name);
}

function findSeverities(names: string): ReadonlyMap<string, Severity> {
  const found = new Map<string, Severity>();
  for (const word of names.split(' ').flatMap(spellings)) {
    const severity = BY_WORD.get(word);
    if (severity !== undefined) found.set(word, severity);
  }
  return found;
}

function spellings(name: string): readonly string[] {
  return [name, name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)];
}

/** A SeverityNumber from 1 to 24, as OpenTelemetry's own records hold it. */
export function readSeverityNumber(value: unknown): Severity | undefined {
  const number = typeof value === 'number' ? BY_OWN_NUMBER.get(value) : undefined;
  return number === undefined ? undefined : { number, text: rangeName(number) };
}

/** Syslog's levels, from 0 (emergency) to 7 (debug). */
export function readSyslogLevel(value: unknown): Severity | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const name = SYSLOG_NAMES[Number(value)];
  return name === undefined ? readSeverity(value) : BY_WORD.get(name);
}

/** Python's `levelno`: like pino's tens, but one step lower. */
export function readPythonLevel(value: unknown): Severity | undefined {
  return typeof value === 'number' ? readSeverity(value + 10) : undefined;
}

function readUnusualName(text: string): Severity | undefined {
  const name = text.slice(0, MAX_TEXT_LENGTH).replace(ORNAMENT, '').toLowerCase();
  if (name === '') return undefined;
  const shown = toWellFormed(text.slice(0, MAX_TEXT_LENGTH)).trim();
  const number = BY_WORD.get(name)?.number ?? fromSlogOffset(name) ?? fromNumberText(name);
  return number === undefined ? { text: shown } : { number, text: shown };
}

function fromNumberText(name: string): SeverityNumber | undefined {
  const first = name.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 ? fromLoggerNumber(Number(name)) : undefined;
}

function fromLoggerNumber(value: number): SeverityNumber | undefined {
  if (value >= 10 && value < 70) return BY_TENS[Math.floor(value / 10) - 1];
  return BY_NUMBER.get(value);
}

function fromSlogOffset(name: string): SeverityNumber | undefined {
  const match = SLOG_OFFSET.exec(name);
  const base = match === null ? undefined : BY_WORD.get(match[1] ?? '')?.number;
  if (base === undefined) return undefined;
  return BY_OWN_NUMBER.get(Math.min(24, Math.max(1, base + Number(match?.[2]))));
}

function rangeName(number: number): string {
  return RANGE_NAMES[Math.floor((number - 1) / 4)] ?? '';
}

// Most level names are also common words, so where a name stands decides which ones count as a level.

/** Levels at the beginning of a line, or capitalized in its head. */
export const LINE_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trce verbose silly debug debu dbug info information warn warning error erro fail critical crit fatal fata ' +
    'severe notice shout emerg',
);
/** Levels alone in a column, in brackets, or after a time. */
export const COLUMN_LEVELS: ReadonlyMap<string, Severity> = findSeverities(
  'trace trac trce trc verbose vrb finest finer fine config debug debu dbug dbg info inf information ' +
    'informational notice success log warn warning wrn wrng error erro err eror fail severe panic pani pnc dpanic ' +
    'critical crit crt fatal fata ftl alert emergency emerg',
);
/** The level letters of klog, glog and logcat, which are capitals. */
export const LETTER_LEVELS: ReadonlyMap<string, Severity> = findSeverities('V D I W E F');
