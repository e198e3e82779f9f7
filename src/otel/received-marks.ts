// Reads signs in the SDK's spans and log records that their request should be kept (LAMBDA_OTLP_KEEP), and marks
// exported ones with how they were sampled.
// Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
import { readAttributes } from '../relay/attributes';
import { readUtf8 } from '../relay/bytes';
import type { SpanEdit } from '../relay/edit-span';
import { editLogRecord, editSpan } from '../relay/edit-span';
import { FieldReader, LENGTH_DELIMITED, VARINT } from '../relay/field-reader';
import { bytesOf, wholeOf } from '../relay/item';
import { ReceivedLogRecord } from '../relay/scan-request';
import { ReceivedSpan } from '../relay/received-span';
import type { Draw, Threshold } from './consistent-probability';
import {
  hasThreshold,
  KEEP_ALL,
  raiseThreshold,
  toRandomness,
  toFullThreshold,
  toShortThreshold,
  withThreshold,
} from './consistent-probability';
import type { RequestSigns } from './keep-rules';
import { Attribute } from './semconv';

const TRACESTATE = 3;
const SPAN_ATTRIBUTES = 9;
const STATUS = 15;
const STATUS_CODE = 3;
const LOG_ATTRIBUTES = 6;
/** OTLP numbers ERROR as 2, as the API does. */
const ERROR = 2;
const ERROR_SEVERITY = 17;
const HTTP_STATUS_CODES = ['http.response.status_code', 'http.status_code'];

/** Whether a SERVER span has failed, and the HTTP status that it returned. */
export function readSpanSigns(span: ReceivedSpan): Partial<RequestSigns> {
  const bytes = bytesOf(span);
  const attributes = readAttributes(bytes, SPAN_ATTRIBUTES);
  const codes = HTTP_STATUS_CODES.map((key) => Number(attributes.get(key) ?? NaN));
  const httpStatusCode = codes.find((code) => !Number.isNaN(code));
  return {
    ...(isErroneous(bytes) && { hasErrorSpan: true }),
    ...(httpStatusCode !== undefined && { httpStatusCode }),
  };
}

export function isErrorRecord(record: ReceivedLogRecord): boolean {
  if (record.severityNumber >= ERROR_SEVERITY) return true;
  const keys = readAttributes(bytesOf(record), LOG_ATTRIBUTES);
  return keys.has(Attribute.EXCEPTION_TYPE) || keys.has(Attribute.EXCEPTION_MESSAGE);
}

/** True if the status of this Span message is ERROR. */
export function isErroneous(span: Uint8Array): boolean {
  const fields = new FieldReader(span);
  const status = new FieldReader(span);
  let code = 0;
  fields.enter(0, span.length);
  while (fields.next()) {
    if (!fields.is(STATUS, LENGTH_DELIMITED)) continue;
    status.enter(fields.start, fields.end);
    while (status.next()) if (status.is(STATUS_CODE, VARINT)) code = status.value;
  }
  return code === ERROR;
}

export function readTracestate({ block, start, end }: ReceivedSpan): string {
  const fields = new FieldReader(block);
  let tracestate = '';
  fields.enter(start, end);
  while (fields.next()) {
    if (!fields.is(TRACESTATE, LENGTH_DELIMITED)) continue;
    tracestate = readUtf8(block, fields.start, fields.end);
  }
  return tracestate;
}

export interface ReceivedMark {
  /** Undefined if the probability is unknown; a threshold that the item already has then no longer holds. */
  readonly threshold: Threshold | undefined;
  readonly draw: Draw | undefined;
  /** The SDK's sampler is known to keep every trace that begins here. */
  readonly isWholeAtRoot: boolean;
  /** What was dropped; only for the span that is exported in any case. */
  readonly attributes?: SpanEdit['attributes'];
}

export function markSpan(span: ReceivedSpan, mark: ReceivedMark): ReceivedSpan {
  const { attributes } = mark;
  const tracestate = readTracestate(span);
  const traceState = toMarked(tracestate, span, mark);
  const isSame = traceState === tracestate;
  if (isSame && attributes === undefined) return span;
  const block = editSpan(bytesOf(span), {
    ...(!isSame && { traceState }),
    ...(attributes !== undefined && { attributes }),
  });
  return new ReceivedSpan(wholeOf(block), span);
}

function toMarked(tracestate: string, { traceId }: ReceivedSpan, mark: ReceivedMark): string {
  const { threshold, draw, isWholeAtRoot } = mark;
  if (threshold === KEEP_ALL && !isWholeAtRoot && !hasThreshold(tracestate)) return tracestate;
  const isOfItsTrace = traceId !== undefined && traceId === draw?.traceId;
  if (threshold === undefined || !isOfItsTrace) {
    // A span of another trace: if it was kept for certain, its own threshold still holds; if this request was sampled,
    // its overall probability is unknown.
    if (threshold === KEEP_ALL || !hasThreshold(tracestate)) return tracestate;
    return withThreshold(tracestate, undefined);
  }
  if (isWholeAtRoot && !hasThreshold(tracestate)) return withThreshold(tracestate, threshold);
  return raiseThreshold({ traceId, tracestate }, threshold);
}

/** Writes what the Collector's probabilistic_sampler writes; a threshold of an earlier stage is only ever raised. */
export function markRecord(
  record: ReceivedLogRecord,
  { threshold, draw }: Pick<ReceivedMark, 'threshold' | 'draw'>,
): ReceivedLogRecord {
  const { traceId } = record;
  if (threshold === undefined || traceId === undefined) return record;
  // Of another trace: kept for sure, or drawn with this one, and nothing is known of it.
  const isOfItsTrace = traceId === draw?.traceId;
  if (!isOfItsTrace && threshold !== KEEP_ALL) return record;
  const bytes = bytesOf(record);
  const said = readAttributes(bytes, LOG_ATTRIBUTES).get(Attribute.SAMPLING_THRESHOLD);
  if (typeof said === 'string' && toFullThreshold(said) >= threshold) return record;
  const block = editLogRecord(bytes, {
    [Attribute.SAMPLING_THRESHOLD]: toShortThreshold(threshold),
    [Attribute.SAMPLING_RANDOMNESS]: isOfItsTrace ? draw.randomness : toRandomness(traceId),
  });
  return new ReceivedLogRecord(wholeOf(block), record);
}
