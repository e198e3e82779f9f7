// One span or log record on its way through the selection, our own or the SDK's.
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Fact } from '../invocation/fact';
import type { SpanIdentity } from '../invocation/identity';
import type { Holdable } from './hold';
import { sizeOfRecord, SPAN_BYTES, SPAN_SEVERITY } from './hold';
import type { ReceivedItem } from './received-detail';
import { heldBytesOf } from './received-detail';

/** `isSummary`: it stays where a summary does. */
export type Item = Holdable & { readonly isSummary: boolean } & (
    | {
        readonly kind: 'span';
        readonly signal: 'traces';
        readonly span: ReadableSpan;
        /** By which the sampler decides. */
        readonly identity: SpanIdentity;
      }
    | {
        readonly kind: 'record';
        readonly signal: 'logs';
        readonly record: ReadableLogRecord;
        /** Of its request's trace: an instrumented line may name another. */
        readonly isOfItsTrace: boolean;
      }
    | ({ readonly kind: 'received' } & ReceivedItem)
  );

/** Of a line without a level, for the order in which details go. */
const UNKNOWN_SEVERITY = 9;

export function toSpanItem(
  span: ReadableSpan,
  parts: { readonly identity: SpanIdentity; readonly isSummary: boolean },
): Item {
  return {
    kind: 'span',
    signal: 'traces',
    span,
    severity: SPAN_SEVERITY,
    bytes: SPAN_BYTES,
    ...parts,
  };
}

export function toRecordItem(
  fact: Fact<unknown>,
  record: ReadableLogRecord,
  othersSeverity: number,
): Item {
  const severity: number = record.severityNumber ?? UNKNOWN_SEVERITY;
  const traceId = 'identity' in fact ? fact.identity?.traceId : undefined;
  const isReport = fact.kind === 'platformLog' && fact.event.type === 'platform.report';
  return {
    kind: 'record',
    signal: 'logs',
    record,
    severity,
    bytes: sizeOfRecord(record),
    isSummary: isReport || severity >= othersSeverity,
    isOfItsTrace: traceId !== undefined && record.spanContext?.traceId === traceId,
  };
}

/** `isServer`: it leaves in place of our own span. */
export function toReceivedItem(
  item: ReceivedItem,
  { othersSeverity, isServer }: { readonly othersSeverity: number; readonly isServer: boolean },
): Item {
  const bytes = heldBytesOf(item);
  if (item.signal === 'traces') {
    return { kind: 'received', ...item, severity: SPAN_SEVERITY, bytes, isSummary: isServer };
  }
  const severity = item.received.severityNumber || UNKNOWN_SEVERITY;
  return { kind: 'received', ...item, severity, bytes, isSummary: severity >= othersSeverity };
}
