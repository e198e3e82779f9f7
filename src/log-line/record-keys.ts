// Which members of an object record mean something to us. One look at each key says which readers to
// run, so that a record pays only for what it has.
import type { HrTime } from '@opentelemetry/api';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { EXCEPTION_KEYS } from './exception';
import type { LineDraft } from './read-log-line';
import { readRecordTime } from './record-time';
import {
  GENERAL_REQUEST_ID_KEYS,
  readContextRequestId,
  readGeneralRequestId,
  readLambdaRequestId,
  REQUEST_CONTEXT_KEYS,
  REQUEST_ID_KEYS,
} from './request-id';
import { readPythonLevel, readSeverity, readSeverityNumber } from './severity';
import type { Severity } from './severity';
import { addTraceContext, addXRayTraceId, TRACE_CONTEXT_KEYS, X_RAY_KEYS } from './trace-context';

const SEVERITY_KEYS = [
  'level',
  'severity',
  'log.level',
  'log_level',
  'levelname',
  'level_name',
  'levelName',
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
] as const;

const INFORMATION = readSeverity('Information');

/** Flags of what a record may hold, by its keys. */
export const HAS_SEVERITY = 1;
export const HAS_TIME = 2;
const HAS_REQUEST_ID = 4;
const HAS_GENERAL_REQUEST_ID = 8;
const HAS_REQUEST_CONTEXT = 16;
const HAS_TRACE_CONTEXT = 32;
const HAS_X_RAY = 64;
export const HAS_EXCEPTION = 128;

const FLAGS_BY_KEY: ReadonlyMap<string, number> = collectFlags([
  [
    HAS_SEVERITY,
    [...SEVERITY_KEYS, 'log', 'severityNumber', 'severity_number', 'levelno', '@m', '@mt'],
  ],
  [HAS_TIME, [...TIME_KEYS, '_aws']],
  [HAS_REQUEST_ID, REQUEST_ID_KEYS],
  [HAS_GENERAL_REQUEST_ID, GENERAL_REQUEST_ID_KEYS],
  [HAS_REQUEST_CONTEXT, REQUEST_CONTEXT_KEYS],
  [HAS_TRACE_CONTEXT, TRACE_CONTEXT_KEYS],
  [HAS_X_RAY, X_RAY_KEYS],
  [HAS_EXCEPTION, EXCEPTION_KEYS],
]);

/** The flags of one key, 0 for a key that means nothing to us. */
export function flagsOf(key: string): number {
  return FLAGS_BY_KEY.get(key) ?? 0;
}

/** The first level that is known, else the first that is a level at all. */
export function readRecordSeverity(record: JsonObject): Severity | undefined {
  let unknownOne: Severity | undefined;
  for (const key of SEVERITY_KEYS) {
    const severity = readSeverity(record[key]);
    if (severity?.number !== undefined) return severity;
    unknownOne ??= severity;
  }
  const { log } = record;
  return (
    (isObject(log) ? readSeverity(log['level']) : undefined) ??
    readSeverityNumber(record['severityNumber'] ?? record['severity_number']) ??
    unknownOne ??
    readPythonLevel(record['levelno']) ??
    // Serilog's compact format leaves out the level Information.
    (record['@mt'] === undefined && record['@m'] === undefined ? undefined : INFORMATION)
  );
}

/** The first timestamp that can be read; EMF lines hold theirs in `_aws`. */
export function readRecordTimestamp(record: JsonObject): HrTime | undefined {
  for (const key of TIME_KEYS) {
    const time = readRecordTime(record[key]);
    if (time !== undefined) return time;
  }
  const metadata = record['_aws'];
  return isObject(metadata) ? readRecordTime(metadata['Timestamp']) : undefined;
}

/** What can only be Lambda's id wins over `requestId`, that over an id within a context. */
export function readRecordRequestId(record: JsonObject, flags: number): string | undefined {
  return (
    ((flags & HAS_REQUEST_ID) === 0 ? undefined : readLambdaRequestId(record)) ??
    ((flags & HAS_GENERAL_REQUEST_ID) === 0 ? undefined : readGeneralRequestId(record)) ??
    ((flags & HAS_REQUEST_CONTEXT) === 0 ? undefined : readContextRequestId(record))
  );
}

/** An SDK's own ids win over X-Ray's header. */
export function addRecordTraceContext(record: JsonObject, flags: number, line: LineDraft): void {
  if ((flags & (HAS_TRACE_CONTEXT | HAS_X_RAY)) === 0) return;
  if ((flags & HAS_TRACE_CONTEXT) !== 0) addTraceContext(record, line);
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
