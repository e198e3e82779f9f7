// The error that an object record reports, in the shapes that Lambda's runtimes and the loggers use: as members
// beside the message, or as an object or a text under one of the usual names. The same names also hold CloudFormation
// stacks, `errorType: "none"` and `error: { message: "ok" }`, which are not errors.
// Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
import { SeverityNumber } from '@opentelemetry/api-logs';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { isErrorName, readErrorHead } from './error-head';
import { looksLikeFrames, readLoggedStack, readStackText, splitFrames } from './stack-text';
import type { LogException } from './log-line';
import { toJsonText } from './limited-value';

const ERROR_OBJECTS = [
  'exception',
  'err',
  'error',
  'Exception',
  'Error',
  'thrown',
  'throwable',
  'exc_info',
  '@x',
  '_exception',
  'stack_trace',
] as const;
/** Objects that may hold the record's error: Monolog's context, loguru's record, Rust's fields. */
const CONTEXTS = ['context', 'record', 'fields'] as const;
const STACKS = [
  'stackTrace',
  'stack_trace',
  'stacktrace',
  'stack',
  'StackTrace',
  'Stack',
  'full_message',
  'traceback',
  'backtrace',
  'error_stack',
] as const;
/** Names that never mean anything but a stack trace, so their value needs no check. */
const SURE_STACKS = [
  'exception.stacktrace',
  'error.stack_trace',
  'error.stack',
  'errorVerbose',
] as const;
/** The flat names of OpenTelemetry, ECS, Powertools for Python and others. */
const FLAT_TYPES = [
  'errorType',
  'exception.type',
  'exception.class',
  'error.type',
  'error.class',
  'error.kind',
  'exception_name',
  'exceptionType',
  'exception_class',
  'exceptionClass',
  'exc_type',
  'ErrorType',
  'error_type',
  'error_class',
  'errorName',
];
const FLAT_MESSAGES = [
  'errorMessage',
  'exception.message',
  'error.message',
  'exceptionMessage',
  'exception_message',
  'ErrorMessage',
  'error_message',
];
/** Beside a stack, a text under one of these names says what happened (zap, zerolog, pkg/errors). */
const ERROR_TEXTS = ['error', 'err', 'exception'];

export const EXCEPTION_KEYS: readonly string[] = [
  ...ERROR_OBJECTS,
  ...CONTEXTS,
  ...FLAT_TYPES,
  ...FLAT_MESSAGES,
  ...SURE_STACKS,
  ...STACKS,
];

/** The names within an error object. */
const TYPES = [
  'type',
  'exceptionType',
  'errorType',
  'class',
  'className',
  'class_name',
  'exception_class',
  'exceptionClass',
  'exc_type',
  'ExceptionType',
  'ClassName',
  'Type',
  'name',
  'Name',
  'kind',
];
const MESSAGES = [
  'message',
  'errorMessage',
  'exceptionMessage',
  'exception_message',
  'localizedMessage',
  'exc_value',
  'value',
  'Message',
  'msg',
];
export const TRACES: readonly string[] = [
  ...STACKS,
  'extendedStackTrace',
  'StackTraceString',
  'stepArray',
  'trace',
  'frames',
];
/** What loggers write into an error field when nothing happened. */
const NOTHING =
  /^(?:|-|0|no|none|nil|null|undefined|n\/a|false|ok|okay|success|successful|(?:no|without) (?:errors?|exceptions?))$/i;
const ERROR_WORD = /^[\w$.:\\]{1,256}$/;
const MAX_NOTHING_LENGTH = 24;

/** The exception in a record that has at least one of EXCEPTION_KEYS; `level` is the record's. */
export function readException(
  record: JsonObject,
  level: SeverityNumber | undefined,
): LogException | undefined {
  const flat = readFlat(record);
  let nested: LogException | undefined;
  for (const name of ERROR_OBJECTS) nested ??= readErrorValue(record[name]);
  for (const name of CONTEXTS) {
    const context = record[name];
    if (nested !== undefined || !isObject(context)) continue;
    nested = readErrorValue(context['exception']) ?? readErrorValue(context['error']);
  }
  const found =
    flat === undefined || nested === undefined ? (flat ?? nested) : { ...nested, ...flat };
  const exception = found?.message === undefined ? withTextBeside(record, found) : found;
  return exception !== undefined && isEnough(exception, level) ? exception : undefined;
}

/** Reads an error object as the runtimes and loggers write it; undefined for any other object. */
export function readErrorObject(error: JsonObject): LogException | undefined {
  const type = firstText(error, TYPES);
  const stacktrace = firstStack(error, TRACES);
  // With a type and frames this is certainly an error, so even a message such as `null` or `0` is taken literally.
  const message =
    firstText(error, MESSAGES) ??
    (type !== undefined && stacktrace !== undefined ? firstWord(error, MESSAGES) : undefined);
  if (message === undefined && stacktrace === undefined) return undefined;
  return complete({ type, message, stacktrace });
}

/** A message or a type alone counts as an error only where the record's level does not contradict it. */
function isEnough(
  { type, message, stacktrace }: LogException,
  level: SeverityNumber | undefined,
): boolean {
  if (type === undefined && message === undefined) return false;
  if (stacktrace !== undefined || (type !== undefined && message !== undefined)) return true;
  return level === undefined || level >= SeverityNumber.WARN;
}

function readFlat(record: JsonObject): LogException | undefined {
  const type = firstText(record, FLAT_TYPES);
  const message = firstText(record, FLAT_MESSAGES);
  const sure = firstStack(record, SURE_STACKS);
  const likely = sure ?? firstStack(record, STACKS);
  const isStack =
    sure !== undefined || type !== undefined || (likely !== undefined && looksLikeFrames(likely));
  if (!isStack)
    return complete({ type: typeBeside(record, message), message, stacktrace: undefined });
  const said =
    message ??
    (type !== undefined && likely !== undefined ? firstWord(record, FLAT_MESSAGES) : undefined) ??
    saidBeside(record, likely);
  return complete({ type, message: said, stacktrace: likely });
}

/** `error: "no stock"` beside the error's type. */
function withTextBeside(
  record: JsonObject,
  found: LogException | undefined,
): LogException | undefined {
  const text = found === undefined ? undefined : firstText(record, ERROR_TEXTS);
  const isMessage = text !== undefined && text !== found?.type && !/[\n\r]/.test(text);
  return isMessage ? { ...found, message: text } : found;
}

/** `exception: "StockError"` beside a message is the error's type. */
function typeBeside(record: JsonObject, message: string | undefined): string | undefined {
  const text = message === undefined ? undefined : firstText(record, ERROR_TEXTS);
  return text !== undefined && ERROR_WORD.test(text) && isErrorName(text) ? text : undefined;
}

/** The message of a stack that does not name its error: the record's own text, else the first frame. */
function saidBeside(record: JsonObject, stacktrace: string | undefined): string | undefined {
  if (stacktrace === undefined || readStackText(stacktrace)?.message !== undefined)
    return undefined;
  const [first = ''] = stacktrace.split('\n', 1);
  return firstText(record, ERROR_TEXTS) ?? (readErrorHead(first) === undefined ? first : undefined);
}

function readErrorValue(value: unknown): LogException | undefined {
  // structlog writes the chain of causes as a list, with the raised error first.
  const error: unknown = Array.isArray(value) ? (value as unknown[])[0] : value;
  if (typeof error === 'string') return readErrorText(error);
  return isObject(error) ? readErrorObject(error) : undefined;
}

function readErrorText(text: string): LogException | undefined {
  const lines = splitFrames(text);
  return readLoggedStack(lines) ?? readErrorLine(lines);
}

/** An error in a single line, such as `shop.StockError: no stock`. */
function readErrorLine(text: string): LogException | undefined {
  const head = /[\n\r]/.test(text) ? undefined : readErrorHead(text);
  if (head?.doubt !== 0 || head.message === '') return undefined;
  return { type: head.type, message: head.message };
}

interface Parts {
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly stacktrace: string | undefined;
}

/** Fills in a type or message that no member gives from the first lines of the stack trace. */
function complete({ type, message, stacktrace }: Parts): LogException | undefined {
  const fromStack =
    stacktrace !== undefined && (type === undefined || message === undefined)
      ? (readStackText(stacktrace) ?? readErrorLine(stacktrace.split('\n', 1)[0] ?? ''))
      : undefined;
  const exception: { -readonly [Part in keyof LogException]: LogException[Part] } = {};
  const itsType = type ?? fromStack?.type;
  const itsMessage = message ?? fromStack?.message;
  if (itsType !== undefined) exception.type = itsType;
  if (itsMessage !== undefined) exception.message = itsMessage;
  if (stacktrace !== undefined) exception.stacktrace = stacktrace;
  return Object.keys(exception).length === 0 ? undefined : exception;
}

function firstText(record: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = record[name];
    if (typeof value !== 'string') continue;
    if (value.length > MAX_NOTHING_LENGTH || !NOTHING.test(value.trim())) return value;
  }
  return undefined;
}

/** Like firstText, but also takes words that say that nothing happened. */
function firstWord(record: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function firstStack(record: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const stack = toStackText(record[name]);
    if (stack !== undefined) return stack;
  }
  return undefined;
}

// Stack traces come as a text, as a list of lines or as a list of frame objects; all become one text.

const MAX_FRAMES = 512;
const TRAILING_NEWLINE = /\r?\n$/;
const PLACES = ['path', 'file', 'fileName', 'filename', 'source'];
const NAMES = ['label', 'method', 'methodName', 'func', 'function', 'name'];
const OWNERS = ['class', 'className', 'declaringClass', 'module'];
const NUMBERS = ['line', 'lineNumber', 'lineno', 'fileLine'];

/** Undefined for an empty value and for anything but a text or a list. */
function toStackText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const frames: unknown[] = value;
  return frames.slice(0, MAX_FRAMES).map(toFrameText).join('\n');
}

function toFrameText(frame: unknown): string {
  // Python's runtime ends every entry with a newline.
  if (typeof frame === 'string') return frame.replace(TRAILING_NEWLINE, '');
  if (!isObject(frame)) return String(frame);
  const place = firstOf(frame, PLACES);
  const name = firstOf(frame, NAMES);
  const owner = firstOf(frame, OWNERS);
  if (place === undefined && name === undefined) return toJsonText(frame) ?? '';
  const number = firstOf(frame, NUMBERS);
  const where = [place, number].filter((part) => part !== undefined).join(':');
  return `    at ${owner === undefined ? '' : `${owner}.`}${name ?? ''} (${where})`;
}

function firstOf(frame: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = frame[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}
