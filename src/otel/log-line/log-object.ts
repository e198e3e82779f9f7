// A structured line: the body is its message, every other member an attribute under its own name, also
// those that are read into fields of their own. Without a message the whole object is the body.
import { SeverityNumber } from '@opentelemetry/api-logs';
import type { AnyValue, LogAttributes } from '@opentelemetry/api-logs';
import { isObject } from '../../telemetry/fields';
import type { JsonObject } from '../../telemetry/fields';
import { readErrorObject, readException } from './exception';
import { isWithinLimits, limitText, limitValue, setOwn } from './limited-value';
import type { ValueLimits } from './limited-value';
import type { LogLimits, LogLine } from './read-log-line';
import {
  flagsOf,
  HAS_EXCEPTION,
  HAS_REQUEST_ID,
  HAS_SEVERITY,
  HAS_TIME,
  HAS_TRACE_CONTEXT,
  readRecordSeverity,
  readRecordTimestamp,
} from './record-keys';
import { readRequestId } from './request-id';
import { readStackText } from './stack-text';
import type { LogException } from './stack-text';
import type { TextHead } from './text-head';
import { readTraceContext } from './trace-context';
import { toWellFormed } from './well-formed-text';

/** No single attribute is larger, whatever the body's limit: Lambda's own limit of a log event. */
const MAX_ATTRIBUTE_BYTES = 262_144;

/** `head`: of the text line in which the object was printed, behind the runtime's own prefix. */
export function readLogObject(record: JsonObject, limits: LogLimits, head?: TextHead): LogLine {
  const content = readContent(record, limits);
  const { flags } = content;
  const exception = readRecordException(record, flags, content.bodyKey);
  const known = (flags & HAS_SEVERITY) === 0 ? undefined : readRecordSeverity(record);
  const severity = known?.number === undefined ? (head?.severity ?? known) : known;
  const severityNumber =
    severity?.number ?? (exception === undefined ? undefined : SeverityNumber.ERROR);
  const time = ((flags & HAS_TIME) === 0 ? undefined : readRecordTimestamp(record)) ?? head?.time;
  // The runtime's prefix names Lambda's request for certain.
  const requestId =
    head?.requestId ?? ((flags & HAS_REQUEST_ID) === 0 ? undefined : readRequestId(record));
  return {
    body: content.body,
    attributes: Object.assign(content.attributes, head?.attributes),
    droppedAttributesCount: content.dropped,
    truncated: content.truncated,
    ...(severityNumber === undefined ? {} : { severityNumber }),
    ...(severity?.text === undefined ? {} : { severityText: severity.text }),
    ...(time === undefined ? {} : { time }),
    ...(requestId === undefined ? {} : { requestId }),
    ...((flags & HAS_TRACE_CONTEXT) === 0 ? {} : readTraceContext(record)),
    ...(exception === undefined
      ? {}
      : { exception: content.isIntact ? exception : limitException(exception, limits) }),
  };
}

interface Content {
  readonly bodyKey: string | undefined;
  readonly body: AnyValue;
  readonly attributes: LogAttributes;
  readonly dropped: number;
  /** What the record may hold, by its keys. */
  readonly flags: number;
  readonly truncated: boolean;
  /** Nothing had to be changed, so nothing read from the record has to be. */
  readonly isIntact: boolean;
}

function readContent(record: JsonObject, limits: LogLimits): Content {
  const isIntact = isWithinLimits(record, {
    maxBytes: limits.maxBodyBytes,
    maxTextLength: limits.maxAttributeValueLength,
    maxDepth: limits.maxDepth,
  });
  const bodyKey = findBodyKey(record);
  const members = collectMembers(record, {
    bodyKey,
    maxAttributes: limits.maxAttributes,
    limiter: isIntact ? undefined : new MemberLimiter(limits),
  });
  const source = bodyKey === undefined ? record : record[bodyKey];
  const body = isIntact ? undefined : limitBody(source, limits);
  return {
    ...members,
    bodyKey,
    body: body === undefined ? (source as AnyValue) : body.value,
    truncated: members.truncated || body?.truncated === true,
    isIntact,
  };
}

interface MemberRules {
  readonly bodyKey: string | undefined;
  readonly maxAttributes: number;
  /** Undefined: every value is within its limits. */
  readonly limiter: MemberLimiter | undefined;
}

type Members = Pick<Content, 'attributes' | 'dropped' | 'flags' | 'truncated'>;

/** Without a body among them, the members are only looked at: the object itself is the body. */
function collectMembers(
  record: JsonObject,
  { bodyKey, maxAttributes, limiter }: MemberRules,
): Members {
  const attributes: LogAttributes = {};
  let flags = 0;
  let count = 0;
  let dropped = 0;
  for (const key of Object.keys(record)) {
    flags |= flagsOf(key);
    if (bodyKey === undefined || key === bodyKey) continue;
    // An OTLP attribute has a name.
    if (key === '' || count >= maxAttributes) {
      dropped += 1;
      continue;
    }
    count += 1;
    if (limiter !== undefined) setOwn(attributes, toWellFormed(key), limiter.limit(record[key]));
    else setOwn(attributes, key, record[key] as AnyValue);
  }
  return { attributes, dropped, flags, truncated: limiter?.truncated === true };
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
    limited[part] = limitText(text, maxBodyBytes).text;
  }
  return limited;
}
