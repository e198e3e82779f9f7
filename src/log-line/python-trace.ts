// Python's tracebacks in a text: plain, in chains and groups, indented, as Lambda's runtime and as rich print them.
import { toException } from './error-head';
import type { LogException } from './log-line';

export const TRACEBACK = 'Traceback (most recent call last):';
const RICH_TITLE = '\u2500 Traceback (most recent call last) \u2500';
const RICH_END = '\u256f\n';
const GROUP = /(?:^|\n) {2}\+ Exception Group Traceback /;
/** Python's `Type: message`, or the type alone if the message is empty. */
const PYTHON_ERROR = /^((?:\w+\.)*[A-Za-z_]\w*)(?:: ?([^]*))?$/;
/** How Lambda frames an uncaught error in Python and, for lines with a level, in Java's text format. */
const FRAMED_ERROR = '[ERROR] ';

export function readPython(text: string): LogException | undefined {
  const first = text.indexOf(TRACEBACK);
  if (first === -1) return text.includes(RICH_TITLE) ? readRich(text) : undefined;
  if (GROUP.test(text)) return readGroup(text);
  const plain = text.replaceAll('\u00a0', ' ');
  const framed = readFramed(plain, first);
  // In a chain of errors the last one is the error that was finally raised.
  const last = plain.lastIndexOf(TRACEBACK);
  const error = PYTHON_ERROR.exec(errorAfterFrames(withoutMargin(plain, last)));
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

/** What follows the title at `start`, without the indentation that the title itself has. */
function withoutMargin(text: string, start: number): string {
  const margin = text.slice(text.lastIndexOf('\n', start) + 1, start);
  const frames = text.slice(start + TRACEBACK.length);
  return margin === '' || margin.trim() !== '' ? frames : frames.replaceAll(`\n${margin}`, '\n');
}

/** The package rich draws a box around the frames; the error stands below the last one. */
function readRich(text: string): LogException | undefined {
  const end = text.lastIndexOf(RICH_END);
  const error = end === -1 ? null : PYTHON_ERROR.exec(text.slice(end + RICH_END.length).trim());
  if (error === null) return undefined;
  const start = text.lastIndexOf('\n', text.indexOf(RICH_TITLE)) + 1;
  return toException(error[1], error[2], text.slice(start));
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
