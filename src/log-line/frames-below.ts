// Frames below a line that says what happened, in languages whose frames have no words of their own: Ruby's backtrace
// as people print it, and what Lua, Julia, Haskell, Crystal and Dart print of an uncaught error.
import { readErrorHead, toException } from './error-head';
import type { LogException } from './log-line';

/** Printed for an error and for nothing else. */
const SURE =
  /\n(?:stack traceback:\n|Stacktrace:\n {1,2}\[1\] |CallStack \(from HasCallStack\):\n|#0 {3,16}[^\n(]{1,256}\([^\n)]{1,512}:\d{1,8}(?::\d{1,8})?\)(?:\n|$)| {2}from [^\s:]{1,256}:\d{1,8}:\d{1,8} in '[^'\n]{1,512}'(?:\n|$))/;
/** Ruby's, which people also print to see who called. */
const RUBY = /\n[^\s:]{1,256}:\d{1,8}:in [`']/;
const PREFIX = /^(?:lua[\w.]{0,8}: |ERROR: |Unhandled exception: )/;
/** `no stock (Shop::Sold)` */
const TYPE_BEHIND = /^(.*) \(([A-Z]\w*(?:::\w+)*)\)$/;
const UNHANDLED = /(?:^|\n)Unhandled exception:(?: |\n)/;

/** `isError`: the line has a level of ERROR or above, so that Ruby's frames are those of an error. */
export function readFramesBelow(text: string, isError: boolean): LogException | undefined {
  const sure = SURE.exec(text);
  const frames = sure ?? (text.includes(':in ') ? RUBY.exec(text) : null);
  if (frames === null) return undefined;
  const start = text.lastIndexOf('\n', frames.index - 1) + 1;
  const line = text.slice(start, frames.index);
  const exception = readLine(line, text.slice(start));
  if (exception === undefined) return undefined;
  if (sure === null && exception.type === undefined && !isError) return undefined;
  const isReport = sure !== null && UNHANDLED.test(text.slice(0, frames.index));
  return isReport ? { ...exception, isRuntimeReport: true } : exception;
}

function readLine(line: string, stacktrace: string): LogException | undefined {
  const said = line.replace(PREFIX, '');
  if (said.trim() === '') return undefined;
  const behind = TYPE_BEHIND.exec(said);
  if (behind !== null) return toException(behind[2], behind[1], stacktrace);
  const head = readErrorHead(said);
  const isNamed = head !== undefined && head.doubt < 2;
  return toException(isNamed ? head.type : undefined, isNamed ? head.message : said, stacktrace);
}
