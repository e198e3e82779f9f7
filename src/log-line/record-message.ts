// Which member of an object record is its message: the body of the log record. Every other member becomes an
// attribute; a record without a message is a body as a whole.
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { flagsOf, HAS_SEVERITY, HAS_TIME } from './record-keys';

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
