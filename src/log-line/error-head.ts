// The line that names an error, such as `shop.StockError: no stock`, before its frames. Each line is looked at once
// and only up to a bounded length, so the cost is linear for any text.
import type { LogException } from './log-line';

export interface ErrorHead {
  readonly type: string;
  /** What follows the name in its line; may be empty. */
  readonly message: string;
  /** Where the name begins; at most a prefix such as `Uncaught ` precedes it. */
  readonly start: number;
  /**
   * 0: the line begins with an error's name; 1: the name stands inside the line; 2: the line begins with some
   * capitalized name.
   */
  readonly doubt: 0 | 1 | 2;
}

/** Longer words are not taken for names. */
const MAX_NAME_LENGTH = 256;
/** A name further right in the line is part of a message. */
const MAX_LINE_LENGTH = 512;
const PREFIX =
  /^(?:(?:error: )?Uncaught (?:\(in promise\) )?|Unhandled exception[.:] |Exception in thread "[^"]{0,128}" )/;
const NAME = /^[\w$]+(?:(?:::|[.\\/+`])[\w$]+)*/;
const ERROR_SUFFIX = /(?:Error|Exception|Fault|Throwable)(?![\w$])/g;
/** An error's code in brackets (Node.js), then its message or the end of the line. */
const REST = /^(?: \[\w{1,64}\])?(?:: ?|$)/;

/** The error that one line names; undefined for a line that names none. */
export function readErrorHead(line: string): ErrorHead | undefined {
  const shown = line.slice(0, MAX_LINE_LENGTH);
  const start = PREFIX.exec(shown)?.[0].length ?? 0;
  const name = NAME.exec(shown.slice(start))?.[0] ?? '';
  const message = name === '' ? undefined : messageBehind(line, shown, start + name.length);
  // console.trace() prints `Trace: label` and frames, which is not an error.
  if (message === undefined || name === 'Trace') return findInside(line, shown);
  if (isErrorName(name)) return { type: name, message, start, doubt: 0 };
  const isSimple = /^[A-Z][\w$]*$/.test(name) && shown.charAt(start + name.length) !== '';
  return (
    findInside(line, shown) ?? (isSimple ? { type: name, message, start, doubt: 2 } : undefined)
  );
}

/** True if the name ends as error names do, or is the qualified name of a class. */
export function isErrorName(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const last = name.slice(
    Math.max(...['.', '\\', '/', '+', ':'].map((mark) => name.lastIndexOf(mark))) + 1,
  );
  return (
    /(?:Error|Exception|Fault|Throwable)$/.test(last) || (last !== name && /^[A-Z]/.test(last))
  );
}

function findInside(line: string, shown: string): ErrorHead | undefined {
  for (const match of shown.matchAll(ERROR_SUFFIX)) {
    const end = match.index + match[0].length;
    const message = messageBehind(line, shown, end);
    const start = startOfName(shown, end);
    // `Exception: shop.StockError: no stock`
    const isLabel =
      end - start === match[0].length && isErrorName(NAME.exec(message ?? '')?.[0] ?? '');
    if (message === undefined || isLabel) continue;
    return { type: shown.slice(start, end), message, start, doubt: 1 };
  }
  return undefined;
}

function startOfName(text: string, end: number): number {
  let start = end;
  const first = Math.max(0, end - MAX_NAME_LENGTH);
  let length = lengthOfMark(text, start);
  while (length > 0 && start > first) {
    start -= length;
    length = lengthOfMark(text, start);
  }
  while (start < end && /[.:\\]/.test(text.charAt(start))) start += 1;
  return start;
}

/** How many characters of a name end at `end`: one, two for `::`, none where no name goes on. */
function lengthOfMark(text: string, end: number): number {
  if (/[\w$.\\]/.test(text.charAt(end - 1))) return 1;
  return text.slice(end - 2, end) === '::' ? 2 : 0;
}

/** Undefined if anything but a message or the end of the line follows. */
function messageBehind(line: string, shown: string, end: number): string | undefined {
  const rest = REST.exec(shown.slice(end));
  return rest === null ? undefined : line.slice(end + rest[0].length);
}

/** An empty message is left out. */
export function toException(
  type: string | undefined,
  message: string | undefined,
  stacktrace?: string,
): LogException {
  const exception: { -readonly [Part in keyof LogException]: LogException[Part] } = {};
  if (type !== undefined) exception.type = type;
  const shown = message?.trim() ?? '';
  if (shown !== '') exception.message = shown;
  if (stacktrace !== undefined) exception.stacktrace = stacktrace.trimEnd();
  return exception;
}

/** True if the line begins as runtimes report an uncaught error. */
export function isUncaught(line: string): boolean {
  return PREFIX.test(line);
}
