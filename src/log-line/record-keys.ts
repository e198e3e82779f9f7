// Which members of an object record mean something to us. Each key is looked up once to decide which readers run, so
// that a record pays only for what it has.
import type { HrTime } from '@opentelemetry/api';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { EXCEPTION_KEYS } from './exception';
import type { LineDraft } from './log-line';
import type { TimestampReader } from '../telemetry/timestamp';
import { readRecordTime, readTimeText } from './record-time';
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

/** Names come before the numbers that accompany them: `level_name` before Monolog's `level`. */
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
  'LOG_LEVEL',
  'Level',
  'LEVEL',
  'Severity',
  'SEVERITY',
  'lvl',
  '@l',
  '@level',
  '_logLevel',
  'sLevel',
] as const;
const TIME_KEYS = [
  'timestamp',
  '@timestamp',
  'time',
  'ts',
  '@t',
  'Timestamp',
  'TIMESTAMP',
  'Time',
  'TIME',
  'datetime',
  'dateTime',
  'timeStamp',
  'timestampMs',
  'timestamp_ms',
  '_time',
  'eventTime',
  'timeMillis',
  'instant',
  'asctime',
  'date',
  't',
  'T',
  'timeUnixNano',
  '_SOURCE_REALTIME_TIMESTAMP',
  '__REALTIME_TIMESTAMP',
] as const;
/** Logback's `formattedMessage` wins over the pattern beside it; GELF's `short_message` is the only message there. */
export const MESSAGE_KEYS = [
  'formattedMessage',
  'message',
  'msg',
  'Message',
  'RenderedMessage',
  '@m',
  '@message',
  'short_message',
  'Msg',
  'MESSAGE',
  'MSG',
] as const;
/** What Lambda's JSON log format writes; a record with no other keys comes from the runtime itself. */
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
/** By .NET's number of the level. */
const DOTNET_LEVELS = ['Trace', 'Debug', 'Information', 'Warning', 'Error', 'Critical'];

/** Flags that tell what a record may hold, judging by its keys. */
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
const IS_RUNTIME_RECORD = 512;
export const HAS_MESSAGE = 1024;
/** Has a key that names a level only together with certain others. */
export const HAS_FOREIGN_SEVERITY = 2048;

const FLAGS_BY_KEY: ReadonlyMap<string, number> = collectFlags([
  [
    HAS_SEVERITY,
    [
      ...SEVERITY_KEYS,
      ...['log', 'severityNumber', 'severity_number', 'SeverityNumber', 'levelno', '@m', '@mt'],
      ...['record', 'short_message', '_meta', 'context', '@fields'],
    ],
  ],
  [HAS_FOREIGN_SEVERITY, ['PRIORITY', 'L', 's']],
  [HAS_TIME, [...TIME_KEYS, '_aws', 'record', '_meta']],
  [HAS_TRUSTED_ID, TRUSTED_ID_KEYS],
  [HAS_GENERAL_ID, GENERAL_ID_KEYS],
  [HAS_ID_CONTEXT, ID_CONTEXT_KEYS],
  [HAS_TRACE_CONTEXT, TRACE_CONTEXT_KEYS],
  [HAS_TRACE_PARENT, TRACE_PARENT_KEYS],
  [HAS_X_RAY, X_RAY_KEYS],
  [HAS_EXCEPTION, EXCEPTION_KEYS],
  [IS_RUNTIME_RECORD, RUNTIME_KEYS],
  [HAS_MESSAGE, MESSAGE_KEYS],
]);

/** The HAS_… flags of a record, judging by its keys alone. */
export function flagsOf(record: JsonObject): number {
  let any = 0;
  let common = IS_RUNTIME_RECORD;
  for (const key in record) {
    const flags = FLAGS_BY_KEY.get(key) ?? 0;
    any |= flags;
    common &= flags;
  }
  return (any & ~IS_RUNTIME_RECORD) | common;
}

/** The first known level, else the first value that has the form of a level. */
export function readRecordSeverity(record: JsonObject): Severity | undefined {
  const { level } = record;
  // Most records have a plain name there, and the search ends here.
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
    readForeignSeverity(record) ??
    readSeverityNumber(
      record['severityNumber'] ?? record['severity_number'] ?? record['SeverityNumber'],
    ) ??
    unknownOne ??
    readPythonLevel(record['levelno']) ??
    // Serilog's compact format leaves out the level Information.
    (record['@mt'] === undefined && record['@m'] === undefined ? undefined : INFORMATION)
  );
}

/** The levels of ECS, then those of loguru, tslog, roarr and Logstash's first format. */
function readNestedSeverity({ log, record, _meta: meta, context, '@fields': fields }: JsonObject) {
  return (
    (isObject(log) ? readSeverity(log['level']) : undefined) ??
    (isObject(record) ? readSeverity(record['level']) : undefined) ??
    (isObject(meta) ? readSeverity(meta['logLevelName']) : undefined) ??
    (isObject(context) ? readSeverity(context['logLevel']) : undefined) ??
    (isObject(fields) ? readSeverity(fields['level']) : undefined)
  );
}

/**
 * .NET's number, and keys that name a level only together with others: those of a journal, of zap in development mode
 * and of MongoDB.
 */
function readForeignSeverity({ MESSAGE, PRIORITY, M, L, t, s, LogLevel }: JsonObject) {
  if (typeof LogLevel === 'number') return readSeverity(DOTNET_LEVELS[LogLevel]);
  if (PRIORITY !== undefined && MESSAGE !== undefined) return readSyslogLevel(PRIORITY);
  if (typeof L === 'string' && typeof M === 'string') return readSeverity(L);
  const isMongo = typeof s === 'string' && isObject(t) && t['$date'] !== undefined;
  // MongoDB also writes `D1` to `D5`.
  return isMongo ? readSeverity(s.charAt(0)) : undefined;
}

/** Graylog's format, which uses syslog's levels. */
function isGelf(record: JsonObject): boolean {
  return record['short_message'] !== undefined && record['version'] !== undefined;
}

/** The first timestamp that is plausible at `eventTime`; EMF lines have theirs in `_aws`. */
export function readRecordTimestamp(
  record: JsonObject,
  eventTime: HrTime,
  times: TimestampReader,
): HrTime | undefined {
  // Most records have it there, and the search ends here.
  const { timestamp } = record;
  const plain =
    typeof timestamp === 'string' ? readTimeText(timestamp, eventTime, times) : undefined;
  if (plain !== undefined) return plain;
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

/** An id that can only be Lambda's wins over `requestId`, which wins over an id within a context. */
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

/** A record that the runtime posts or logs as the request's error, without a message from anyone else. */
export function isRuntimeError(record: JsonObject, flags: number): boolean {
  return (
    (flags & IS_RUNTIME_RECORD) !== 0 &&
    record['message'] === undefined &&
    record['errorType'] !== undefined
  );
}

/** A record as Lambda's JSON log format writes it around a message or an error. */
export function isRuntimeRecord(record: JsonObject, flags: number): boolean {
  if ((flags & IS_RUNTIME_RECORD) === 0 || record['timestamp'] === undefined) return false;
  // .NET's runtime puts the X-Ray header here; a trace id in another form is a logger's.
  const { traceId } = record;
  const isHeader = typeof traceId === 'string' && traceId.startsWith(X_RAY_HEADER_START);
  return (
    (traceId === undefined || isHeader) && (record['level'] ?? record['log_level']) !== undefined
  );
}

/** The line's own ids win over those of a surrounding context, and an SDK's ids win over the X-Ray header. */
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
