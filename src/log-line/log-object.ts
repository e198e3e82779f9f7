// A structured line: its message becomes the body, and every other member becomes an attribute under its own name,
// even if a field of the record is also read from it. Without a message the whole object is the body.
import type { HrTime } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { AnyValue } from '@opentelemetry/api-logs';
import { isObject, toWellFormed } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { findError } from './any-error';
import { readErrorObject, readException } from './exception';
import { isReportTitle } from './text-exception';
import { isWithinLimits, limitText, limitValue, readJsonObject, setOwn } from './limited-value';
import { createLine } from './log-line';
import type { LineDraft, LogException, LogLimits, LogLine } from './log-line';
import {
  addRecordRequestId,
  addRecordTraceContext,
  flagsOf,
  HAS_EXCEPTION,
  HAS_FOREIGN_SEVERITY,
  HAS_MESSAGE,
  HAS_SEVERITY,
  HAS_TIME,
  isRuntimeError,
  isRuntimeRecord,
  MESSAGE_KEYS,
  readRecordSeverity,
  readRecordTimestamp,
} from './record-keys';
import type { Severity } from './severity';
import type { TimestampReader } from '../telemetry/timestamp';
import { readLoggedStack, readStackText } from './stack-text';
import { addTextTraceContext } from './trace-context';
import type { ValueLimits } from './limited-value';

/** What surrounds an object: the runtime's prefix in a text line, or Lambda's JSON log format. */
export interface Wrapper {
  readonly time?: HrTime | undefined;
  readonly requestId?: string | undefined;
  readonly severity?: Severity | undefined;
  /** Added to the line's attributes under every name that the object does not have. */
  readonly members?: JsonObject | undefined;
  /** The body, if the object has no message of its own. */
  readonly message?: string | undefined;
}

export interface ObjectReading {
  readonly limits: LogLimits;
  /** The time at which the platform received the line. */
  readonly eventTime: HrTime;
  readonly times: TimestampReader;
  readonly wrapper?: Wrapper;
}

export function readLogObject(record: JsonObject, reading: ObjectReading): LogLine {
  const { wrapper, eventTime, times, limits } = reading;
  const flags = flagsOf(record);
  const inner = wrapper === undefined ? findWrapped(record, flags) : undefined;
  if (inner !== undefined) {
    return readLogObject(inner, { ...reading, wrapper: toWrapper(record, flags, reading) });
  }
  const line = createLine(null, false);
  const hasLevelOrTime = wrapper?.severity !== undefined || wrapper?.time !== undefined;
  const message = findMessage(record, flags, hasLevelOrTime) ?? messageOf(wrapper);
  const isIntact = addContent(record, { message, reading, line });
  const severity = readSeverityOf(record, flags, wrapper);
  const exception = readRecordException(record, { flags, message, level: severity?.number });
  if (exception !== undefined) {
    line.exception = isIntact ? exception : limitException(exception, limits);
    line.severityNumber = SeverityNumber.ERROR;
  }
  if (severity?.number !== undefined) line.severityNumber = severity.number;
  if (severity?.text !== undefined) line.severityText = severity.text;
  const time =
    ((flags & HAS_TIME) === 0 ? undefined : readRecordTimestamp(record, eventTime, times)) ??
    wrapper?.time;
  if (time !== undefined) line.time = time;
  // A request id in the runtime's prefix is certainly Lambda's.
  if (wrapper?.requestId === undefined) addRecordRequestId(record, flags, line);
  else line.requestId = wrapper.requestId;
  // Lambda's JSON format puts a text line into the message, and with it the ids that the line names.
  const isTextLine = typeof message?.value === 'string' && isRuntimeRecord(record, flags);
  if (isTextLine) addTextTraceContext(message.value, line);
  if (line.traceId === undefined) addRecordTraceContext(record, flags, line);
  return line;
}

/**
 * Lambda's JSON log format wraps what a logger prints; if the message is the text of an object, that object is read.
 */
function findWrapped(record: JsonObject, flags: number): JsonObject | undefined {
  const { message } = record;
  const object = typeof message === 'string' ? readJsonObject(message) : undefined;
  return object !== undefined && isRuntimeRecord(record, flags) ? object : undefined;
}

function toWrapper(
  record: JsonObject,
  flags: number,
  { eventTime, times }: ObjectReading,
): Wrapper {
  const named: LineDraft = createLine(null, false);
  addRecordRequestId(record, flags, named);
  return {
    time: readRecordTimestamp(record, eventTime, times),
    requestId: named.requestId,
    severity: readRecordSeverity(record),
    members: record,
  };
}

interface ContentParts {
  readonly message: RecordMessage | undefined;
  readonly reading: ObjectReading;
  readonly line: LineDraft;
}

/** Adds body and attributes. True if nothing had to be cut, so nothing else read from the record has to be either. */
function addContent(record: JsonObject, { message, reading, line }: ContentParts): boolean {
  const { limits, wrapper } = reading;
  const isIntact = isWithinLimits(record, {
    maxBytes: limits.maxBodyBytes,
    maxTextLength: limits.maxAttributeValueLength,
    maxDepth: limits.maxDepth,
  });
  const source = message === undefined ? record : message.value;
  if (isIntact) line.body = source as AnyValue;
  else limitBody(source, limits, line);
  if (message !== undefined) {
    const members = new MemberCollector(line, limits, isIntact);
    for (const key in record) if (key !== message.key) members.add(key, record[key]);
    if (message.fields !== undefined) members.addInner(message.fields, 'message', message.key);
  }
  if (wrapper?.members !== undefined) {
    const around = new MemberCollector(line, limits, false, Object.keys(line.attributes).length);
    around.addInner(wrapper.members, 'message');
  }
  return isIntact;
}

function limitBody(source: unknown, { maxBodyBytes, maxDepth }: LogLimits, line: LineDraft): void {
  const { value, truncated } = limitValue(source, {
    maxBytes: maxBodyBytes,
    maxTextLength: Number.POSITIVE_INFINITY,
    maxDepth,
  });
  line.body = value;
  line.truncated = truncated;
}

function messageOf(wrapper: Wrapper | undefined): RecordMessage | undefined {
  return wrapper?.message === undefined ? undefined : { value: wrapper.message };
}

/** A known level of the record itself wins over the wrapper's. */
function readSeverityOf(
  record: JsonObject,
  flags: number,
  wrapper: Wrapper | undefined,
): Severity | undefined {
  const mayHave = (flags & (HAS_SEVERITY | HAS_FOREIGN_SEVERITY)) !== 0;
  const own = mayHave ? readRecordSeverity(record) : undefined;
  return own?.number === undefined ? (wrapper?.severity ?? own) : own;
}

interface ExceptionSource {
  readonly flags: number;
  readonly message: RecordMessage | undefined;
  readonly level: SeverityNumber | undefined;
}

function readRecordException(
  record: JsonObject,
  source: ExceptionSource,
): LogException | undefined {
  const found = readNamedException(record, source);
  const isError = source.level !== undefined && source.level >= SeverityNumber.ERROR;
  if (found !== undefined || !isError) return found;
  const text = source.message?.value;
  return findError(record, typeof text === 'string' ? text : undefined);
}

function readNamedException(
  record: JsonObject,
  { flags, message, level }: ExceptionSource,
): LogException | undefined {
  const own = (flags & HAS_EXCEPTION) === 0 ? undefined : readException(record, level);
  const text = message?.value;
  if (own !== undefined) {
    const isReport =
      isRuntimeError(record, flags) || (typeof text === 'string' && isReportTitle(text));
    return isReport ? { ...own, isRuntimeReport: true } : own;
  }
  if (typeof text === 'string') {
    return isRuntimeRecord(record, flags) ? readStackText(text) : readLoggedStack(text);
  }
  // Node.js in JSON format puts the error itself in the place of the message, both for console.error(error) and when
  // the runtime reports an uncaught error.
  if (!isObject(text)) return undefined;
  const isError = text['errorType'] !== undefined || text['stack'] !== undefined;
  const error = isError ? readErrorObject(text) : undefined;
  return error !== undefined && isRuntimeRecord(record, flags)
    ? { ...error, isRuntimeReport: true }
    : error;
}

function limitException(
  { type, message, stacktrace, isRuntimeReport }: LogException,
  { maxBodyBytes }: LogLimits,
): LogException {
  return {
    ...(type !== undefined && { type: limitText(type, maxBodyBytes) }),
    ...(message !== undefined && { message: limitText(message, maxBodyBytes) }),
    ...(stacktrace !== undefined && { stacktrace: limitText(stacktrace, maxBodyBytes) }),
    ...(isRuntimeReport !== undefined && { isRuntimeReport }),
  };
}

// The members of an object record become attributes under their own names, each within its limits.

/** The largest attribute, whatever the body's limit: Lambda's own limit for a log event. */
const MAX_ATTRIBUTE_BYTES = 262_144;

/** Adds attributes to one line and counts those that do not fit. */
class MemberCollector {
  private valueLimits: ValueLimits | undefined;

  /** `isIntact`: every value is known to be within its limits; `count`: attributes that the line already has. */
  constructor(
    private readonly line: LineDraft,
    private readonly limits: LogLimits,
    private readonly isIntact: boolean,
    private count = 0,
  ) {}

  add(key: string, value: unknown): void {
    // OTLP does not allow an attribute without a name.
    if (key === '' || this.count >= this.limits.maxAttributes) {
      this.line.droppedAttributesCount += 1;
      return;
    }
    this.count += 1;
    if (this.isIntact) setOwn(this.line.attributes, key, value as AnyValue);
    else this.addLimited(key, value);
  }

  /**
   * Adds all members except `except` under their own names. If a name is taken, `prefix` is put before it; without a
   * prefix the member is left out.
   */
  addInner(members: JsonObject, except: string, prefix?: string): void {
    for (const key in members) {
      if (key === except) continue;
      const isTaken = Object.hasOwn(this.line.attributes, key);
      if (!isTaken) this.add(key, members[key]);
      else if (prefix !== undefined) this.add(`${prefix}.${key}`, members[key]);
    }
  }

  /** Each value is limited by itself, so that a long one does not cost the others. */
  private addLimited(key: string, value: unknown): void {
    this.valueLimits ??= {
      maxBytes: MAX_ATTRIBUTE_BYTES,
      maxTextLength: this.limits.maxAttributeValueLength,
      maxDepth: this.limits.maxDepth - 1,
    };
    const limited = limitValue(value, this.valueLimits);
    if (limited.truncated) this.line.truncated = true;
    setOwn(this.line.attributes, toWellFormed(key), limited.value);
  }
}

// Which member of an object record is its message and so the body of the log record. Every other member becomes an
// attribute; a record without a message becomes the body as a whole.

interface RecordMessage {
  readonly value: unknown;
  /** The member that does not become an attribute because it is the body. */
  readonly key?: string;
  /** The map whose members become attributes instead of itself: Rust's tracing puts all of them in `fields`. */
  readonly fields?: JsonObject;
}

/** `hasLevelOrTime`: the record or its wrapper has one, so that a member named `event` is a logger's message. */
function findMessage(
  record: JsonObject,
  flags: number,
  hasLevelOrTime: boolean,
): RecordMessage | undefined {
  if ((flags & HAS_MESSAGE) !== 0) {
    for (const key of MESSAGE_KEYS) {
      const value = record[key];
      if (value !== undefined && value !== null) return { value, key };
    }
  }
  return (
    findNested(record) ??
    findEvent(record, hasLevelOrTime || (flags & (HAS_SEVERITY | HAS_TIME)) !== 0) ??
    findLast(record)
  );
}

/** Rust's tracing, zap in development mode and tslog, then loguru, whose `text` is the line meant for people. */
function findNested(from: JsonObject): RecordMessage | undefined {
  const { fields, record, text, L, M, _meta: tslog, 0: first } = from;
  if (isObject(fields) && typeof fields['message'] === 'string') {
    return { value: fields['message'], key: 'fields', fields };
  }
  if (typeof M === 'string' && typeof L === 'string') return { value: M, key: 'M' };
  if (isObject(tslog) && typeof first === 'string') return { value: first, key: '0' };
  if (!isObject(record)) return undefined;
  if (typeof record['message'] === 'string') return { value: record['message'] };
  return typeof text === 'string' ? { value: text, key: 'text' } : undefined;
}

/** structlog calls its message `event`; elsewhere that name may mean anything. */
function findEvent(record: JsonObject, hasLevelOrTime: boolean): RecordMessage | undefined {
  const { event } = record;
  if (typeof event !== 'string') return undefined;
  return hasLevelOrTime ? { value: event, key: 'event' } : undefined;
}

/** OpenTelemetry's own data model, as its console exporters print it, and errors without a message. */
function findLast(record: JsonObject): RecordMessage | undefined {
  const severity =
    record['severityText'] ??
    record['severity_text'] ??
    record['SeverityText'] ??
    record['severityNumber'] ??
    record['severity_number'] ??
    record['SeverityNumber'];
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
