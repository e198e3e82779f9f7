// Stack traces that a runtime prints to stderr line by line: finds which lines of a sequence form one trace. Each
// line is looked at a bounded number of times, so the cost is linear.
import { isErrorName } from './stack-text';

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
const PYTHON = 'Traceback (most recent call last):';
const PYTHON_CHAIN =
  /^(?:During handling of the above exception|The above exception was the direct cause)/;
const PYTHON_ERROR = /^((?:\w{1,128}\.){0,16}\w{1,128})(?:: |:?$)/;
const PYTHON_FILE = /^(?: {2}|> )File "/;
const PYTHON_GROUP = /^ {2}\+ Exception Group Traceback /;
const LAMBDA_ERROR = '[ERROR] ';
const GO_PANIC = /^(?:panic|fatal error): /;
const GO_LINE =
  /^(?:$|\t|goroutine \d|\[signal |created by |exit status \d|panic: |[\w./*()[\]{}-]+\(.{0,256}\)$)/;
const RUST_PANIC = /^thread '.{0,128} panicked at /;
const RUST_LINE = /^(?:note: |stack backtrace:| {1,6}\d{1,4}: | +at )/;
const JAVA_REPORT = /^(?:.{0,512}: )?((?:[\w$]{1,128}\.){1,16}[\w$]{1,128})$/;
const FRAMES = [
  // Node.js, Java and .NET: followed by a place or parentheses.
  /^[ \t\u00a0]+at (?:async |<anonymous>|[^\n]{0,480}(?:\(|:\d))/,
  // Java
  /^(?:\s{0,64}Caused by: |\s+Suppressed: |\s+\.\.\. \d+ (?:more|common frames))/,
  // .NET
  /^(?: +---> | *--- End of (?:inner exception stack trace|stack trace from previous location))/,
  // Ruby
  /^[ \t]+(?:from \S{1,256}:\d|\d{1,4}: from )/,
  // PHP
  /^(?:Stack trace:|\[stacktrace\]|#\d{1,4} \S| {2}thrown in )/,
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
    case 0x43: // C
      return text.startsWith('Caused by: ');
    case 0x54: // T
      return text.startsWith(PYTHON);
    case 0x53: // S
      return text.startsWith('Stack trace:');
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
  if (first.startsWith(PYTHON)) return endOfPython(lines, start);
  if (first.startsWith(LAMBDA_ERROR) && lineAt(lines, start + 1).startsWith(PYTHON)) {
    return endOfIndented(lines, start + 2);
  }
  if (PYTHON_GROUP.test(first)) return endOf(lines, start + 1, (line) => /^ +[|+]/.test(line));
  if (GO_PANIC.test(first)) return endOfGo(lines, start);
  if (RUST_PANIC.test(first)) return endOfRust(lines, start, first);
  return endOfFrames(lines, start);
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
    if (!lineAt(lines, next).startsWith(PYTHON)) return end;
  }
  return end;
}

/** loguru puts an empty line around the frames, and marks the frame that caught the error. */
function endOfPythonFrames(lines: Lines, start: number): number {
  let end = endOf(lines, start, isPythonFrame);
  while (end - start < MAX_LINES && lines[end] !== undefined && lineAt(lines, end) === '') {
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

/** Since Rust 1.73 the message is on a line of its own. */
function endOfRust(lines: Lines, start: number, first: string): number {
  const message = start + (/:\s*$/.test(first) ? 1 : 0);
  return endOf(lines, Math.min(message + 1, lines.length), (line) => RUST_LINE.test(line));
}

function endOfFrames(lines: Lines, start: number): number {
  const head = start + (isJavaReport(lines, start) ? 1 : 0);
  const end = endOf(lines, head + 1, isFrame);
  if (end === head + 1) return start + 1;
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
  while (next < start + 2 && lines[next] !== undefined && lineAt(lines, next) === '') next += 1;
  return next;
}

/** The part of the line that matters for its form, without the newline. */
function lineAt(lines: Lines, index: number): string {
  return (lines[index] ?? '').slice(0, MAX_SHOWN).replace(/\r?\n$/, '');
}
