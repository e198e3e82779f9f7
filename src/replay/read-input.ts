// Reads Telemetry API events in any form in which they are stored: a JSON array of events or of
// batches, NDJSON of either, captures of an extension process (`register`, `next`, `delivery` entries),
// and CloudWatch's JSON log lines, where the function's own lines have no envelope.
import type { Invoke } from '../invocation/invocation';
import type { Registration } from '../lambda/extensions-api';
import { isObject, readText, defined } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import type { HrTime } from '@opentelemetry/api';
import { fromEpochMs } from '../telemetry/timestamp';

export type ReplayItem =
  | { readonly kind: 'event'; readonly value: unknown }
  /** A process of the extension begins. */
  | { readonly kind: 'process'; readonly registration: Partial<Registration> }
  | { readonly kind: 'invoke'; readonly invoke: Invoke }
  | { readonly kind: 'shutdown'; readonly reason: string; readonly time?: HrTime }
  /** Text that is not JSON. */
  | { readonly kind: 'unreadable'; readonly text: string };

/**
 * Reads a whole file: one JSON document, or one per line. Among JSON lines, any other text is a line that
 * the function printed; a text without JSON is unreadable.
 */
export function readInput(text: string): ReplayItem[] {
  const whole = parse(text);
  if (whole !== undefined) return toItems(whole.value);
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => ({ line, parsed: parse(line) }));
  const isLog = lines.some(({ parsed }) => isObject(parsed?.value) || Array.isArray(parsed?.value));
  return lines.flatMap(({ line, parsed }): ReplayItem[] => {
    if (isLog && parsed === undefined) {
      return [{ kind: 'event', value: { type: 'function', record: line } }];
    }
    return parsed === undefined ? [{ kind: 'unreadable', text: line }] : toItems(parsed.value);
  });
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) as unknown };
  } catch {
    return undefined;
  }
}

/** Batches may be nested in arrays, `{"events":[…]}` or a capture's `delivery`. */
function toItems(value: unknown): ReplayItem[] {
  if (Array.isArray(value)) return value.flatMap((element: unknown) => toItems(element));
  if (!isObject(value)) return [{ kind: 'event', value }];
  if (typeof value['kind'] === 'string' && 'unixNs' in value) return toCaptureItems(value);
  if (readText(value['type']) === undefined && Array.isArray(value['events'])) {
    return toItems(value['events']);
  }
  return [{ kind: 'event', value: withEnvelope(value) }];
}

function toCaptureItems(entry: JsonObject): ReplayItem[] {
  switch (entry['kind']) {
    case 'register':
      return [{ kind: 'process', registration: toRegistration(entry['body']) }];
    case 'delivery':
      return toItems(entry['events']);
    case 'next':
      return toNextItems(entry);
    default:
      return [];
  }
}

function toRegistration(body: unknown): Partial<Registration> {
  if (!isObject(body)) return {};
  return defined({
    accountId: readText(body['accountId']),
    functionName: readText(body['functionName']),
    functionVersion: readText(body['functionVersion']),
    handler: readText(body['handler']),
  });
}

function toNextItems({ event, unixNs }: JsonObject): ReplayItem[] {
  if (!isObject(event)) return [];
  if (event['eventType'] === 'SHUTDOWN') {
    const reason = readText(event['shutdownReason']) ?? 'unknown';
    const time = typeof unixNs === 'number' ? fromEpochMs(Math.round(unixNs / 1e6)) : undefined;
    return [{ kind: 'shutdown', reason, ...defined({ time }) }];
  }
  const requestId = readText(event['requestId']);
  if (event['eventType'] !== 'INVOKE' || requestId === undefined) return [];
  const { deadlineMs, tracing } = event;
  const invoke = {
    requestId,
    deadlineMs: typeof deadlineMs === 'number' ? deadlineMs : 0,
    ...defined({
      invokedFunctionArn: readText(event['invokedFunctionArn']),
      tracingValue: isObject(tracing) ? readText(tracing['value']) : undefined,
    }),
  };
  return [{ kind: 'invoke', invoke }];
}

/** Members that lines of some loggers have but events do not. */
const LINE_MEMBERS = [
  'timestamp',
  '@timestamp',
  'level',
  'log.level',
  'severity',
  'message',
  'msg',
];

/** CloudWatch stores a function's JSON line as it was written: `{timestamp, level, requestId, message}`. */
function withEnvelope(value: JsonObject): JsonObject {
  const isEvent =
    typeof value['type'] === 'string' &&
    (/^(platform\.|function$|extension$)/.test(value['type']) || isEnvelope(value));
  const isLine = LINE_MEMBERS.some((name) => name in value);
  if (isEvent || !isLine) return value;
  const time = readText(value['timestamp']) ?? readText(value['@timestamp']) ?? value['time'];
  return { time, type: 'function', record: value };
}

/** An event of a type that this version does not know has these members and no others. */
function isEnvelope(value: JsonObject): boolean {
  return 'record' in value && Object.keys(value).every((name) => /^(time|type|record)$/.test(name));
}
