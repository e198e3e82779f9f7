// The line that names an error, `shop.StockError: no stock`, in front of its frames. Each line is looked at
// once and in bounded length, so the cost is linear in the text, whatever it is made of.

export interface ErrorHead {
  readonly type: string;
  /** What follows the name in its line; empty where there is nothing. */
  readonly message: string;
  /** Where the name begins, in front of it at most a prefix such as `Uncaught `. */
  readonly start: number;
  /** 0: the line begins with the name of an error; 1: one stands inside of it; 2: a capitalized name begins it. */
  readonly doubt: 0 | 1 | 2;
}

/** A name beyond it is none. */
const MAX_NAME_LENGTH = 256;
/** What stands further right in a line is its message. */
const MAX_LINE_LENGTH = 512;
const PREFIX =
  /^(?:(?:error: )?Uncaught (?:\(in promise\) )?|Unhandled exception[.:] |Exception in thread "[^"]{0,128}" )/;
const NAME = /^[\w$]+(?:[.\\/+][\w$]+)*/;
const ERROR_SUFFIX = /(?:Error|Exception|Fault|Throwable)(?![\w$])/g;
/** An error's code in brackets (Node.js), then its message or the end of the line. */
const REST = /^(?: \[\w{1,64}\])?(?:: ?|$)/;

/** The error that one line names; undefined for any other line. */
export function readErrorHead(line: string): ErrorHead | undefined {
  const shown = line.slice(0, MAX_LINE_LENGTH);
  const start = PREFIX.exec(shown)?.[0].length ?? 0;
  const name = NAME.exec(shown.slice(start))?.[0] ?? '';
  const message = name === '' ? undefined : messageBehind(line, shown, start + name.length);
  // console.trace() prints `Trace: label` and frames, and reports no error.
  if (message === undefined || name === 'Trace') return findInside(line, shown);
  if (isErrorName(name)) return { type: name, message, start, doubt: 0 };
  const isSimple = /^[A-Z][\w$]*$/.test(name) && shown.charAt(start + name.length) !== '';
  return (
    findInside(line, shown) ?? (isSimple ? { type: name, message, start, doubt: 2 } : undefined)
  );
}

/** Ends as errors are called, or is a qualified name of a class. */
export function isErrorName(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const last = name.slice(
    Math.max(...['.', '\\', '/', '+'].map((mark) => name.lastIndexOf(mark))) + 1,
  );
  return (
    /(?:Error|Exception|Fault|Throwable)$/.test(last) || (last !== name && /^[A-Z]/.test(last))
  );
}

function findInside(line: string, shown: string): ErrorHead | undefined {
  for (const match of shown.matchAll(ERROR_SUFFIX)) {
    const end = match.index + match[0].length;
    const message = messageBehind(line, shown, end);
    if (message === undefined) continue;
    const start = startOfName(shown, end);
    return { type: shown.slice(start, end), message, start, doubt: 1 };
  }
  return undefined;
}

function startOfName(text: string, end: number): number {
  let start = end;
  const first = Math.max(0, end - MAX_NAME_LENGTH);
  while (start > first && /[\w$.\\]/.test(text.charAt(start - 1))) start -= 1;
  while (start < end && /[.\\]/.test(text.charAt(start))) start += 1;
  return start;
}

/** Undefined where something else follows than a message or the end of the line. */
function messageBehind(line: string, shown: string, end: number): string | undefined {
  const rest = REST.exec(shown.slice(end));
  return rest === null ? undefined : line.slice(end + rest[0].length);
}
