// The body of one Telemetry API delivery → events. Total: whatever the text or the value, the answer is
// events or "no event", never an exception; a bad field costs that field, a bad record that record.
import type { HrTime } from '@opentelemetry/api';
import {
  defined,
  isObject,
  namesSpan,
  readCount,
  readMetrics,
  readSpans,
  readText,
  readTexts,
  readTraceContext,
} from './fields';
import type { PlatformEvent, TelemetryEvent } from './event';
import type { JsonObject } from './fields';
import { TimestampReader } from './timestamp';

/** Reads the record of one event type, or undefined when what identifies it is missing. */
type RecordDecoder = (record: JsonObject, time: HrTime) => PlatformEvent | undefined;

const outcome = (record: JsonObject) => ({
  status: readText(record['status']),
  errorType: readText(record['errorType']),
});

const initialization = (record: JsonObject) => ({
  initializationType: readText(record['initializationType']),
  phase: readText(record['phase']),
});

const instance = (record: JsonObject) => ({
  runtimeVersion: readText(record['runtimeVersion']),
  runtimeVersionArn: readText(record['runtimeVersionArn']),
  functionName: readText(record['functionName']),
  functionVersion: readText(record['functionVersion']),
  instanceId: readText(record['instanceId']),
  instanceMaxMemory: readCount(record['instanceMaxMemory']),
  tracing: readTraceContext(record['tracing']),
});

const spansAndTracing = (record: JsonObject) => ({
  spans: readSpans(record['spans']),
  tracing: readTraceContext(record['tracing']),
});

/** Members that runtimeDone and report share. No spreads: two thirds of all platform events are of these types. */
const requestEnd = (record: JsonObject, time: HrTime, requestId: string) => ({
  time,
  requestId,
  status: readText(record['status']),
  errorType: readText(record['errorType']),
  spans: readSpans(record['spans']),
  tracing: readTraceContext(record['tracing']),
  metrics: readMetrics(record['metrics']),
  tenantId: readText(record['tenantId']),
});

const DECODERS: Readonly<Record<PlatformEvent['type'], RecordDecoder>> = {
  'platform.initStart': (record, time) =>
    defined({
      type: 'platform.initStart' as const,
      time,
      ...initialization(record),
      ...instance(record),
    }),

  'platform.initRuntimeDone': (record, time) =>
    defined({
      type: 'platform.initRuntimeDone' as const,
      time,
      ...initialization(record),
      ...outcome(record),
      ...spansAndTracing(record),
    }),

  'platform.initReport': (record, time) =>
    defined({
      type: 'platform.initReport' as const,
      time,
      ...initialization(record),
      ...outcome(record),
      ...spansAndTracing(record),
      metrics: readMetrics(record['metrics']),
    }),

  'platform.restoreStart': (record, time) =>
    defined({ type: 'platform.restoreStart' as const, time, ...instance(record) }),

  'platform.restoreRuntimeDone': (record, time) =>
    defined({
      type: 'platform.restoreRuntimeDone' as const,
      time,
      ...outcome(record),
      ...spansAndTracing(record),
    }),

  'platform.restoreReport': (record, time) =>
    defined({
      type: 'platform.restoreReport' as const,
      time,
      ...outcome(record),
      ...spansAndTracing(record),
      metrics: readMetrics(record['metrics']),
    }),

  'platform.start': (record, time) => {
    const requestId = readText(record['requestId']);
    if (requestId === undefined) return undefined;
    return defined({
      type: 'platform.start' as const,
      time,
      requestId,
      version: readText(record['version']),
      functionArn: readText(record['functionArn']),
      tenantId: readText(record['tenantId']),
      tracing: readTraceContext(record['tracing']),
    });
  },

  'platform.runtimeDone': (record, time) => {
    const requestId = readText(record['requestId']);
    if (requestId === undefined) return undefined;
    const type = 'platform.runtimeDone';
    const isAnswered = namesSpan(record['spans'], 'responseLatency');
    return defined({ type, isAnswered, ...requestEnd(record, time, requestId) } as const);
  },

  'platform.report': (record, time) => {
    const requestId = readText(record['requestId']);
    if (requestId === undefined) return undefined;
    return defined({ type: 'platform.report', ...requestEnd(record, time, requestId) } as const);
  },

  'platform.extension': (record, time) =>
    defined({
      type: 'platform.extension' as const,
      time,
      name: readText(record['name']),
      state: readText(record['state']),
      events: readTexts(record['events']),
      errorType: readText(record['errorType']),
    }),

  'platform.telemetrySubscription': (record, time) =>
    defined({
      type: 'platform.telemetrySubscription' as const,
      time,
      name: readText(record['name']),
      state: readText(record['state']),
      types: readTexts(record['types']),
    }),

  'platform.logsDropped': (record, time) =>
    defined({
      type: 'platform.logsDropped' as const,
      time,
      reason: readText(record['reason']),
      droppedRecords: readCount(record['droppedRecords']),
      droppedBytes: readCount(record['droppedBytes']),
    }),
};

const NO_FIELDS: JsonObject = {};

/**
 * Decodes one element of a Telemetry API batch. `observed` (the time of delivery) stands in for a time
 * that is missing or unreadable. Undefined: not an object, or an object without a `type`.
 */
export function decodeEvent(
  value: unknown,
  observed: HrTime,
  times = new TimestampReader(),
): TelemetryEvent | undefined {
  if (!isObject(value)) return undefined;
  const { type, record } = value;
  if (type === 'function' || type === 'extension') {
    return { type, time: readTime(value['time'], times) ?? observed, record };
  }
  const wireType = readText(type);
  if (wireType === undefined) return undefined;
  const time = readTime(value['time'], times) ?? observed;
  const decode = Object.hasOwn(DECODERS, wireType)
    ? DECODERS[wireType as PlatformEvent['type']]
    : undefined;
  const event = decode?.(isObject(record) ? record : NO_FIELDS, time);
  return event ?? { type: 'unknown', wireType, time, record };
}

function readTime(value: unknown, times: TimestampReader): HrTime | undefined {
  return typeof value === 'string' ? times.readUntil(value, value.length) : undefined;
}

/** What one delivery held. `problem` is set when the text as a whole could not be read. */
export interface DecodedBatch {
  readonly events: readonly TelemetryEvent[];
  /** Elements that are not events (null, numbers, objects without a `type`). */
  readonly badRecords: number;
  readonly problem?: string;
}

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Decodes a JSON array of events (or a single event object). `observed` is the time of delivery.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
 */
export function decodeBatch(text: string, observed: HrTime): DecodedBatch {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  if (json.trim() === '') return { events: [], badRecords: 0 };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { events: [], badRecords: 0, problem: (error as Error).message };
  }
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  const events: TelemetryEvent[] = [];
  const times = new TimestampReader();
  for (const element of elements) {
    const event = decodeEvent(element, observed, times);
    if (event !== undefined) events.push(event);
  }
  return { events, badRecords: elements.length - events.length };
}
