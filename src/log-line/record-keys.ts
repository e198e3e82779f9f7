// Which members of an object record mean something to us. One look at each key says which readers to
// run, so that a record pays only for what it has.
import type { HrTime } from '@opentelemetry/api';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { EXCEPTION_KEYS } from './exception';
import type { LineDraft } from './log-line';
import { readRecordTime } from './record-time';
import {
  addContextId,
  GENERAL_ID_KEYS,
  ID_CONTEXT_KEYS,
  readGeneralId,
  readTrustedId,
  TRUSTED_ID_KEYS,
} from './request-id';
import {
  readPythonLevel,
  readSeverity,
  readSeverityName,
  readSeverityNumber,
  readSyslogLevel,
} from './severity';
import type { Severity } from './severity';
import {
  addNestedTraceContext,
  addTraceContext,
  addXRayTraceId,
  TRACE_CONTEXT_KEYS,
  TRACE_PARENT_KEYS,
  X_RAY_KEYS,
} from './trace-context';

/** Names come before the numbers that stand beside them: `level_name` before Monolog's `level`. */
const SEVERITY_KEYS = [
  'level_name',
  'levelname',
  'levelName',
  'level',
  'severity',
  'log.level',
  'log_level',
  'severityText',
  'severity_text',
  'SeverityText',
  'loglevel',
  'logLevel',
  'LogLevel',
  'Level',
  'Severity',
  'lvl',
  '@l',
  '@level',
] as const;
const TIME_KEYS = [
  'timestamp',
  '@timestamp',
  'time',
  'ts',
  '@t',
  'Timestamp',
  'datetime',
  'eventTime',
  'timeMillis',
  'instant',
  'asctime',
  'date',
  't',
  'timeUnixNano',
] as const;
/** What Lambda's JSON log format writes, and nothing else: the record is the runtime's own. */
const RUNTIME_KEYS = [
  'timestamp',
  'level',
  'log_level',
  'message',
  'requestId',
  'AWSRequestId',
  'logger',
  'location',
  'errorType',
  'errorMessage',
  'stackTrace',
  'tenantId',
  'traceId',
];

const X_RAY_HEADER_START = 'Root=1-';
const INFORMATION = readSeverity('Information');

/** Flags of what a record may hold, by its keys. */
export const HAS_SEVERITY = 1;
export const HAS_TIME = 2;
const HAS_TRUSTED_ID = 4;
const HAS_GENERAL_ID = 8;
const HAS_ID_CONTEXT = 16;
const HAS_TRACE_CONTEXT = 32;
const HAS_X_RAY = 64;
export const HAS_EXCEPTION = 128;
const HAS_TRACE_PARENT = 256;
/** Every key is one of RUNTIME_KEYS. */
export const IS_RUNTIME_RECORD = 512;

const FLAGS_BY_KEY: ReadonlyMap<string, number> = collectFlags([
  [
    HAS_SEVERITY,
    [
      ...SEVERITY_KEYS,
      ...['log', 'severityNumber', 'severity_number', 'SeverityNumber', 'levelno', '@m', '@mt'],
      ...['record', 'short_message', '_meta', 'context'],
    ],
  ],
  [HAS_TIME, [...TIME_KEYS, '_aws', 'record', '_meta']],
  [HAS_TRUSTED_ID, TRUSTED_ID_KEYS],
  [HAS_GENERAL_ID, GENERAL_ID_KEYS],
  [HAS_ID_CONTEXT, ID_CONTEXT_KEYS],
  [HAS_TRACE_CONTEXT, TRACE_CONTEXT_KEYS],
  [HAS_TRACE_PARENT, TRACE_PARENT_KEYS],
  [HAS_X_RAY, X_RAY_KEYS],
  [HAS_EXCEPTION, EXCEPTION_KEYS],
  [IS_RUNTIME_RECORD, RUNTIME_KEYS],
]);

/** The flags of one key, 0 for a key that means nothing to us. */
export function flagsOf(key: string): number {
  return FLAGS_BY_KEY.get(key) ?? 0;
}

/** The first level that is known, else the first that is a level at all. */
export function readRecordSeverity(record: JsonObject): Severity | undefined {
  const { level } = record;
  // Most records have a name there, and need no further look.
  const plain = typeof level === 'string' ? readSeverityName(level) : undefined;
  if (plain !== undefined) return plain;
  if (isGelf(record)) return readSyslogLevel(level);
  let unknownOne: Severity | undefined;
  for (const key of SEVERITY_KEYS) {
    const severity = readSeverity(record[key]);
    if (severity?.number !== undefined) return severity;
    unknownOne ??= severity;
  }
  return (
    readNestedSeverity(record) ??
    readSeverityNumber(
      record['severityNumber'] ?? record['severity_number'] ?? record['SeverityNumber'],
    ) ??
    unknownOne ??
    readPythonLevel(record['levelno']) ??
    // Serilog's compact format leaves out the level Information.
    (record['@mt'] === undefined && record['@m'] === undefined ? undefined : INFORMATION)
  );
}

/** ECS, then loguru, tslog and roarr. */
function readNestedSeverity({ log, record, _meta: meta, context }: JsonObject) {
  return (
    (isObject(log) ? readSeverity(log['level']) : undefined) ??
    (isObject(record) ? readSeverity(record['level']) : undefined) ??
    (isObject(meta) ? readSeverity(meta['logLevelName']) : undefined) ??
    (isObject(context) ? readSeverity(context['logLevel']) : undefined)
  );
}

/** Graylog's format, whose levels are syslog's. */
function isGelf(record: JsonObject): boolean {
  return record['short_message'] !== undefined && record['version'] !== undefined;
}

/** The first timestamp that can be true at `eventTime`; EMF lines hold theirs in `_aws`. */
export function readRecordTimestamp(record: JsonObject, eventTime: HrTime): HrTime | undefined {
  for (const key of TIME_KEYS) {
    const value = record[key];
    const time = value === undefined ? undefined : readRecordTime(value, eventTime);
    if (time !== undefined) return time;
  }
  const { _aws: metadata, record: inner, _meta: tslog } = record;
  if (isObject(metadata)) return readRecordTime(metadata['Timestamp'], eventTime);
  if (isObject(tslog)) return readRecordTime(tslog['date'], eventTime);
  return isObject(inner) ? readRecordTime(inner['time'], eventTime) : undefined;
}

/** What can only be Lambda's id wins over `requestId`, that over an id within a context. */
export function addRecordRequestId(record: JsonObject, flags: number, line: LineDraft): void {
  if ((flags & (HAS_TRUSTED_ID | HAS_GENERAL_ID | HAS_ID_CONTEXT)) === 0) return;
  const trusted = (flags & HAS_TRUSTED_ID) === 0 ? undefined : readTrustedId(record);
  const general = (flags & HAS_GENERAL_ID) === 0 ? undefined : readGeneralId(record);
  const own = trusted ?? (isRuntimeRecord(record, flags) ? general : undefined);
  if (own !== undefined) {
    line.requestId = own;
    return;
  }
  if (general !== undefined) line.possibleRequestId = general;
  if ((flags & HAS_ID_CONTEXT) !== 0) addContextId(record, line);
}

/** A record as Lambda's JSON log format makes it, around a message or an error. */
export function isRuntimeRecord(record: JsonObject, flags: number): boolean {
  if ((flags & IS_RUNTIME_RECORD) === 0 || record['timestamp'] === undefined) return false;
  // .NET's runtime has X-Ray's header there; a trace id of another form is a logger's.
  const { traceId } = record;
  const isHeader = typeof traceId === 'string' && traceId.startsWith(X_RAY_HEADER_START);
  return (
    (traceId === undefined || isHeader) && (record['level'] ?? record['log_level']) !== undefined
  );
}

/** The line's own ids win over those of a context around it, an SDK's own over X-Ray's header. */
export function addRecordTraceContext(record: JsonObject, flags: number, line: LineDraft): void {
  if ((flags & (HAS_TRACE_CONTEXT | HAS_TRACE_PARENT | HAS_X_RAY)) === 0) return;
  if ((flags & HAS_TRACE_CONTEXT) !== 0) addTraceContext(record, line);
  if ((flags & HAS_TRACE_PARENT) !== 0 && line.traceId === undefined) {
    addNestedTraceContext(record, line);
  }
  if (line.traceId === undefined) addXRayTraceId(record, line);
}

function collectFlags(
  groups: readonly (readonly [number, readonly string[]])[],
): ReadonlyMap<string, number> {
  const flags = new Map<string, number>();
  for (const [flag, keys] of groups) {
    for (const key of keys) flags.set(key, (flags.get(key) ?? 0) | flag);
  }
  return flags;
}

// Which member of an object record is its message: the body of the log record. Every other member becomes an
// attribute; a record without a message is a body as a whole.

export interface RecordMessage {
  readonly value: unknown;
  /** The member that is no attribute, because it is the body. */
  readonly key?: string;
  /** The map whose other members become attributes in its place: Rust's tracing has all of them in `fields`. */
  readonly fields?: JsonObject;
}

/** Logback's `formattedMessage` stands beside the pattern, GELF's `short_message` beside nothing else. */
const KEYS = [
  'formattedMessage',
  'message',
  'msg',
  'Message',
  'RenderedMessage',
  '@m',
  '@message',
  'short_message',
];

/** `hasLevelOrTime`: what stands around the record has, so that `event` is a logger's. Undefined: no message. */
export function findMessage(
  record: JsonObject,
  hasLevelOrTime: boolean,
): RecordMessage | undefined {
  for (const key of KEYS) {
    const value = record[key];
    if (value !== undefined && value !== null) return { value, key };
  }
  return findNested(record) ?? findEvent(record, hasLevelOrTime) ?? findLast(record);
}

/** Rust's tracing, then loguru, whose `text` is the line that a person would have read. */
function findNested({ fields, record, text }: JsonObject): RecordMessage | undefined {
  if (isObject(fields) && typeof fields['message'] === 'string') {
    return { value: fields['message'], key: 'fields', fields };
  }
  if (!isObject(record)) return undefined;
  if (typeof record['message'] === 'string') return { value: record['message'] };
  return typeof text === 'string' ? { value: text, key: 'text' } : undefined;
}

/** structlog's name of the message; elsewhere the name of anything. */
function findEvent(record: JsonObject, hasLevelOrTime: boolean): RecordMessage | undefined {
  const { event } = record;
  if (typeof event !== 'string') return undefined;
  const isLogged =
    hasLevelOrTime ||
    Object.keys(record).some((key) => (flagsOf(key) & (HAS_SEVERITY | HAS_TIME)) !== 0);
  return isLogged ? { value: event, key: 'event' } : undefined;
}

/** OpenTelemetry's own data model as its console exporters print it, and an error without a message. */
function findLast(record: JsonObject): RecordMessage | undefined {
  const severity =
    record['severityText'] ??
    record['severity_text'] ??
    record['SeverityText'] ??
    record['severityNumber'];
  if (severity !== undefined) {
    const { body, Body: goBody } = record;
    if (typeof body === 'string') return { value: body, key: 'body' };
    const text = isObject(body) ? body['stringValue'] : isObject(goBody) ? goBody['Value'] : goBody;
    if (typeof text === 'string') return { value: text, key: isObject(body) ? 'body' : 'Body' };
  }
  const { errorMessage } = record;
  return typeof errorMessage === 'string'
    ? { value: errorMessage, key: 'errorMessage' }
    : undefined;
}
