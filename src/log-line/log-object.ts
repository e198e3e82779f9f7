// A structured line: the body is its message, every other member an attribute under its own name, also
// those that are read into fields of their own. Without a message the whole object is the body.
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { AnyValue } from '@opentelemetry/api-logs';
import { isObject } from '../telemetry/fields';
import type { JsonObject } from '../telemetry/fields';
import { readErrorObject, readException } from './exception';
import { isWithinLimits, limitText, limitValue, setOwn } from './limited-value';
import type { ValueLimits } from './limited-value';
import type { LineDraft, LogLimits, LogLine } from './read-log-line';
import {
  addRecordTraceContext,
  flagsOf,
  HAS_EXCEPTION,
  HAS_SEVERITY,
  HAS_TIME,
  readRecordRequestId,
  readRecordSeverity,
  readRecordTimestamp,
} from './record-keys';
import { readStackText } from './stack-text';
import type { LogException } from './stack-text';
import type { TextHead } from './text-head';
import { toWellFormed } from '../telemetry/well-formed-text';

/** No single attribute is larger, whatever the body's limit: Lambda's own limit of a log event. */
const MAX_ATTRIBUTE_BYTES = 262_144;

/** `head`: of the text line in which the object was printed, behind the runtime's own prefix. */
export function readLogObject(record: JsonObject, limits: LogLimits, head?: TextHead): LogLine {
  const line: LineDraft = {
    body: null,
    attributes: {},
    droppedAttributesCount: 0,
    truncated: false,
  };
  const { bodyKey, flags, isIntact } = readContent(record, limits, line);
  if (head?.attributes !== undefined) Object.assign(line.attributes, head.attributes);
  const exception = readRecordException(record, flags, bodyKey);
  if (exception !== undefined) {
    line.exception = isIntact ? exception : limitException(exception, limits);
    line.severityNumber = SeverityNumber.ERROR;
  }
  const known = (flags & HAS_SEVERITY) === 0 ? undefined : readRecordSeverity(record);
  const severity = known?.number === undefined ? (head?.severity ?? known) : known;
  if (severity?.number !== undefined) line.severityNumber = severity.number;
  if (severity?.text !== undefined) line.severityText = severity.text;
  const time = ((flags & HAS_TIME) === 0 ? undefined : readRecordTimestamp(record)) ?? head?.time;
  if (time !== undefined) line.time = time;
  // The runtime's prefix names Lambda's request for certain.
  const requestId = head?.requestId ?? readRecordRequestId(record, flags);
  if (requestId !== undefined) line.requestId = requestId;
  addRecordTraceContext(record, flags, line);
  return line;
}

interface Content {
  /** Undefined: the whole object is the body. */
  readonly bodyKey: string | undefined;
  /** What the record may hold, by its keys. */
  readonly flags: number;
  /** Nothing had to be changed, so nothing read from the record has to be. */
  readonly isIntact: boolean;
}

/** Body and attributes. */
function readContent(record: JsonObject, limits: LogLimits, line: LineDraft): Content {
  const isIntact = isWithinLimits(record, {
    maxBytes: limits.maxBodyBytes,
    maxTextLength: limits.maxAttributeValueLength,
    maxDepth: limits.maxDepth,
  });
  const bodyKey = findBodyKey(record);
  const limiter = isIntact ? undefined : new MemberLimiter(limits);
  const flags = collectMembers(record, line, {
    bodyKey,
    maxAttributes: limits.maxAttributes,
    limiter,
  });
  const source = bodyKey === undefined ? record : record[bodyKey];
  if (limiter === undefined) {
    line.body = source as AnyValue;
  } else {
    const body = limitBody(source, limits);
    line.body = body.value;
    line.truncated = body.truncated || limiter.truncated;
  }
  return { bodyKey, flags, isIntact };
}

interface MemberRules {
  readonly bodyKey: string | undefined;
  readonly maxAttributes: number;
  /** Undefined: every value is within its limits. */
  readonly limiter: MemberLimiter | undefined;
}

/** Returns the flags. Without a body among them, the members are only looked at: the object is the body. */
function collectMembers(
  record: JsonObject,
  line: LineDraft,
  { bodyKey, maxAttributes, limiter }: MemberRules,
): number {
  let flags = 0;
  let count = 0;
  for (const key in record) {
    flags |= flagsOf(key);
    if (bodyKey === undefined || key === bodyKey) continue;
    // An OTLP attribute has a name.
    if (key === '' || count >= maxAttributes) {
      line.droppedAttributesCount += 1;
      continue;
    }
    count += 1;
    const value = limiter === undefined ? (record[key] as AnyValue) : limiter.limit(record[key]);
    setOwn(line.attributes, limiter === undefined ? key : toWellFormed(key), value);
  }
  return flags;
}

function findBodyKey(record: JsonObject): 'message' | 'msg' | undefined {
  if (record['message'] !== undefined && record['message'] !== null) return 'message';
  return record['msg'] !== undefined && record['msg'] !== null ? 'msg' : undefined;
}

function limitBody(source: unknown, { maxBodyBytes, maxDepth }: LogLimits) {
  return limitValue(source, {
    maxBytes: maxBodyBytes,
    maxTextLength: Number.POSITIVE_INFINITY,
    maxDepth,
  });
}

/** Limits each attribute by itself, so that a long one does not cost the others. */
class MemberLimiter {
  truncated = false;
  private readonly limits: ValueLimits;

  constructor({ maxAttributeValueLength, maxDepth }: LogLimits) {
    this.limits = {
      maxBytes: MAX_ATTRIBUTE_BYTES,
      maxTextLength: maxAttributeValueLength,
      maxDepth: maxDepth - 1,
    };
  }

  limit(value: unknown): AnyValue {
    const limited = limitValue(value, this.limits);
    if (limited.truncated) this.truncated = true;
    return limited.value;
  }
}

function readRecordException(
  record: JsonObject,
  flags: number,
  bodyKey: string | undefined,
): LogException | undefined {
  const own = (flags & HAS_EXCEPTION) === 0 ? undefined : readException(record);
  if (own !== undefined || bodyKey === undefined) return own;
  const message = record[bodyKey];
  if (typeof message === 'string') return readStackText(message);
  // Node.js in JSON format: console.error(error) puts the error itself where the message is.
  if (!isObject(message)) return undefined;
  const isError = message['errorType'] !== undefined || message['stack'] !== undefined;
  return isError ? readErrorObject(message) : undefined;
}

function limitException(exception: LogException, { maxBodyBytes }: LogLimits): LogException {
  const limited: Record<string, string> = {};
  for (const [part, text] of Object.entries(exception) as [keyof LogException, string][]) {
    limited[part] = limitText(text, maxBodyBytes);
  }
  return limited;
}
