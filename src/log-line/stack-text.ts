// Exceptions printed as text: the stack traces of Python, Node.js, Java, .NET, Ruby, Go, Rust and PHP,
// as their runtimes and loggers print them. Text without a trace is not an exception.

export interface LogException {
  readonly type?: string;
  readonly message?: string;
  readonly stacktrace?: string;
}

const TRACEBACK = 'Traceback (most recent call last):';
/** Node.js, Java and .NET: an indented `at` begins each frame. */
const AT_FRAME = /\n[ \t\u00a0]+at /;
const RUBY_FRAME = /\n\t(?:from |\d+: from )/;
const RUBY_HEAD = /^(\S+:\d+:in [`'].*?'): (.*) \(([A-Z]\w*(?:::\w+)*)\)$/m;
/** `Type: message` of Python; a type alone when the message is empty. */
const PYTHON_ERROR = /^((?:\w+\.)*[A-Za-z_]\w*)(?:: ?([^]*))?$/;
/** Lambda's own framing of an uncaught error in Python and in Java's text format. */
const FRAMED_ERROR = '[ERROR] ';
const PREFIX = String.raw`(?:Uncaught |Unhandled exception[.:] |Exception in thread "[^"]*" )?`;
const ERROR_NAME = String.raw`(?:[\w$]+[.\\/])*[\w$]*(?:Error|Exception|Fault|Throwable)`;
const QUALIFIED_NAME = String.raw`(?:[a-zA-Z_$][\w$]*\.)+[A-Z][\w$]*`;
const REST = String.raw`(?: \[\w+\])?(?:: ?(.*))?$`;
/** From the surest form of a first line to the least sure. */
const HEADS = [
  new RegExp(`^${PREFIX}(${ERROR_NAME}|${QUALIFIED_NAME})${REST}`),
  new RegExp(`\\b(${ERROR_NAME})${REST}`),
  new RegExp(`^${PREFIX}([A-Z][\\w$]*)(?: \\[\\w+\\])?: ?(.*)$`),
];
const INNER_EXCEPTION = '\n ---> ';
/** The forms are tried at every position of a line, so lines and their number are bounded. */
const MAX_HEAD_LINES = 32;
const MAX_HEAD_LINE_LENGTH = 512;
const GO_PANIC = /(?:^|\n)panic: ([^\n]*)/;
const RUST_PANIC =
  /thread '[^'\n]{0,128}' (?:\(\d{1,10}\) )?panicked at (?:'([^\n]*)', [^\n]*|[^\n]*:\n([^\n]*))/;
const PHP_ERROR = /PHP Fatal error: {2}Uncaught ([\w\\]+)(?:: ([^\n]*?))?(?: in \S+:\d+)?\n/;
/** A panic is the first thing its runtime prints, behind at most a message of the logger. */
const MAX_PANIC_HEAD_LENGTH = 2048;

/** The exception whose stack trace the text holds. Any other text, also of many lines: undefined. */
export function readStackText(text: string): LogException | undefined {
  if (!text.includes('\n') && !text.includes('\r')) return undefined;
  // Node's stdout fall-back joins the lines of one message by \r.
  const lines = text.includes('\n') ? text.replaceAll('\r\n', '\n') : text.replaceAll('\r', '\n');
  return readTraceback(lines) ?? readAtFrames(lines) ?? readPanic(lines) ?? readRuby(lines);
}

function readTraceback(text: string): LogException | undefined {
  const first = text.indexOf(TRACEBACK);
  if (first === -1) return undefined;
  const plain = text.replaceAll('\u00a0', ' ');
  // In a chain the last one is the error that was raised in the end.
  const last = plain.lastIndexOf(TRACEBACK);
  const error = PYTHON_ERROR.exec(errorAfterFrames(plain.slice(last + TRACEBACK.length)));
  if (error !== null) return toException(error[1], error[2], plain.slice(first));
  if (!plain.startsWith(FRAMED_ERROR)) return { stacktrace: plain.slice(first) };
  const framed = PYTHON_ERROR.exec(plain.slice(FRAMED_ERROR.length, first).trimEnd());
  return toException(framed?.[1], framed?.[2], plain.slice(FRAMED_ERROR.length));
}

/** What follows the indented frames, up to the next paragraph. */
function errorAfterFrames(afterTraceback: string): string {
  const start = /\n(?=[^\s])/.exec(afterTraceback);
  if (start === null) return '';
  return afterTraceback.slice(start.index + 1).trimEnd();
}

function readAtFrames(text: string): LogException | undefined {
  const frame = AT_FRAME.exec(text);
  if (frame === null) return undefined;
  const head = text.slice(0, frame.index).split('\n', MAX_HEAD_LINES);
  for (const form of HEADS) {
    for (const [index, line] of head.entries()) {
      const match = form.exec(line.slice(0, MAX_HEAD_LINE_LENGTH));
      // console.trace() prints `Trace: label` and frames, and reports no error.
      if (match === null || match[1] === 'Trace') continue;
      const firstLine = `${match[2] ?? ''}${line.slice(MAX_HEAD_LINE_LENGTH)}`;
      const message = [firstLine, ...head.slice(index + 1)].join('\n');
      const before = head.slice(0, index).reduce((length, { length: own }) => length + own + 1, 0);
      const start = before + match.index;
      return toException(match[1], message.split(INNER_EXCEPTION, 1)[0], text.slice(start));
    }
  }
  return undefined;
}

function readPanic(text: string): LogException | undefined {
  const head = text.slice(0, MAX_PANIC_HEAD_LENGTH);
  const go = text.includes('goroutine ') ? GO_PANIC.exec(head) : null;
  if (go !== null) return toException('panic', go[1], text.slice(go.index).trimStart());
  const rust = head.includes(' panicked at ') ? RUST_PANIC.exec(head) : null;
  if (rust !== null) return toException('panic', rust[1] ?? rust[2], text.slice(rust.index));
  const php = text.includes('Stack trace:') ? PHP_ERROR.exec(head) : null;
  return php === null ? undefined : toException(php[1], php[2], text.slice(php.index));
}

function readRuby(text: string): LogException | undefined {
  if (!RUBY_FRAME.test(text)) return undefined;
  const head = RUBY_HEAD.exec(text.slice(0, MAX_HEAD_LINE_LENGTH));
  return head === null ? undefined : toException(head[3], head[2], text.slice(head.index));
}

function toException(
  type: string | undefined,
  message: string | undefined,
  stacktrace: string,
): LogException {
  const exception: { -readonly [Part in keyof LogException]: LogException[Part] } = {};
  if (type !== undefined) exception.type = type;
  const shown = message?.trim() ?? '';
  if (shown !== '') exception.message = shown;
  exception.stacktrace = stacktrace.trimEnd();
  return exception;
}
