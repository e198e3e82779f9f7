// Exceptions printed as text: the stack traces of Python, Node.js, Java, .NET, Ruby, Go, Rust, PHP and Elixir, as
// their runtimes and loggers print them. Text without a trace is not an exception. All forms are searched for in one
// pass over the text.
import { isUncaught, readErrorHead, toException } from './error-head';
import type { ErrorHead } from './error-head';
import { readFramesBelow } from './frames-below';
import type { LogException } from './log-line';
import { readPython, TRACEBACK } from './python-trace';

/** In Node.js, Java and .NET an indented `at` begins each frame. */
const AT_FRAME = /\n[ \t\u00a0]+at /;
const RUBY_FRAME = /\n[ \t]+(?:from |\d{1,4}: from )/;
/** Ruby's Logger writes `message (Type)` with the backtrace below it. */
const RUBY_LOGGED = /^([^\n]*) \(([A-Z]\w*(?:::\w+)*)\)\n[^\s:]{1,256}:\d{1,8}:in [`']/;
/** Rails writes the trace below `Type (message):` and an empty line. */
const RAILS_LOGGED =
  /^\s{0,8}([A-Z]\w*(?:::\w+)*) \(([^\n]*)\):\s*\n(?:[^\n]{1,512}\n)?\s{0,8}[^\s:]{1,256}:\d{1,8}:in [`']/;
const INNER_EXCEPTION = '\n ---> ';
const BUN_ERROR = 'error: ';
const JOINED_FRAME = '    at ';
const JOINED_FRAMES = /(?:\\n)? {4}at /g;
/** What C++ and OCaml print of an uncaught error, and a Rust program whose `main` returns one. */
const CPP =
  /^terminate called (?:after throwing an instance of '([^'\n]{1,256})'(?:\n {2}what\(\): {1,2}([^\n]*))?|(without an active exception))/;
const OCAML = /^Fatal error: exception ([A-Z][\w.]{0,255})(?:\((?:"([^"\n]*)"\)|([^\n]*)\)))?/;
const RUST_MAIN = /^Error: ([^\n]*)\n\nCaused by:\n {4}\S/;
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

/** Like readStackText, for a text in a member of a record: whatever its words are, it is no report of the runtime. */
export function readLoggedStack(text: string): LogException | undefined {
  const exception = readStackText(text);
  return exception && toException(exception.type, exception.message, exception.stacktrace);
}

/** Like readStackText, for a text of one line: most lines are, so this path is kept cheap. */
export function readStackLine(text: string): LogException | undefined {
  return readMonolog(text) ?? readLastWords(text);
}

/** Like readStackText, for a text of several lines. `isError`: the line has a level of ERROR or above. */
export function readStackLines(lines: string, isError = false): LogException | undefined {
  return (
    readRuby(lines) ??
    readPython(lines) ??
    readPanic(lines) ??
    readPhp(lines) ??
    readAtFrames(lines) ??
    readElixir(lines) ??
    readFramesBelow(lines, isError) ??
    readLastWords(lines)
  );
}

/**
 * Frames that a logger put into one line are split again: .NET's console replaces each newline by a space, winston's
 * text holds them escaped.
 */
export function splitFrames(text: string): string {
  const isJoined = !text.includes('\n') && text.includes(JOINED_FRAME);
  return isJoined ? text.replace(JOINED_FRAMES, '\n   at ') : text;
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
  const isReport = isUncaught(lines[index] ?? '') || isJavaReport(lines, head);
  return isReport ? { ...exception, isRuntimeReport: true } : exception;
}

/** Bun prints `error:` for the plain Error class, below the lines of the source if it has them. */
function readBun(text: string, lines: readonly string[]): LogException | undefined {
  const index = lines.findIndex((line) => line.startsWith(BUN_ERROR));
  const isBelowSource = index > 0 && /^\s*\^\s*$/.test(lines[index - 1] ?? '');
  if (index !== 0 && !isBelowSource) return undefined;
  const message = (lines[index] ?? '').slice(BUN_ERROR.length);
  const start = lines.slice(0, index).reduce((length, line) => length + line.length + 1, 0);
  return { ...toException(undefined, message, text.slice(start)), isRuntimeReport: true };
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
  // net/http survives a handler's panic.
  const served = match === null ? /http: (panic) serving \S{1,64}: ([^\n]*)/.exec(head) : null;
  const [, type, message] = match ?? served ?? [];
  if (type === undefined) return undefined;
  const start = match?.index ?? served?.index;
  const exception = toException(type, message, text.slice(start).trimStart());
  return match === null ? exception : { ...exception, isRuntimeReport: true };
}

/** What a runtime says last, without frames; kept cheap because every line pays for it. */
function readLastWords(text: string): LogException | undefined {
  switch (text.charCodeAt(0)) {
    case 0x74: // t
      return text.charCodeAt(7) === 0x27 ? readRust(text) : readCpp(text);
    case 0x46: // F
      return readOcaml(text);
    case 0x45: // E
    case 0x55: // U
    case 0x65: // e
      return readUncaught(text) ?? readRustMain(text);
    default:
      return undefined;
  }
}

function readUncaught(text: string): LogException | undefined {
  const [line = ''] = isUncaught(text) ? text.split('\n', 1) : [];
  const head = readErrorHead(line);
  if (head === undefined || head.doubt > 0) return undefined;
  return { ...toException(head.type, head.message), isRuntimeReport: true };
}

function readCpp(text: string): LogException | undefined {
  const match = text.startsWith('terminate called ') ? CPP.exec(text) : null;
  if (match === null) return undefined;
  const [whole, type, what, without] = match;
  return { ...toException(type, without === undefined ? what : whole), isRuntimeReport: true };
}

function readOcaml(text: string): LogException | undefined {
  const match = OCAML.exec(text);
  if (match === null) return undefined;
  const frames = text.includes('\n') ? text : undefined;
  return { ...toException(match[1], match[2] ?? match[3], frames), isRuntimeReport: true };
}

function readRustMain(text: string): LogException | undefined {
  const message = RUST_MAIN.exec(text)?.[1];
  return message === undefined ? undefined : toException(undefined, message, text);
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
