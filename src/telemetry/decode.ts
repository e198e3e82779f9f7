// Decodes the body of one Telemetry API delivery into events. Total: any text or value gives events or none, never an
// exception. A bad field costs only that field, a bad record only that record.
import type { HrTime } from '@opentelemetry/api';
import {
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

/** How each field of an event is read: from the member of the record that has its name. */
type Readers<E> = {
  readonly [F in Exclude<keyof E, 'type' | 'time'>]-?: (
    value: unknown,
    around: Around,
  ) => E[F] | undefined;
};

interface Around {
  readonly record: JsonObject;
  readonly times: TimestampReader;
}

const OUTCOME = { status: readText, errorType: readText };
const INITIALIZATION = { initializationType: readText, phase: readText };
const INSTANCE = {
  runtimeVersion: readText,
  runtimeVersionArn: readText,
  functionName: readText,
  functionVersion: readText,
  instanceId: readText,
  instanceMaxMemory: readCount,
  tracing: readTraceContext,
};
const DONE = {
  ...OUTCOME,
  spans: (value: unknown, { times }: Around) => readSpans(value, times),
  tracing: readTraceContext,
};
const REPORT = { ...DONE, metrics: readMetrics };
const REQUEST_END = { requestId: readText, ...REPORT, tenantId: readText };

const READERS: {
  readonly [T in PlatformEvent['type']]: Readers<Extract<PlatformEvent, { readonly type: T }>>;
} = {
  'platform.initStart': { ...INITIALIZATION, ...INSTANCE },
  'platform.initRuntimeDone': { ...INITIALIZATION, ...DONE },
  'platform.initReport': { ...INITIALIZATION, ...REPORT },
  'platform.restoreStart': INSTANCE,
  'platform.restoreRuntimeDone': DONE,
  'platform.restoreReport': REPORT,
  'platform.start': {
    requestId: readText,
    version: readText,
    functionArn: readText,
    tenantId: readText,
    tracing: readTraceContext,
  },
  'platform.runtimeDone': {
    isAnswered: (_, { record }) => namesSpan(record['spans'], 'responseLatency'),
    ...REQUEST_END,
  },
  'platform.report': REQUEST_END,
  'platform.extension': {
    name: readText,
    state: readText,
    events: readTexts,
    errorType: readText,
  },
  'platform.telemetrySubscription': { name: readText, state: readText, types: readTexts },
  'platform.logsDropped': {
    reason: readText,
    droppedRecords: readCount,
    droppedBytes: readCount,
  },
};

/** Undefined for an unknown type, or for an event of a request that does not say which. */
function decodePlatformEvent(
  type: string,
  time: HrTime,
  around: Around,
): PlatformEvent | undefined {
  if (!Object.hasOwn(READERS, type)) return undefined;
  const readers: Readers<Record<string, unknown>> = READERS[type as PlatformEvent['type']];
  const event: Record<string, unknown> = { type, time };
  for (const name in readers) {
    const value = readers[name]?.(around.record[name], around);
    if (value !== undefined) event[name] = value;
  }
  if ('requestId' in readers && event['requestId'] === undefined) return undefined;
  return event as unknown as PlatformEvent;
}

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
  const around = { record: isObject(record) ? record : NO_FIELDS, times };
  const event = decodePlatformEvent(wireType, time, around);
  return event ?? { type: 'unknown', wireType, time, record };
}

function readTime(value: unknown, times: TimestampReader): HrTime | undefined {
  return typeof value === 'string' ? times.readUntil(value, value.length) : undefined;
}

/** The content of one delivery. `problem` is set if the text as a whole could not be read. */
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
