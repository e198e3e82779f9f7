// Exceptions printed as text: the stack traces of Python, Node.js, Java, .NET, Ruby, Go, Rust, PHP and Elixir, as
// their runtimes and loggers print them. Text without a trace is not an exception. All forms are searched for in one
// pass over the text.
import type { LogException } from './log-line';

const TRACEBACK = 'Traceback (most recent call last):';
/** In Node.js, Java and .NET an indented `at` begins each frame. */
const AT_FRAME = /\n[ \t\u00a0]+at /;
const RUBY_FRAME = /\n[ \t]+(?:from |\d{1,4}: from )/;
/** Ruby's Logger writes `message (Type)` with the backtrace below it. */
const RUBY_LOGGED = /^([^\n]*) \(([A-Z]\w*(?:::\w+)*)\)\n[^\s:]{1,256}:\d{1,8}:in [`']/;
/** Rails writes the trace below `Type (message):` and an empty line. */
const RAILS_LOGGED =
  /^\s{0,8}([A-Z]\w*(?:::\w+)*) \(([^\n]*)\):\s*\n(?:[^\n]{1,512}\n)?\s{0,8}[^\s:]{1,256}:\d{1,8}:in [`']/;
const GROUP = /(?:^|\n) {2}\+ Exception Group Traceback /;
/** Python's `Type: message`, or the type alone if the message is empty. */
const PYTHON_ERROR = /^((?:\w+\.)*[A-Za-z_]\w*)(?:: ?([^]*))?$/;
/** How Lambda frames an uncaught error in Python and, for lines with a level, in Java's text format. */
const FRAMED_ERROR = '[ERROR] ';
const UNCAUGHT = /^(?:(?:error: )?Uncaught |Unhandled exception[.:] |Exception in thread ")/;
const INNER_EXCEPTION = '\n ---> ';
/** The first line of an error is looked for among this many lines of the text. */
const MAX_HEAD_LINES = 32;
const MAX_PLACE_LENGTH = 512;
/** A panic is the first thing that its runtime prints, apart from a message of the logger of at most this length. */
const MAX_PANIC_HEAD_LENGTH = 2048;
const RUST_PANIC =
  /thread '[^'\n]{0,128}' (?:\(\d{1,10}\) )?panicked at (?:'([^\n]*)', [^\n]*|[^\n]*:\n([^\n]*))/;
const PHP_PREFIX = /^(?:\[[^\]\n]{1,64}\] )?(?:PHP )?Fatal error: {1,2}Uncaught /;
const PHP_TRACE = '\nStack trace:\n#';
/** Monolog's text form of an exception, as Laravel and Symfony print it. */
const MONOLOG_OBJECT = /\[object\] \(([\w\\]{1,256})\(code: [^)\n]{0,32}\): ([^\n]*)/;
const MONOLOG_START = '[object] (';
/**
 * What may end the object: the bracket of Monolog's line, of its context in a JSON record, or the end of the text.
 */
const OBJECT_ENDS = ']})\n';
const ELIXIR = /(?:^|\n)\*\* \(([\w.]{1,256})\) ([^\n]*)\n {4}\S/;
const FRAME_FORMS = [
  /(?:^|\n)[ \t\u00a0]*(?:at |File "|#\d{1,4} |\d{1,4}: )/,
  /\.\w{1,10}:\d{1,8}(?:[\s:),]|$)/,
  /:line \d/,
] as const;

/** The exception whose stack trace the text holds; undefined for any other text, even of many lines. */
export function readStackText(text: string): LogException | undefined {
  const lines = toLines(text);
  return lines === undefined ? readStackLine(text) : readStackLines(lines);
}

/** Like readStackText, for a text of one line: most lines are, so this path is kept cheap. */
export function readStackLine(text: string): LogException | undefined {
  return readMonolog(text) ?? (isRustPanic(text) ? readRust(text) : undefined);
}

/** Like readStackText, for a text of several lines. */
export function readStackLines(lines: string): LogException | undefined {
  return (
    readRuby(lines) ??
    readPython(lines) ??
    readPanic(lines) ??
    readPhp(lines) ??
    readAtFrames(lines) ??
    readElixir(lines)
  );
}

/** Undefined for a text of one line. Node's stdout fallback joins the lines of one message by \r. */
export function toLines(text: string): string | undefined {
  if (text.includes('\n')) return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return text.includes('\r') ? text.replaceAll('\r', '\n') : undefined;
}

/**
 * True if the value of a member called `stack` consists of frames and is not, say, the name of a CloudFormation
 * stack.
 */
export function looksLikeFrames(text: string): boolean {
  const [start, place, line] = FRAME_FORMS;
  if (start.test(text) || text.includes(TRACEBACK)) return true;
  // A single `node.js:20` is the name of an image.
  const isPlace = text.includes('\n') || text.includes(':in ') || line.test(text);
  return isPlace && (place.test(text) || line.test(text));
}

function readPython(text: string): LogException | undefined {
  const first = text.indexOf(TRACEBACK);
  if (first === -1) return undefined;
  if (GROUP.test(text)) return readGroup(text);
  const plain = text.replaceAll('\u00a0', ' ');
  const framed = readFramed(plain, first);
  // In a chain of errors the last one is the error that was finally raised.
  const last = plain.lastIndexOf(TRACEBACK);
  const error = PYTHON_ERROR.exec(errorAfterFrames(plain.slice(last + TRACEBACK.length)));
  if (error !== null) {
    const exception = toException(error[1], error[2], plain.slice(first));
    return framed === undefined ? exception : { ...exception, isRuntimeReport: true };
  }
  return framed ?? toException(undefined, plain.slice(0, first), plain.slice(first));
}

/** Lambda's Python runtime reports an uncaught error with `[ERROR] Type: message` before the trace. */
function readFramed(text: string, end: number): LogException | undefined {
  const frame = text.lastIndexOf(`\n${FRAMED_ERROR}`, end) + 1;
  if (!text.startsWith(FRAMED_ERROR, frame)) return undefined;
  const start = frame + FRAMED_ERROR.length;
  const error = PYTHON_ERROR.exec(text.slice(start, end).trimEnd());
  if (error === null) return undefined;
  return { ...toException(error[1], error[2], text.slice(start)), isRuntimeReport: true };
}

/** In an exception group the group's own traceback has a margin, and those of the errors within it a wider one. */
function readGroup(text: string): LogException {
  const error = /\n {2}\| (?! )([\w.]{1,256}): ([^\n]*)/.exec(text);
  return toException(error?.[1], error?.[2], text);
}

/** What follows the indented frames, up to the next paragraph. loguru marks a frame with `>`. */
function errorAfterFrames(afterTraceback: string): string {
  const start = /\n(?=[^\s>])/.exec(afterTraceback);
  if (start === null) return '';
  return afterTraceback.slice(start.index + 1).trimEnd();
}

function readAtFrames(text: string): LogException | undefined {
  const frame = AT_FRAME.exec(text);
  if (frame === null) return undefined;
  const lines = text.slice(0, frame.index).split('\n', MAX_HEAD_LINES);
  const found = findSurest(lines);
  if (found === undefined) return readBun(text, lines);
  const { head, index } = found;
  const rest = lines.slice(index + 1);
  // Deno shows the source line of the error with a caret below it.
  const hasSource = rest.some((line) => /^\s*[\^~]+\s*$/.test(line));
  const message = [head.message, ...(hasSource ? [] : rest)].join('\n');
  const start = lines.slice(0, index).reduce((length, line) => length + line.length + 1, 0);
  const stacktrace = text.slice(start + head.start);
  const exception = toException(head.type, message.split(INNER_EXCEPTION, 1)[0], stacktrace);
  const isReport = UNCAUGHT.test(lines[index] ?? '') || isJavaReport(lines, head);
  return isReport ? { ...exception, isRuntimeReport: true } : exception;
}

/** Bun prints `error:` for the plain Error class. */
function readBun(text: string, [first = '']: readonly string[]): LogException | undefined {
  if (!first.startsWith('error: ')) return undefined;
  const exception = toException(undefined, first.slice('error: '.length), text);
  return { ...exception, isRuntimeReport: true };
}

function findSurest(
  lines: readonly string[],
): { readonly head: ErrorHead; readonly index: number } | undefined {
  let surest: { readonly head: ErrorHead; readonly index: number } | undefined;
  for (const [index, line] of lines.entries()) {
    const head = readErrorHead(line);
    if (head !== undefined && head.doubt < (surest?.head.doubt ?? 3)) surest = { head, index };
    if (surest?.head.doubt === 0) break;
  }
  return surest;
}

/** Java's runtime puts `message: Type` before the trace that begins with `Type`. */
function isJavaReport([first = '', second = '']: readonly string[], { type }: ErrorHead): boolean {
  return second.startsWith(type) && (first.endsWith(`: ${type}`) || first === type);
}

function readPanic(text: string): LogException | undefined {
  const head = text.slice(0, MAX_PANIC_HEAD_LENGTH);
  return (
    (text.includes('goroutine ') ? readGoPanic(text, head) : undefined) ?? readRust(head, text)
  );
}

function readGoPanic(text: string, head: string): LogException | undefined {
  const match = /(?:^|\n)(panic|fatal error): ([^\n]*)/.exec(head);
  if (match === null) return undefined;
  const exception = toException(match[1], match[2], text.slice(match.index).trimStart());
  return { ...exception, isRuntimeReport: true };
}

/** Checks for `thread '` at the beginning; kept cheap because every line pays for it. */
function isRustPanic(text: string): boolean {
  return text.charCodeAt(7) === 0x27 && text.charCodeAt(0) === 0x74;
}

function readRust(head: string, text = head): LogException | undefined {
  const match = head.includes(' panicked at ') ? RUST_PANIC.exec(head) : null;
  if (match === null) return undefined;
  const exception = toException('panic', match[1] ?? match[2], text.slice(match.index));
  return { ...exception, isRuntimeReport: true };
}

/** With its trace on separate lines, with escaped newlines, or without a trace. */
function readMonolog(text: string): LogException | undefined {
  // Laravel ends its line with a space.
  const end = text.length - 1;
  const last = text.charCodeAt(end) === 0x20 ? end - 1 : end;
  const isObject = OBJECT_ENDS.includes(text.charAt(last));
  const match = isObject && text.includes(MONOLOG_START) ? MONOLOG_OBJECT.exec(text) : null;
  if (match === null) return undefined;
  const [said = ''] = (match[2] ?? '').split(String.raw`\n`, 1);
  return toException(match[1], withoutPlace(said, ' at '), text.slice(match.index));
}

function readPhp(text: string): LogException | undefined {
  const monolog = readMonolog(text);
  if (monolog !== undefined) return monolog;
  const trace = text.indexOf(PHP_TRACE);
  if (trace === -1) return undefined;
  const start = text.lastIndexOf('\n', trace - 1) + 1;
  const line = text.slice(start, trace);
  const prefix = PHP_PREFIX.exec(line)?.[0] ?? '';
  const error = /^([\w\\]{1,256})(?:: (.*))?$/.exec(
    withoutPlace(line.slice(prefix.length), ' in '),
  );
  if (error === null) return undefined;
  const exception = toException(error[1], error[2], text.slice(start));
  return prefix === '' ? exception : { ...exception, isRuntimeReport: true };
}

/** The line without a place such as ` in /var/task/index.php:7` at its end. */
function withoutPlace(line: string, separator: string): string {
  const place = line.lastIndexOf(separator);
  return place === -1 || line.length - place > MAX_PLACE_LENGTH ? line : line.slice(0, place);
}

/** `app.rb:5:in 'pay': no stock (RuntimeError)`, before its frames or, in old versions of Ruby, after them. */
function readRuby(text: string): LogException | undefined {
  const logged = text.includes(':in ') ? RUBY_LOGGED.exec(text) : null;
  if (logged !== null) return toException(logged[2], logged[1], text);
  const rails = text.includes(':in ') ? RAILS_LOGGED.exec(text) : null;
  if (rails !== null) return toException(rails[1], rails[2], text);
  if (!RUBY_FRAME.test(text)) return undefined;
  const isReversed = text.startsWith(TRACEBACK);
  const start = isReversed ? text.trimEnd().lastIndexOf('\n') + 1 : 0;
  const end = text.indexOf('\n', start);
  const line = end === -1 ? text.slice(start) : text.slice(start, end);
  const place = line.indexOf(':in ');
  const message = place === -1 ? -1 : line.indexOf("': ", place);
  const type = /^\(([A-Z]\w*(?:::\w+)*)\)$/.exec(line.slice(line.lastIndexOf(' (') + 1));
  if (message === -1 || type === null) return undefined;
  const said = line.slice(message + "': ".length, line.lastIndexOf(' ('));
  return toException(type[1], said, isReversed ? text : text.slice(start));
}

function readElixir(text: string): LogException | undefined {
  const match = text.includes('** (') ? ELIXIR.exec(text) : null;
  return match === null
    ? undefined
    : toException(match[1], match[2], text.slice(match.index).trimStart());
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

// The line that names an error, such as `shop.StockError: no stock`, before its frames. Each line is looked at once
// and only up to a bounded length, so the cost is linear for any text.

interface ErrorHead {
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
const NAME = /^[\w$]+(?:[.\\/+`][\w$]+)*/;
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

/** Undefined if anything but a message or the end of the line follows. */
function messageBehind(line: string, shown: string, end: number): string | undefined {
  const rest = REST.exec(shown.slice(end));
  return rest === null ? undefined : line.slice(end + rest[0].length);
}
