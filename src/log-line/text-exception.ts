// The exception of a text line: what a runtime reports in a form of its own (Node.js, Bref, Python, .NET, the
// platform itself), or else a stack trace within the text.
import { SeverityNumber } from '@opentelemetry/api-logs';
import { readErrorObject } from './exception';
import { readJsonObject } from './limited-value';
import type { LogException } from './log-line';
import type { Severity } from './severity';
import { isErrorName } from './error-head';
import { readStackLine, readStackLines, readStackText, splitFrames, toLines } from './stack-text';

const PLATFORM_ERROR = /^RequestId: \S{1,128} Error: ([^\n]*)\n([A-Z]\w{0,64}\.\w{1,64})\s*$/;
/** The titles that Node.js's runtime and Bref give to uncaught errors. */
const NODE_REPORT =
  /^(?:Invoke Error|Init Error|Uncaught Exception|Unhandled Promise Rejection)(?=\s|$)/;
/**
 * What Python's runtime prints when there is no trace: the handler's module cannot be imported, or the code exits.
 */
const PYTHON_REPORT = /^\[ERROR\] ((?:\w{1,128}\.){0,8}[A-Z]\w{0,128})(?:: ?(.*))?$/;
/** Ruby's runtime prints what happened and then the error as JSON over many lines. */
const RUBY_REPORT =
  /^(?:Error raised from handler method|Init error when loading handler [^\n]{0,256})\s*\n(?=\{)/;
/** Frames as zap's console and pkg/errors (`%+v`) print them below the line: the function, then its place. */
const GO_FRAMES = /\n[\w./*(){}-]{1,256}\n\t[^\s:]{1,512}\.go:\d{1,8}/;
const GO_TIME = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d{6})? /;
const PYTHON_WARNING = 'LAMBDA_WARNING: Unhandled exception';
const MAX_WARNING_LENGTH = 1024;
/** What .NET's runtime calls the level of stderr, where it prints uncaught errors. */
const DOTNET_ERROR = 'fail';
const DOTNET_TRACE = /^[\w.+`]{1,256}(?:: [^\n]*)?\n(?:[^\n]{0,512}\n){0,8}? {3}at /;

/** `level`: the one in the line's head, if it has one. */
export function readTextException(
  text: string,
  level: Severity | undefined,
): LogException | undefined {
  const isError = level?.number !== undefined && level.number >= SeverityNumber.ERROR;
  if (isError || text.startsWith(PYTHON_WARNING)) {
    const reported = readJsonReport(text) ?? readPlatformError(text) ?? readPythonReport(text);
    if (reported !== undefined) return reported;
  }
  const lines = toLines(text);
  if (lines === undefined) return readStackLine(text) ?? (isError ? readJoined(text) : undefined);
  const exception = readRubyReport(text) ?? readStackLines(lines, isError) ?? readGoFrames(text);
  if (exception === undefined || level?.text !== DOTNET_ERROR) return exception;
  return DOTNET_TRACE.test(text) ? { ...exception, isRuntimeReport: true } : exception;
}

/** True for the message with which a runtime reports an uncaught error. */
export function isReportTitle(text: string): boolean {
  return NODE_REPORT.test(text);
}

/** Reads a title, a tab, and the error as JSON. */
function readJsonReport(text: string): LogException | undefined {
  const start = text.endsWith('}') ? text.indexOf('\t{"') : -1;
  if (start === -1) return undefined;
  const error = readJsonObject(text.slice(start + 1));
  const exception = error && readErrorObject(error);
  if (exception === undefined || !isReportTitle(text)) return exception;
  return { ...exception, isRuntimeReport: true };
}

function readRubyReport(text: string): LogException | undefined {
  const title = text.endsWith('}') ? RUBY_REPORT.exec(text) : null;
  const error = title === null ? undefined : readJsonObject(text.slice(title[0].length));
  const exception = error && readErrorObject(error);
  return exception && { ...exception, isRuntimeReport: true };
}

/**
 * The message is zap's `error` field, or else the text of the line. A stack that was printed alone is not an error.
 */
function readGoFrames(text: string): LogException | undefined {
  // The last frame ends with a line number.
  const last = text.charCodeAt(text.length - 1);
  const isPlace = last >= 0x30 && last <= 0x39 && text.includes('.go:');
  const frames = isPlace ? GO_FRAMES.exec(text) : null;
  if (frames === null) return undefined;
  const line = text.slice(text.lastIndexOf('\n', frames.index - 1) + 1, frames.index);
  if (line === '' || line.startsWith('goroutine ')) return undefined;
  const fields = readJsonObject(line.slice(line.indexOf('\t{') + 1));
  const said = fields?.['error'];
  const message = typeof said === 'string' ? said : line.replace(GO_TIME, '');
  return { message, stacktrace: text.slice(frames.index + 1).trimEnd() };
}

function readJoined(text: string): LogException | undefined {
  const lines = splitFrames(text);
  return lines === text ? undefined : readStackLines(lines);
}

function readPlatformError(text: string): LogException | undefined {
  const match = PLATFORM_ERROR.exec(text);
  if (match === null) return undefined;
  const [, message = '', type = ''] = match;
  return { type, ...(message !== '' && { message }), isRuntimeReport: true };
}

function readPythonReport(text: string): LogException | undefined {
  const warning = text.startsWith(PYTHON_WARNING) ? text.slice(0, MAX_WARNING_LENGTH) : '';
  const start = warning === '' ? 0 : warning.indexOf('[ERROR] ');
  if (start === -1) return undefined;
  const report = text.slice(start);
  if (/[\n\r]\S/.test(report.trimEnd())) return start === 0 ? undefined : readStackText(report);
  const [, type = '', message = ''] = PYTHON_REPORT.exec(report.trimEnd()) ?? [];
  const isReport = isErrorName(type) || /^Runtime\.|Exit$|Interrupt$/.test(type);
  if (!isReport) return undefined;
  return { type, ...(message !== '' && { message }), isRuntimeReport: true };
}
