// Stack traces that a runtime prints to stderr line by line: finds which lines of a sequence form one trace. Each
// line is looked at a bounded number of times, so the cost is linear.
import { isErrorName, readErrorHead } from './error-head';
import { TRACEBACK } from './python-trace';

export interface LineRange {
  readonly start: number;
  /** The index after the last line. */
  readonly end: number;
}

type Lines = readonly (string | undefined)[];

/** A longer trace is cut, as the lines may be the output of a program that never ends. */
const MAX_LINES = 1000;
const MAX_CHARACTERS = 262_144;
const MAX_SHOWN = 512;
const PYTHON_CHAIN =
  /^(?:During handling of the above exception|The above exception was the direct cause)/;
const PYTHON_ERROR = /^((?:\w{1,128}\.){0,16}\w{1,128})(?:: |:?$)/;
const PYTHON_FILE = /^(?: {2}|> )File "/;
const PYTHON_GROUP = /^ {2}\+ Exception Group Traceback /;
const LAMBDA_ERROR = '[ERROR] ';
const GO_PANIC = /^(?:panic|fatal error): /;
const GO_LINE =
  /^(?:$|\t|goroutine \d|runtime stack:|\[signal |created by |exit status \d|panic: |[\w./*()[\]{}-]+\(.{0,256}\)$)/;
const RUST_PANIC = /^thread '.{0,128} panicked at /;
const RUST_LINE = /^(?:note: |stack backtrace:| {1,6}\d{1,4}: | +at )/;
const RUST_MAIN = /^Error: ./;
const RUST_CAUSE = 'Caused by:';
const DART = 'Unhandled exception:';
const PHP_NEXT = /^Next [\w\\]{1,256}: /;
/** Ruby's frames as people print them; `text (Type)` or `Type: text` above them names the error. */
const RUBY_FRAME = /^\S{1,256}:\d{1,8}:in [`'][^'\n]{0,256}'$/;
const TYPE_BEHIND = / \([A-Z][\w:]{0,128}\)$/;
/** How many lines an error's message may have before its frames. */
const MAX_MESSAGE_LINES = 8;
/** A line of another record cannot be part of a message. */
const OTHER_RECORD = /^(?:[[{]|\d{4}[-/])/;
const JAVA_REPORT = /^(?:.{0,512}: )?((?:[\w$]{1,128}\.){1,16}[\w$]{1,128})$/;
const FRAMES = [
  // Node.js, Java and .NET: followed by a place or by parentheses behind a name.
  /^[ \t\u00a0]+at (?:async |<anonymous>|[^\n]{0,480}(?:\S\(|:\d| \((?:<anonymous>|index \d|native|eval at )))/,
  // Java
  /^(?:\s{0,64}Caused by: |\s+Suppressed: |\s+\.\.\. \d+ (?:more|common frames)|\s+\[CIRCULAR REFERENCE: )/,
  // .NET
  /^(?: +---> | *--- End of (?:inner exception stack trace|stack trace from previous location))/,
  // Ruby
  /^[ \t]+(?:from \S{1,256}:\d|\d{1,4}: from )/,
  // PHP and Dart
  /^(?:Stack trace:|\[stacktrace\]|#\d{1,4} +\S| {2}thrown in |<asynchronous suspension>)/,
  // Lua
  /^(?:stack traceback:$|\t(?:\[C\]|[^\s:]{1,256}:\d{1,8}): in )/,
  // C++
  /^ {2}what\(\): /,
  // Elixir
  /^ {4}\([\w.]{1,64} [\w.+-]{1,32}\) \S{1,256}:\d+: /,
] as const;

/** True if the line may begin or continue a trace; only then are the lines around it looked at. */
export function isTracePart(text: string): boolean {
  switch (text.charCodeAt(0)) {
    case 0x09: // \t
    case 0x20:
    case 0xa0:
    case 0x23: // #
    case 0x2d: // -
      return isFrame(text) || PYTHON_GROUP.test(text);
    case 0x2f: // /
      return RUBY_FRAME.test(withoutNewline(text));
    case 0x43: // C
      return text.startsWith(RUST_CAUSE);
    case 0x54: // T
      return text.startsWith(TRACEBACK);
    case 0x53: // S
    case 0x73: // s
      return isFrame(withoutNewline(text));
    case 0x66: // f
    case 0x70: // p
      return GO_PANIC.test(text);
    case 0x74: // t
      return RUST_PANIC.test(text);
    default:
      return false;
  }
}

/**
 * The ranges of two or more lines that each form one trace; undefined in `lines` stands for a record that is not
 * text.
 */
export function findTraces(lines: Lines): readonly LineRange[] {
  const ranges: LineRange[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = Math.max(start + 1, bounded(lines, start, endOfTrace(lines, start)));
    if (end > start + 1) ranges.push({ start, end });
    start = end;
  }
  return ranges;
}

function bounded(lines: Lines, start: number, end: number): number {
  let characters = 0;
  for (let index = start; index < end; index += 1) {
    characters += lineAt(lines, index).length;
    if (index - start >= MAX_LINES || characters > MAX_CHARACTERS) return index;
  }
  return end;
}

function endOfTrace(lines: Lines, start: number): number {
  const first = lineAt(lines, start);
  if (first === '' || first.startsWith('{')) return start + 1;
  if (first.startsWith(TRACEBACK)) return endOfPython(lines, start);
  if (first.startsWith(LAMBDA_ERROR) && lineAt(lines, start + 1).startsWith(TRACEBACK)) {
    return endOfIndented(lines, start + 2);
  }
  if (PYTHON_GROUP.test(first)) return endOf(lines, start + 1, (line) => /^ +[|+]/.test(line));
  if (GO_PANIC.test(first)) return endOfGo(lines, start);
  if (RUST_PANIC.test(first)) return endOfRust(lines, start, first);
  if (RUST_MAIN.test(first) && isEmpty(lines, start + 1)) return endOfRustMain(lines, start);
  return endOfChain(lines, start);
}

/** PHP prints the error that another one led to behind an empty line. */
function endOfChain(lines: Lines, start: number): number {
  let end = endOfFrames(lines, start);
  while (end - start < MAX_LINES && isEmpty(lines, end)) {
    if (!PHP_NEXT.test(lineAt(lines, end + 1))) break;
    end = endOfFrames(lines, end + 1);
  }
  return end;
}

/** Frames are indented; the line after them is the error. A chained traceback may follow. */
function endOfPython(lines: Lines, start: number): number {
  let end = start;
  for (let next = start; next < start + MAX_LINES;) {
    end = endOfPythonFrames(lines, next + 1);
    const name = PYTHON_ERROR.exec(lineAt(lines, end))?.[1];
    if (name === undefined) return end;
    if (!isErrorName(name) && !lineAt(lines, end).includes(': ')) return end;
    end += 1;
    next = skipEmpty(lines, end);
    if (!PYTHON_CHAIN.test(lineAt(lines, next))) return end;
    next = skipEmpty(lines, next + 1);
    if (!lineAt(lines, next).startsWith(TRACEBACK)) return end;
  }
  return end;
}

/** loguru puts an empty line around the frames, and marks the frame that caught the error. */
function endOfPythonFrames(lines: Lines, start: number): number {
  let end = endOf(lines, start, isPythonFrame);
  while (end - start < MAX_LINES && isEmpty(lines, end)) {
    const next = lineAt(lines, end + 1);
    if (isErrorName(PYTHON_ERROR.exec(next)?.[1] ?? '')) return end + 1;
    if (!PYTHON_FILE.test(next)) return end;
    end = endOf(lines, end + 1, isPythonFrame);
  }
  return end;
}

function isPythonFrame(line: string): boolean {
  return /^[ \u00a0]/.test(line) || PYTHON_FILE.test(line);
}

function endOfIndented(lines: Lines, start: number): number {
  return endOf(lines, start, (line) => /^[ \u00a0]/.test(line));
}

function endOfGo(lines: Lines, start: number): number {
  let end = endOf(lines, start + 1, (line) => GO_LINE.test(line));
  while (end > start + 1 && lineAt(lines, end - 1) === '') end -= 1;
  return end;
}

/** Since Rust 1.73 the message is on lines of its own. */
function endOfRust(lines: Lines, start: number, first: string): number {
  const isRust = (line: string): boolean => RUST_LINE.test(line);
  const message = start + (/:\s*$/.test(first) ? 1 : 0);
  if (lines[message] === undefined) return start + 1;
  return endOf(lines, endOfMessage(lines, message, isRust), isRust);
}

/** Where the frames begin behind a message that starts at `start`; the next line if none follow. */
function endOfMessage(lines: Lines, start: number, isPart: (line: string) => boolean): number {
  for (let end = start + 1; end <= start + MAX_MESSAGE_LINES; end += 1) {
    const line = lineAt(lines, end);
    if (isPart(line)) return end;
    if (lines[end] === undefined || OTHER_RECORD.test(line) || nameOf(line) !== undefined) break;
  }
  return start + 1;
}

/** The error's name that the line begins with. */
function nameOf(line: string): string | undefined {
  const head = readErrorHead(line);
  return head?.doubt === 0 ? head.type : undefined;
}

/** What a Rust program prints whose `main` returns an error, with an empty line below it. */
function endOfRustMain(lines: Lines, start: number): number {
  const isCaused = lineAt(lines, start + 2) === RUST_CAUSE;
  return isCaused ? endOf(lines, start + 3, (line) => line.startsWith('    ')) : start + 1;
}

function startOfFrames(lines: Lines, start: number): number {
  const first = lineAt(lines, start);
  const isDart = first === DART && lines[start + 1] !== undefined;
  if (isDart || isJavaReport(lines, start)) return start + 2;
  return nameOf(first) === undefined ? start + 1 : endOfMessage(lines, start, isFrame);
}

function endOfFrames(lines: Lines, start: number): number {
  const first = lineAt(lines, start);
  if (RUBY_FRAME.test(lineAt(lines, start + 1))) {
    const doubt = readErrorHead(first)?.doubt ?? 2;
    const isError = doubt < 2 || TYPE_BEHIND.test(first);
    return isError ? endOf(lines, start + 1, (line) => RUBY_FRAME.test(line)) : start + 1;
  }
  const firstFrame = startOfFrames(lines, start);
  const end = endOf(lines, firstFrame, isFrame);
  if (end === firstFrame) return start + 1;
  // Node.js prints an error's own properties in braces after the last frame.
  if (
    !lineAt(lines, end - 1)
      .trimEnd()
      .endsWith('{')
  )
    return end;
  const close = endOf(lines, end, (line) => /^(?: {2}|$)/.test(line));
  return lineAt(lines, close).startsWith('}') ? close + 1 : end;
}

/** Java's runtime puts `message: Type` before the trace that begins with `Type`. */
function isJavaReport(lines: Lines, start: number): boolean {
  const type = JAVA_REPORT.exec(lineAt(lines, start))?.[1];
  return type !== undefined && lineAt(lines, start + 1).startsWith(type);
}

function isFrame(line: string): boolean {
  return FRAMES.some((form) => form.test(line));
}

function endOf(lines: Lines, start: number, isPart: (line: string) => boolean): number {
  let end = start;
  while (end < lines.length && end - start < MAX_LINES && lines[end] !== undefined) {
    if (!isPart(lineAt(lines, end))) break;
    end += 1;
  }
  return end;
}

function skipEmpty(lines: Lines, start: number): number {
  let next = start;
  while (next < start + 2 && isEmpty(lines, next)) next += 1;
  return next;
}

function isEmpty(lines: Lines, index: number): boolean {
  return lines[index] !== undefined && lineAt(lines, index) === '';
}

/** The part of the line that matters for its form, without the newline. */
function lineAt(lines: Lines, index: number): string {
  return withoutNewline(lines[index] ?? '');
}

function withoutNewline(text: string): string {
  return text.slice(0, MAX_SHOWN).replace(/\r?\n$/, '');
}
