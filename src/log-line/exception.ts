// The error that an object record reports, in the shapes of Lambda's runtimes and of the loggers:
// members beside the message, or an object or a text under one of the usual names.
// Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { toJsonText } from './limited-value';
import { readStackText } from './stack-text';
import type { LogException } from './stack-text';

const ERROR_OBJECTS = [
  'exception',
  'err',
  'error',
  'Exception',
  'thrown',
  'throwable',
  'exc_info',
  '@x',
  'stack_trace',
] as const;
const STACKS = ['stackTrace', 'stack_trace', 'stacktrace', 'stack', 'StackTrace'] as const;
/** The flat names of OpenTelemetry, ECS and Powertools for Python. */
const FLAT_TYPES = ['errorType', 'exception.type', 'error.type', 'exception_name', 'exc_type'];
const FLAT_MESSAGES = ['errorMessage', 'exception.message', 'error.message'];
const FLAT_STACKS = ['exception.stacktrace', 'error.stack_trace', 'errorVerbose', ...STACKS];

export const EXCEPTION_KEYS: readonly string[] = [
  ...ERROR_OBJECTS,
  ...FLAT_TYPES,
  ...FLAT_MESSAGES,
  ...FLAT_STACKS,
];

/** Within an error object. */
const TYPES = [
  'type',
  'name',
  'errorType',
  'class',
  'className',
  'class_name',
  'exception_class',
  'exc_type',
  'ExceptionType',
  'ClassName',
  'Type',
  'kind',
];
const MESSAGES = [
  'message',
  'errorMessage',
  'exception_message',
  'localizedMessage',
  'exc_value',
  'value',
  'Message',
  'msg',
];
const TRACES = [
  ...STACKS,
  'extendedStackTrace',
  'StackTraceString',
  'trace',
  'frames',
  'backtrace',
];
const MAX_FRAMES = 512;
const TRAILING_NEWLINE = /\r?\n$/;

/** The exception in a record of which at least one member has a name of EXCEPTION_KEYS. */
export function readException(record: JsonObject): LogException | undefined {
  const flat = complete({
    type: firstText(record, FLAT_TYPES),
    message: firstText(record, FLAT_MESSAGES),
    stacktrace: firstStack(record, FLAT_STACKS),
  });
  let nested: LogException | undefined;
  for (const name of ERROR_OBJECTS) {
    nested ??= readErrorValue(record[name]);
  }
  if (flat === undefined || nested === undefined) return flat ?? nested;
  return { ...nested, ...flat };
}

/** An error as an object, the way the runtimes and loggers write one; undefined for any other object. */
export function readErrorObject(error: JsonObject): LogException | undefined {
  const message = firstText(error, MESSAGES);
  const stacktrace = firstStack(error, TRACES);
  if (message === undefined && stacktrace === undefined) return undefined;
  return complete({ type: firstText(error, TYPES), message, stacktrace });
}

function readErrorValue(value: unknown): LogException | undefined {
  // structlog writes the chain as a list, the raised error first.
  const error: unknown = Array.isArray(value) ? (value as unknown[])[0] : value;
  if (typeof error === 'string') return readStackText(error);
  return isObject(error) ? readErrorObject(error) : undefined;
}

interface Parts {
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly stacktrace: string | undefined;
}

/** Takes from the stack trace's first lines what no member says. */
function complete({ type, message, stacktrace }: Parts): LogException | undefined {
  const fromStack =
    stacktrace !== undefined && (type === undefined || message === undefined)
      ? readStackText(stacktrace)
      : undefined;
  const exception = {
    type: type ?? fromStack?.type,
    message: message ?? fromStack?.message,
    stacktrace,
  };
  if (Object.values(exception).every((part) => part === undefined)) return undefined;
  return {
    ...(exception.type === undefined ? {} : { type: exception.type }),
    ...(exception.message === undefined ? {} : { message: exception.message }),
    ...(exception.stacktrace === undefined ? {} : { stacktrace: exception.stacktrace }),
  };
}

function firstText(record: JsonObject, names: readonly string[]): string | undefined {
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

/** One text of a stack trace given as text, as lines, or as frames. */
function toStackText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const frames: unknown[] = value;
  return frames.slice(0, MAX_FRAMES).map(toFrameText).join('\n');
}

function toFrameText(frame: unknown): string {
  // Python's runtime ends each of its entries with a newline.
  if (typeof frame === 'string') return frame.replace(TRAILING_NEWLINE, '');
  if (!isObject(frame)) return String(frame);
  const { line } = frame;
  const place = firstText(frame, ['path', 'file', 'filename', 'source']);
  const name = firstText(frame, ['label', 'method', 'func', 'name']);
  const owner = firstText(frame, ['class']);
  if (place === undefined && name === undefined) return toJsonText(frame) ?? '';
  const number = typeof line === 'number' || typeof line === 'string' ? line : frame['lineno'];
  const at = `${place ?? ''}${typeof number === 'number' || typeof number === 'string' ? `:${number}` : ''}`;
  return `    at ${owner === undefined ? '' : `${owner}.`}${name ?? ''} (${at})`;
}
