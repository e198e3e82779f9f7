// Log records one below the other: time, severity, trace id, then the body, wrapped and indented.
import { toPlainValue, toPlainAttributes } from '../otlp/flatten';
import type { FlatLogRecord, PlainAttributes, PlainValue } from '../otlp/flatten';
import type { Color } from './paint';
import { toReadableError } from './readable-error';
import { cut, padEnd, toPrintable, widthOf, wrap } from './terminal-text';
import type { RenderOptions } from './waterfall';

const MAX_BODY_LINES = 8;

/** In the order of their times, as they would stand in a log. */
export function renderLogs(logRecords: readonly FlatLogRecord[], options: RenderOptions): string {
  return [...logRecords]
    .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : Number(timeOf(a) > timeOf(b))))
    .flatMap((flat) => renderLogRecord(flat, options))
    .join('\n');
}

function timeOf({ logRecord }: FlatLogRecord): bigint {
  const { timeUnixNano, observedTimeUnixNano } = logRecord;
  return BigInt(timeUnixNano === '0' ? observedTimeUnixNano : timeUnixNano);
}

function renderLogRecord(flat: FlatLogRecord, { width, paint }: RenderOptions): string[] {
  const { logRecord, scopeName } = flat;
  const time = new Date(Number(timeOf(flat) / 1_000_000n)).toISOString().slice(11, 23);
  const severity = severityOf(logRecord.severityNumber);
  const traceId = logRecord.traceId === '' ? '-' : logRecord.traceId;
  const origin = padEnd(cut(toPrintable(scopeName.split('/').at(-1) ?? ''), 9), 9);
  const head = [
    `  ${paint('dim', time)}`,
    paint(severity.color, padEnd(severity.name, 5)),
    paint('dim', padEnd(traceId, 32)),
    paint('dim', origin),
  ].join(' ');
  const headCells = 2 + 12 + 1 + 5 + 1 + 32 + 1 + 9 + 1;
  // A narrow terminal has the body below, not in a column of a few cells.
  const beside = width - headCells >= 30;
  const indent = beside ? headCells : 4;
  const body = toBodyLines(flat, width - indent);
  // A platform record's body says the same as its attributes.
  const attributes = scopeName.endsWith('/platform')
    ? ''
    : describeAttributes(toPlainAttributes(logRecord.attributes));
  const lines = withAttributes(body, attributes, { cells: width - indent, paint });
  return (
    beside
      ? [`${head} ${lines[0] ?? ''}`, ...below(lines.slice(1), indent)]
      : [head, ...below(lines, indent)]
  ).map((line) => line.trimEnd());
}

function below(lines: readonly string[], indent: number): readonly string[] {
  return lines.map((line) => ' '.repeat(indent) + line);
}

/** Behind a body of one line where there is room, else on a line of their own, cut. */
function withAttributes(
  body: readonly string[],
  attributes: string,
  { cells, paint }: { readonly cells: number; readonly paint: RenderOptions['paint'] },
): readonly string[] {
  if (attributes === '') return body;
  const [only = ''] = body;
  if (body.length === 1 && widthOf(only) + 2 + widthOf(attributes) <= cells)
    return [`${only}  ${paint('dim', attributes)}`];
  return [...body, paint('dim', cut(attributes, cells))];
}

function severityOf(severityNumber: number): { readonly name: string; readonly color: Color } {
  if (severityNumber >= 21) return { name: 'FATAL', color: 'red' };
  if (severityNumber >= 17) return { name: 'ERROR', color: 'red' };
  if (severityNumber >= 13) return { name: 'WARN', color: 'yellow' };
  if (severityNumber >= 9) return { name: 'INFO', color: 'green' };
  if (severityNumber >= 5) return { name: 'DEBUG', color: 'cyan' };
  return { name: severityNumber >= 1 ? 'TRACE' : '-', color: 'dim' };
}

function toBodyLines({ logRecord }: FlatLogRecord, cells: number): readonly string[] {
  const body = toPlainValue(logRecord.body);
  // What is not a line does not say what it is: an event of a type that is new, say.
  const eventName = logRecord.eventName === '' ? '' : `${logRecord.eventName} `;
  const verbatim = typeof body === 'string' ? body : eventName + describe(body);
  const { 'exception.stacktrace': stacktrace } = toPlainAttributes(logRecord.attributes);
  const text = toReadableError(verbatim, stacktrace) ?? verbatim;
  const lines = text.split(/\r?\n/).flatMap((line) => wrap(toPrintable(line), Math.max(20, cells)));
  if (lines.length <= MAX_BODY_LINES) return lines;
  return [
    ...lines.slice(0, MAX_BODY_LINES - 1),
    `… ${lines.length - MAX_BODY_LINES + 1} more lines`,
  ];
}

/** What the columns show already, or every record of a request repeats. */
const SHOWN = /^faas\.invocation[._]id$|^exception\.(?:stacktrace|message|type)$/;

function describeAttributes(attributes: PlainAttributes): string {
  return Object.entries(attributes)
    .filter(([key]) => !SHOWN.test(key))
    .map(([key, value]) => toPrintable(`${key}=${describe(value)}`))
    .join(' ');
}

function describe(value: PlainValue): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? item.toString() : item,
  );
}
